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
        let gap = gap.or_else(|| {
            if over.load(Ordering::Relaxed) {
                Some(ScanGap::new(Cause::Time, format!("it took longer than {} s", LIMIT.as_secs())))
            } else if reading.left() > 0 {
                let detail =
                    format!("{} bytes beyond the limit for one process were not read", reading.left());
                Some(ScanGap::new(Cause::Size, detail))
            } else if reading.refused() > 0 {
                let detail = format!("{} bytes could not be read", reading.refused());
                Some(ScanGap::new(Cause::Error, detail))
            } else {
                None
            }
        });
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
