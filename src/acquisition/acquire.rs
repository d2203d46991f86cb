//! Acquires one item: open, read, digest, scan, deflate; all from one read.
//!
//! In: a job. Out: its delivery. An item that fits in one piece is delivered as a whole, with its sizes known; a
//! longer one is streamed by [`super::large`].

use std::sync::Arc;

use super::budget::PIECE;
use super::delivery::Body;
use super::item_reading::{Ending, fill, open};
use super::job::Job;
use super::large;
use super::pool::WorkerContext;
use super::recorder::{ItemRecorder, Purpose, scan};
use crate::evidence::Note;
use crate::scan::Bytes;
use crate::sources::Closed;

/// How often an item of at most one piece is read while it changes: the next reading is usually consistent. A longer
/// one has been passed on already, so its record only states that it changed.
const READINGS: u32 = 3;

/// Acquires one item.
pub(super) fn acquire(context: &mut WorkerContext<'_>, job: &Job) {
    let mut buffer = std::mem::take(&mut context.buffer);
    let mut reading = 1;
    let (recorder, closed, filled, ending) = loop {
        let mut opened = match open(context.run, job) {
            Ok(opened) => opened,
            Err(item) => {
                context.buffer = buffer;
                return job.deliver_whole(*item, None);
            }
        };
        let (filled, ending) = fill(context.run, &mut opened, &mut buffer);
        if ending.is_none() && filled == buffer.len() {
            context.buffer = vec![0; PIECE];
            return large::stream(context, job, opened, buffer);
        }
        let ending = ending.unwrap_or(Ending::Whole);
        let recorder = ItemRecorder::begin(context.run, job, &mut opened, Purpose::Store);
        let mut closed = opened.finish();
        if reading < READINGS && is_torn(&closed, &ending) && context.run.cut().is_none() {
            reading = reading.saturating_add(1);
            continue;
        }
        if reading > 1 {
            closed.read_by.push(format!("reading {reading}, after it had changed"));
        }
        break (recorder, closed, filled, ending);
    };
    let buffer = Arc::new(buffer);
    let bytes = job.held(Bytes::beginning(&buffer, filled));
    whole(context, job, recorder, (closed, ending), &bytes);
    drop(bytes);
    // A scan that was abandoned keeps the buffer.
    context.buffer = Arc::try_unwrap(buffer).unwrap_or_else(|_| vec![0; PIECE]);
}

/// Whether an item was read to its end but changed meanwhile, so that it may be inconsistent.
fn is_torn(closed: &Closed, ending: &Ending) -> bool {
    *ending == Ending::Whole && closed.notes.contains(&Note::ChangedDuringRead)
}

/// Finishes an item that was read to its end within one piece.
fn whole(
    context: &mut WorkerContext<'_>,
    job: &Job,
    mut recorder: ItemRecorder,
    (closed, ending): (Closed, Ending),
    bytes: &Bytes,
) {
    let run = context.run;
    recorder.update(bytes);
    if let Some(scanner) = run.settings.scanner {
        recorder.scanned(scan(run, scanner, recorder.item(), bytes, true), bytes.len());
    }
    recorder.search(run, bytes);
    let item = recorder.finish(run, closed, ending);
    let body = item.content.is_some().then(|| {
        let mut deflated_bytes = Vec::with_capacity(bytes.len().saturating_div(2).saturating_add(64));
        let deflated = context.deflater.whole(bytes, &mut deflated_bytes);
        Body { bytes: deflated_bytes, deflated }
    });
    job.deliver_whole(item, body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acquisition::delivery::Delivery;
    use crate::acquisition::fixture::Fixture;
    use crate::acquisition::pool::Pool;
    use crate::evidence::Item;

    fn acquired(changes: u32) -> Box<Item> {
        let (fixture, pool) = (Fixture::above_a_restless_disk(changes), Pool::new());
        let run = fixture.run();
        let (job, delivered) = fixture.job();
        acquire(&mut WorkerContext::new(&run, &pool), &job);
        match delivered.recv().unwrap() {
            Delivery::Whole(item, _) => item,
            _ => panic!("it is smaller than a piece"),
        }
    }

    #[test]
    fn what_changed_while_it_was_read_is_read_again_and_the_record_says_so() {
        let item = acquired(0);
        assert!(!item.notes.contains(&Note::ChangedDuringRead), "{item:?}");
        let item = acquired(1);
        assert!(!item.notes.contains(&Note::ChangedDuringRead), "{item:?}");
        assert_eq!(item.read_by.last().unwrap(), "reading 2, after it had changed");
        let item = acquired(u32::MAX);
        assert!(item.notes.contains(&Note::ChangedDuringRead), "{item:?}");
        assert_eq!(item.read_by.last().unwrap(), "reading 3, after it had changed");
    }
}
