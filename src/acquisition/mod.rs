//! HOW: one pass over the plan. Each item is read once; its digest, its scan and its compression come from that
//! one read, and one writer puts the items into the bundle in the order of the plan.
//!
//! ```text
//! intake ── jobs ──> workers: open, read, digest, scan, deflate ──┐
//!    └───── slots, in order ──────────────────────────────────────┴──> keep ──> bundle::Writer
//! ```
//!
//! In: a plan, a target, a scanner, a writer. Out: a [`Summary`]; the caller seals. Without a writer, [`look_at`] reads
//! and scans in the same way and tells each item to a listener. Memory is bounded by one byte
//! budget (`budget.rs`) from which each item takes its share before it is handed out, in order, so that the item the writer
//! waits for always has what it needs. What fails on the target becomes an item's outcome; only the writer's own
//! failure ends a run.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

mod budget;
mod clock;
mod custody;
mod digester;
mod intake;
mod keep;
mod large;
mod look;
mod once;
mod pool;
mod process;
mod progress;
mod stop;
mod summary;
mod survey;
mod worker;

pub use clock::Clock;
pub use look::{Listener, Swept, look_at};
pub use progress::{Progress, Snapshot};
pub use stop::{Stop, StopReason};
pub use summary::Summary;
pub use survey::{StepSurvey, Survey, survey};

use crate::bundle::{self, Writer};
use crate::evidence::Item;
use crate::playbook::Plan;
use crate::scan::Scanner;
use crate::scan::indicators::{Indicators, Wanted};
use crate::sources::Target;

/// How a run is carried out, and what the operator limits.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// Workers beside the writer; at least one is used.
    pub threads: usize,
    /// The rules, or none for a run without scanning.
    pub scanner: Option<&'a Scanner>,
    /// The indicators, or none.
    pub indicators: Option<&'a Indicators>,
    /// Deflate level, 1 to 9.
    pub level: u32,
    /// No new item is begun after this long.
    pub time_limit: Option<Duration>,
    /// The bundle stays below this many bytes.
    pub size_limit: Option<u64>,
    /// Items with more bytes to store than this are skipped.
    pub max_file_size: Option<u64>,
}

impl Settings<'_> {
    /// The digests that an item needs besides its SHA-256.
    fn wanted(&self) -> Wanted {
        self.indicators.map(Indicators::wanted).unwrap_or_default()
    }

    /// Holds the indicators against an item whose reading has ended.
    fn judge(&self, item: &mut Item) {
        if let Some(indicators) = self.indicators {
            indicators.judge(item);
        }
    }

    /// Holds the indicators against the place of an item that was not read.
    fn judge_place(&self, item: &mut Item) {
        if let Some(indicators) = self.indicators {
            indicators.judge_place(item);
        }
    }
}

/// A run that cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bundle could not be written any further.
    #[error("cannot write on into the bundle")]
    Bundle(#[source] bundle::Error),
    /// The operating system gave no thread.
    #[error("cannot start a worker")]
    Thread(#[source] std::io::Error),
}

/// What a run reckons with and tells.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The run's clock.
    pub clock: &'a Clock,
    /// Its counters.
    pub progress: &'a Progress,
    /// Its flag to stop.
    pub stop: &'a Stop,
}

/// Carries out the plan: everything it asks for is read once and handed to the writer, in order.
///
/// Returns when all is written, or when `stop` was set and the items under way were ended. The writer is not
/// sealed. Nothing the target does is an error here.
///
/// # Errors
///
/// Where the writer fails (full disk, pulled stick) or no worker can be started.
pub fn run(
    plan: &Plan,
    target: &Target,
    settings: &Settings<'_>,
    writer: &mut Writer,
    clock: &Clock,
    progress: &Progress,
    stop: &Stop,
) -> Result<Summary, Error> {
    drive(plan, target, settings, &Context { clock, progress, stop }, |slots, bench| {
        keep::keep(slots, plan, bench, writer).map_err(Error::Bundle)
    })
}

/// Starts intake and workers, and lets `take` have the slots in order.
fn drive(
    plan: &Plan,
    target: &Target,
    settings: &Settings<'_>,
    context: &Context<'_>,
    take: impl FnOnce(&mpsc::Receiver<intake::Slot>, &worker::Bench<'_>) -> Result<keep::Kept, Error>,
) -> Result<Summary, Error> {
    let Context { clock, progress, stop } = *context;
    let total = budget::total(settings.scanner.is_some()).saturating_sub(target.memory());
    let budget = budget::Budget::new(total);
    let pool = pool::Pool::new();
    let (taken, stored) = (look::Taken::default(), once::Stored::default());
    let (slots, ordered) = mpsc::channel();
    let bench = worker::Bench {
        target,
        settings,
        clock,
        progress,
        stop,
        pool: &pool,
        taken: &taken,
        stored: &stored,
    };

    thread::scope(|scope| {
        // Whatever way this closure is left, workers waiting for jobs must be let go.
        let _closing = pool::Closing(&pool);
        for number in 0..settings.threads.max(1) {
            let bench = &bench;
            thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn_scoped(scope, move || worker::work(bench))
                .map_err(Error::Thread)?;
        }
        let order = intake::Order { plan, target, settings, clock, stop, budget: &budget, pool: &pool };
        let intake = thread::Builder::new()
            .name("intake".to_owned())
            .spawn_scoped(scope, move || intake::take_in(&order, &slots))
            .map_err(Error::Thread)?;

        let kept = take(&ordered, &bench);
        // After a failure the intake learns that nobody takes its slots any more.
        drop(ordered);
        let left = intake.join().unwrap_or_else(|_| intake::lost(plan));
        kept.map(|kept| Summary::new(left, kept, stop))
    })
}
