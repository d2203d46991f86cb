//! Inspects items without collecting them: those of a sweep, and those of `veldkit scan`.
//!
//! In: a job. Out: the record as it would be, for whoever counts or lists; in a sweep, an item with a hit is then
//! acquired like any other, by a second reading, up to limits. Memory: the beginning that rules see, which the item's
//! share of the budget covers.

use std::sync::atomic::{AtomicU64, Ordering};

use super::acquire::acquire;
use super::budget::PIECE;
use super::delivery::Delivery;
use super::item_reading::{Ending, fill, open_shared};
use super::job::Job;
use super::left_out::left_out;
use super::pool::WorkerContext;
use super::recorder::{ItemRecorder, Purpose, scan};
use crate::evidence::{Item, Outcome, ReasonCode};
use crate::scan::SCAN_LIMIT;
use crate::sources::Opened;

/// Maximum number of items that sweeps collect; the records of further ones list their hits.
const SWEPT_ITEMS: u64 = 10_000;

/// Maximum bytes that sweeps collect, before compression.
const SWEPT_BYTES: u64 = 8 << 30;

/// What the sweeps of a run have collected so far.
#[derive(Debug, Default)]
pub(super) struct SweepQuota {
    items: AtomicU64,
    bytes: AtomicU64,
}

impl SweepQuota {
    /// Whether another item of this size may be collected; if so, it is counted.
    fn one_more(&self, size: u64) -> bool {
        let bytes = self.bytes.load(Ordering::Relaxed).saturating_add(size);
        if bytes > SWEPT_BYTES || self.items.load(Ordering::Relaxed) >= SWEPT_ITEMS {
            return false;
        }
        self.items.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(size, Ordering::Relaxed);
        true
    }
}

/// How much of an item is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All of it, for its digests.
    Whole,
    /// The part that rules see: a sweep over a disk reads no more.
    Head,
}

/// Inspects one item.
pub(super) fn look(context: &mut WorkerContext<'_>, job: &Job) {
    let item = match open_shared(context.run, job) {
        Ok(opened) => Box::new(inspect(context, job, opened, Extent::Whole)),
        Err(item) => item,
    };
    job.deliver(Delivery::Inspected(item));
}

/// Inspects one item of a sweep, and acquires it where it has a hit.
pub(super) fn sweep(context: &mut WorkerContext<'_>, job: &Job, quota: &SweepQuota) {
    let mut item = match open_shared(context.run, job) {
        Ok(opened) => inspect(context, job, opened, Extent::Head),
        Err(item) => return job.deliver(Delivery::Inspected(item)),
    };
    if !item.hits.is_empty() {
        if quota.one_more(item.metadata.size.unwrap_or(0)) {
            return acquire(context, job);
        }
        let detail = format!("sweeps collect at most {SWEPT_ITEMS} items and {} GiB", SWEPT_BYTES >> 30);
        left_out(&mut item, Outcome::Skipped, ReasonCode::ArtifactLimit, detail);
        item.content = None;
    }
    job.deliver(Delivery::Inspected(Box::new(item)));
}

/// Reads the part that rules see and, where requested, the rest for its digests.
fn inspect(context: &mut WorkerContext<'_>, job: &Job, mut opened: Opened, extent: Extent) -> Item {
    let run = context.run;
    let mut recorder = ItemRecorder::begin(run, job, &mut opened, Purpose::Inspect);
    let size = usize::try_from(recorder.item().metadata.size.unwrap_or(0)).unwrap_or(usize::MAX);
    let scanner = job.scanner(run);
    let limit = if scanner.is_ok() { SCAN_LIMIT } else { PIECE };
    let mut head = Vec::with_capacity(size.min(limit));
    let mut whole = true;
    let mut ending = loop {
        let (filled, ending) = fill(run, &mut opened, &mut context.buffer);
        let bytes = context.buffer.get(..filled).unwrap_or_default();
        let room = limit.saturating_sub(head.len());
        head.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        whole &= bytes.len() <= room;
        recorder.update(bytes);
        if let Some(ending) = ending {
            break ending;
        }
        if !whole && extent == Extent::Head {
            break Ending::HeadOnly;
        }
        if let Some(reason) = run.cut() {
            break Ending::Cut(reason);
        }
    };
    if !whole && extent == Extent::Head && ending == Ending::Whole {
        // The rules did not see all of it, though its end came with the same read.
        ending = Ending::HeadOnly;
    }
    let closed = opened.finish();
    let head = job.held(head.into());
    match scanner {
        Ok(Some(scanner)) => {
            recorder.scanned(scan(run, scanner, recorder.item(), &head, whole), head.len());
        }
        Ok(None) => {}
        Err(unscanned) => recorder.unscanned(unscanned),
    }
    recorder.search(run, &head);
    let mut item = recorder.finish(run, closed, ending);
    item.acquired = run.clock.now();
    item
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acquisition::fixture::Fixture;
    use crate::acquisition::pool::Pool;
    use crate::evidence::Digest;

    #[test]
    fn a_hit_of_a_sweep_that_has_collected_enough_is_a_record_with_the_limit() {
        let fixture = Fixture::of(b"content").listed(&Digest::of(b"content").to_string());
        let (run, pool) = (fixture.run(), Pool::new());
        for (items, bytes) in [(SWEPT_ITEMS, 0), (0, SWEPT_BYTES)] {
            let quota = SweepQuota { items: items.into(), bytes: bytes.into() };
            let (job, delivery) = fixture.job();
            sweep(&mut WorkerContext::new(&run, &pool), &job, &quota);
            let Ok(Delivery::Inspected(item)) = delivery.try_recv() else { panic!("it was collected") };
            assert_eq!(item.hits.len(), 1);
            assert_eq!((item.outcome, item.content.is_none()), (Outcome::Skipped, true));
            let reason = item.reason.unwrap();
            assert_eq!(reason.code, ReasonCode::ArtifactLimit);
            assert_eq!(reason.detail, "sweeps collect at most 10000 items and 8 GiB");
        }
    }
}
