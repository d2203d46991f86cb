//! Waiting for what a worker delivers, by whoever receives the slots in order: the writer, and the listener of a run that
//! collects nothing.
//!
//! In: the receiving end, and what is due now and then while nothing comes. Out: the delivery, or why there is none: the worker
//! failed, or the end of the run is urgent and waits for nobody.

use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use super::context::RunContext;

/// How often a stop is checked for, and what is due is done, while nothing comes.
pub(super) const TICK: Duration = Duration::from_millis(500);

/// The reason of an item whose worker failed.
pub(super) const FAILED: &str = "an internal error occurred on this item";

/// The result of waiting for a worker.
pub(super) enum Awaited<T> {
    Delivered(T),
    /// The worker failed.
    Lost,
    /// The end of the run is urgent, and the worker has delivered nothing yet.
    Abandoned,
}

/// Waits for a worker's delivery, unless the end of the run is urgent.
///
/// # Errors
///
/// What is due while nothing comes fails.
pub(super) fn delivered<T, E>(
    run: &RunContext<'_>,
    delivery: &Receiver<T>,
    mut due: impl FnMut() -> Result<(), E>,
) -> Result<Awaited<T>, E> {
    while run.haste().is_none() {
        match delivery.recv_timeout(TICK) {
            Ok(delivery) => return Ok(Awaited::Delivered(delivery)),
            Err(RecvTimeoutError::Timeout) => due()?,
            Err(RecvTimeoutError::Disconnected) => return Ok(Awaited::Lost),
        }
    }
    Ok(match delivery.try_recv() {
        Ok(delivery) => Awaited::Delivered(delivery),
        Err(TryRecvError::Empty) => Awaited::Abandoned,
        Err(TryRecvError::Disconnected) => Awaited::Lost,
    })
}
