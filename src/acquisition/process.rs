//! Scans the memory of a process. Only its record is kept.
//!
//! In: a job whose item is a process. Out: its delivery, with the hits and the parts of the memory that were not
//! scanned.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::clock::Clock;
use super::job::Job;
use super::pool::WorkerContext;
use crate::evidence::{Cause, Scanned};
use crate::scan::{Facts, Regions, Scan, ScanGap, assess};
use crate::sources::Memory;

/// Time limit per process: half a gigabyte at a tenth of the usual rate.
const LIMIT: Duration = Duration::from_mins(1);

/// Scans the memory of one process.
pub(super) fn scan_process(context: &mut WorkerContext<'_>, job: &Job) {
    let run = context.run;
    let memory = match Memory::open(&job.found) {
        Ok(memory) => memory,
        Err(gap) => return job.deliver_whole(job.unread(*gap, run), None),
    };
    let mut item = job.item(run.clock);
    item.metadata.clone_from(&job.found.metadata);
    item.read_by = vec!["proc_mem".to_owned()];
    if let Some(scanner) = run.settings.scanner {
        let reading = memory.reading();
        let until = run.clock.elapsed().saturating_add(LIMIT);
        let over = Arc::new(AtomicBool::new(false));
        let regions = Limited { memory, until, clock: *run.clock, over: Arc::clone(&over) };
        let name = String::from_utf8_lossy(item.origin.file_name()).into_owned();
        let path = item.metadata.target.clone().unwrap_or_default();
        let facts = Facts { filename: &name, filepath: &path, ..Facts::default() };
        let Scan { hits, gap, .. } = scanner.scan_regions(Box::new(regions), &facts, LIMIT);
        run.progress.read(usize::try_from(reading.bytes()).unwrap_or(usize::MAX));
        item.metadata.size = Some(reading.bytes());
        let gap = gap.or_else(|| unread(over.load(Ordering::Relaxed), reading.left(), reading.refused()));
        let gap = gap.filter(|gap| !gap.detail.is_empty());
        item.assessment = assess(&hits);
        item.hits = hits;
        item.scan = Some(Scanned {
            bytes: reading.bytes(),
            members: 0,
            not_opened: 0,
            cause: gap.as_ref().map(|gap| gap.cause),
            gap: gap.map(|gap| gap.detail),
        });
    }
    if let Some(reason) = run.cut() {
        item.reason = Some(reason);
    }
    item.acquired = run.clock.now();
    job.deliver_whole(item, None);
}

/// What of a process's memory was not scanned: its time was over, bytes past the limit, bytes that were refused.
fn unread(over: bool, left: u64, refused: u64) -> Option<ScanGap> {
    if over {
        Some(ScanGap::new(Cause::Time, format!("it took longer than {} s", LIMIT.as_secs())))
    } else if left > 0 {
        Some(ScanGap::new(Cause::Size, format!("{left} bytes past the limit for one process were not read")))
    } else if refused > 0 {
        Some(ScanGap::new(Cause::Error, format!("{refused} bytes could not be read")))
    } else {
        None
    }
}

/// A process's memory until its time is over.
#[derive(Debug)]
struct Limited {
    memory: Memory,
    until: Duration,
    clock: Clock,
    over: Arc<AtomicBool>,
}

impl Regions for Limited {
    fn advance(&mut self) -> bool {
        if self.clock.elapsed() >= self.until {
            self.over.store(true, Ordering::Relaxed);
            return false;
        }
        self.memory.advance()
    }

    fn region(&self) -> (u64, &[u8]) {
        self.memory.region()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_was_not_scanned_is_a_gap_with_its_number_of_bytes() {
        let said = |gap: Option<ScanGap>| gap.map(|gap| (gap.cause, gap.detail));
        assert_eq!(said(unread(true, 1, 1)), Some((Cause::Time, "it took longer than 60 s".to_owned())));
        let past = "7 bytes past the limit for one process were not read".to_owned();
        assert_eq!(said(unread(false, 7, 1)), Some((Cause::Size, past)));
        assert_eq!(said(unread(false, 0, 5)), Some((Cause::Error, "5 bytes could not be read".to_owned())));
        assert_eq!(said(unread(false, 0, 0)), None);
    }
}
