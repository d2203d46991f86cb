//! Writes the pieces of a large item as they come.

use std::sync::mpsc::{Receiver, RecvTimeoutError};

use crate::acquisition::context::RunContext;
use crate::acquisition::delivery::{Piece, PieceReceiver};
use crate::acquisition::pool::Pool;
use crate::acquisition::stop::Haste;
use crate::acquisition::waiting::TICK;
use crate::bundle::{EntryWriter, Error};
use crate::evidence::{Digest, Item};

/// The part of a large item that is in its entry.
pub(super) struct Written {
    /// Digest of the content, where there is some.
    pub(super) digest: Option<Digest>,
    /// Whether the operator's limit cut it.
    pub(super) is_cut: bool,
    /// Whether it was abandoned, since the seal is urgent.
    pub(super) is_abandoned: bool,
    /// The record; `None` where the worker failed or was not waited for.
    pub(super) end: Option<Item>,
}

/// Writes the pieces of a large item as they come, while the bundle has `room` for them.
pub(super) fn write_pieces(
    receiver: &PieceReceiver,
    room: Option<u64>,
    (pool, run): (&Pool, &RunContext<'_>),
    entry: &mut EntryWriter<'_>,
) -> Result<Written, Error> {
    let PieceReceiver { pieces, window } = receiver;
    let mut written = Written { digest: None, is_cut: false, is_abandoned: false, end: None };
    // No checkpoint is due within an entry, so the clock is not checked.
    while let Some(piece) = next(pieces, run, &mut written) {
        match piece {
            Piece::End(item) => {
                written.end = Some(*item);
                break;
            }
            Piece::Bytes { .. } if written.is_cut => {}
            Piece::Bytes { deflated, prefix } => {
                let Some((bytes, deflated)) = next(&deflated, run, &mut written) else { break };
                let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                let left = room.map(|room| room.saturating_sub(entry.bytes_written()));
                if left.is_some_and(|left| left < length) {
                    written.is_cut = true;
                    window.cut();
                } else {
                    entry.piece(&bytes, &deflated)?;
                    written.digest = Some(prefix);
                }
            }
        }
        window.passed();
        pool.nudge();
    }
    Ok(written)
}

/// Waits for what a worker sends next; `None` where it failed, or where the seal is urgent and nothing comes.
fn next<T>(from: &Receiver<T>, run: &RunContext<'_>, written: &mut Written) -> Option<T> {
    while run.haste() < Some(Haste::Seal) {
        match from.recv_timeout(TICK) {
            Ok(came) => return Some(came),
            Err(RecvTimeoutError::Timeout) if run.haste().is_none() => {}
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
    written.is_abandoned = true;
    None
}
