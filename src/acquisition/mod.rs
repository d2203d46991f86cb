//! HOW: one pass over the plan. Each item is read once; its digest, its scan and its compression come from that
//! one read, and one writer puts the items into the bundle in the order of the plan.
//!
//! ```text
//! intake ── tasks ──> workers: open, read, digest, scan, deflate ──┐
//!    └───── slots, in order ───────────────────────────────────────┴──> keep ──> bundle::Writer
//! ```
//!
//! In: a [`RunContext`] (plan, target, settings, clock, counters, flag to stop) and a writer. Out: a [`RunSummary`]; the
//! caller seals. Without a writer, [`look_at`] reads and scans in the same way and passes each record to a listener. Memory
//! is bounded by one byte budget from which each item takes its share before it is handed out, in order, so that the item
//! the writer waits for always has what it needs. What fails on the target becomes an item's outcome; only the writer's
//! own failure ends a run.
//!
//! The files, each of which uses only those above it:
//!
//! ```text
//! clock  stop  progress  summary       the run in numbers
//! budget  digester                     memory, digests
//! context                              the run as all threads see it
//! pool                                 the workers' queues
//! delivery ── job ── fill              what an item is on its way from target to bundle
//! recorder                             its record
//! large ── acquire                     tasks: acquire it, in pieces or whole,
//! once  inspect  process               unless stored already, only where it has a hit, or from memory
//! intake                               plan -> slots and tasks
//! custody ── keep   listen   survey    slots -> bundle, or -> listener; plan -> counts
//! ```

use std::sync::{Arc, mpsc};
use std::thread;

mod acquire;
mod budget;
mod clock;
mod context;
mod custody;
mod delivery;
mod digester;
#[cfg(test)]
mod fixture;
mod inspect;
mod intake;
mod item_reading;
mod job;
mod keep;
mod large;
mod left_out;
mod listen;
mod pool;
mod process;
mod progress;
mod recorder;
mod shadow_duplicates;
mod stop;
mod summary;
mod survey;
mod waiting;

pub use clock::Clock;
pub use context::{RunContext, Settings};
pub use progress::{Progress, Snapshot};
pub use stop::{Haste, Stop, StopReason};
pub use summary::{RunSummary, Swept};
pub use survey::{StepSurvey, Survey, SurveyLimits, survey};

use crate::bundle;
use crate::bundle::Writer;
use crate::evidence::Item;

/// A run that cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bundle could not be written any further.
    #[error("cannot write to the bundle")]
    Bundle(#[source] bundle::Error),
    /// The operating system gave no thread.
    #[error("cannot start a worker thread")]
    Thread(#[source] std::io::Error),
}

/// Carries out the plan: everything it asks for is read once and handed to the writer, in order.
///
/// Returns when all is written, or when the flag to stop was set and the items under way were ended. The writer is not
/// sealed. Nothing the target does is an error here.
///
/// # Errors
///
/// Where the writer fails (full disk, pulled stick) or no worker can be started.
pub fn run(run: &RunContext<'_>, writer: &mut Writer) -> Result<RunSummary, Error> {
    let keep = |pool: &_, stored: &_, slots: &_| {
        let kept = keep::keep(run, pool, stored, slots, writer).map_err(Error::Bundle)?;
        Ok(((), kept))
    };
    drive(run, keep, |(), summary| summary)
}

/// Carries out the plan as [`run`] does, and hands the writer to `end` to be sealed as soon as everything is written that
/// will be.
///
/// Where the run was [hastened](Stop::hasten), `end` is called while a worker may still be blocked in a read, and this
/// function returns when that read does, which may be never: [`RunSummary::left_behind`] says so, and `end` then ends the
/// process.
///
/// # Errors
///
/// As of [`run`].
pub fn run_to_end<T>(
    run: &RunContext<'_>,
    mut writer: Writer,
    end: impl FnOnce(Writer, RunSummary) -> T,
) -> Result<T, Error> {
    let keep = move |pool: &_, stored: &_, slots: &_| {
        let kept = keep::keep(run, pool, stored, slots, &mut writer).map_err(Error::Bundle)?;
        Ok((writer, kept))
    };
    drive(run, keep, end)
}

/// Inspects everything the plan asks for and collects nothing: each item is read once and its record passed to the
/// listener, in order, with `state`; which `end` then has.
///
/// Where the run was [hastened](Stop::hasten), or its time limit passed a while ago, `end` is called while a worker may still be blocked
/// in a read, as by [`run_to_end`].
///
/// # Errors
///
/// Where no worker can be started.
pub fn look_at<W, T>(
    run: &RunContext<'_>,
    mut state: W,
    mut listener: impl FnMut(&mut W, &Item),
    end: impl FnOnce(W, RunSummary) -> T,
) -> Result<T, Error> {
    let listen = |_: &_, _: &_, slots: &_| {
        let kept = listen::listen(run, slots, &mut |item| listener(&mut state, item));
        Ok((state, kept))
    };
    drive(run, listen, end)
}

/// Starts intake and workers, lets `take` have the slots in order, and calls `end` with what it returned. Threads that are
/// blocked are joined after `end` only.
fn drive<W, T>(
    run: &RunContext<'_>,
    take: impl FnOnce(
        &pool::Pool,
        &shadow_duplicates::Stored,
        &mpsc::Receiver<delivery::Slot>,
    ) -> Result<(W, summary::Kept), Error>,
    end: impl FnOnce(W, RunSummary) -> T,
) -> Result<T, Error> {
    let pool = pool::Pool::new();
    let stored = Arc::new(shadow_duplicates::Stored::default());

    thread::scope(|scope| {
        let pool = &pool;
        // Whatever way this closure is left, workers waiting for tasks must be let go.
        let _closing = pool::PoolClosing(pool);
        // Dropped before the pool is closed, which wakes those that waited for somebody to read their pieces.
        let (slots, ordered) = mpsc::channel();
        for number in 0..run.settings.threads.max(1) {
            thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn_scoped(scope, move || pool.work(run))
                .map_err(Error::Thread)?;
        }
        let walk = intake::Intake::new(run, pool, slots, Arc::clone(&stored));
        let intake = thread::Builder::new()
            .name("intake".to_owned())
            .spawn_scoped(scope, move || walk.take_in())
            .map_err(Error::Thread)?;

        let kept = take(pool, &stored, &ordered);
        // After a failure the intake learns that nobody takes its slots any more, and so do the workers of large items,
        // which may have the memory that the intake waits for.
        drop(ordered);
        pool.nudge();
        let reached = kept.as_ref().ok().and_then(|(_, kept)| kept.reached);
        let left = match reached {
            Some(reached) if !intake.is_finished() => intake::unreached(run, reached),
            _ => intake.join().unwrap_or_else(|_| intake::lost(run.plan)),
        };
        kept.map(|(writer, kept)| end(writer, RunSummary::new(left, kept, run.stop)))
    })
}

#[cfg(test)]
mod tests;
