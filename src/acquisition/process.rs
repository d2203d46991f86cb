//! Holds rules against the memory of a process. Its record is all that is kept of it.

use std::sync::mpsc::SyncSender;
use std::time::Duration;

use super::Clock;
use super::worker::{Bench, Delivery, Draft, deliver, stopped, unread};
use crate::evidence::{Cause, Scanned};
use crate::scan::{Facts, Gap, Regions, Scan, assess};
use crate::sources::{Found, Memory};

/// How long one process may take: half a gigabyte at a tenth of the usual rate.
const LIMIT: Duration = Duration::from_mins(1);

/// Looks through the memory of one process.
pub(super) fn look_through(bench: &Bench<'_>, found: &Found, draft: &Draft, reply: &SyncSender<Delivery>) {
    let memory = match Memory::open(found) {
        Ok(memory) => memory,
        Err(gap) => {
            let item = unread(*gap, found, draft, bench);
            return deliver(reply, Delivery::Whole(Box::new(item), None));
        }
    };
    let mut item = draft.item(found.origin.clone(), found.kind, bench.clock);
    item.metadata.clone_from(&found.metadata);
    item.read_by = vec!["proc_mem".to_owned()];
    if let Some(scanner) = bench.settings.scanner {
        let reading = memory.reading();
        let until = bench.clock.elapsed().saturating_add(LIMIT);
        let over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let regions = Limited { memory, until, clock: *bench.clock, over: std::sync::Arc::clone(&over) };
        let name = String::from_utf8_lossy(item.origin.file_name()).into_owned();
        let path = item.metadata.target.clone().unwrap_or_default();
        let facts = Facts { filename: &name, filepath: &path, ..Facts::default() };
        let Scan { hits, gap, .. } = scanner.scan_regions(Box::new(regions), &facts, LIMIT);
        bench.progress.read(usize::try_from(reading.bytes()).unwrap_or(usize::MAX));
        item.metadata.size = Some(reading.bytes());
        let gap = gap.or_else(|| {
            if over.load(std::sync::atomic::Ordering::Relaxed) {
                Some(Gap { cause: Cause::Time, detail: format!("it took longer than {} s", LIMIT.as_secs()) })
            } else if reading.left() > 0 {
                let detail = format!("{} bytes past the limit for one process were not read", reading.left());
                Some(Gap { cause: Cause::Size, detail })
            } else if reading.refused() > 0 {
                let detail = format!("{} bytes could not be read", reading.refused());
                Some(Gap { cause: Cause::Error, detail })
            } else {
                None
            }
        });
        item.assessment = assess(&hits);
        item.hits = hits;
        item.scan = Some(Scanned {
            bytes: reading.bytes(),
            members: 0,
            cause: gap.as_ref().map(|gap| gap.cause),
            gap: gap.map(|gap| gap.detail),
        });
    }
    if let Some(reason) = stopped(bench) {
        item.reason = Some(reason);
    }
    item.acquired = bench.clock.now();
    deliver(reply, Delivery::Whole(Box::new(item), None));
}

/// A process's memory until its time is over.
#[derive(Debug)]
struct Limited {
    memory: Memory,
    until: Duration,
    clock: Clock,
    over: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Regions for Limited {
    fn advance(&mut self) -> bool {
        if self.clock.elapsed() >= self.until {
            self.over.store(true, std::sync::atomic::Ordering::Relaxed);
            return false;
        }
        self.memory.advance()
    }

    fn region(&self) -> (u64, &[u8]) {
        self.memory.region()
    }
}
