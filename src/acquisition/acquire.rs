//! Acquires one item: open, read, digest, scan, deflate; all from one read.
//!
//! In: a job. Out: its delivery. An item that ends within one piece is delivered whole, its sizes known; a longer one is
//! streamed by [`super::large`].

use std::sync::Arc;

use super::budget::PIECE;
use super::delivery::Body;
use super::item_reading::{Ending, fill, open};
use super::job::Job;
use super::large;
use super::pool::WorkerContext;
use super::recorder::{ItemRecorder, Purpose, scan};
use crate::scan::Bytes;
use crate::sources::Opened;

/// Acquires one item.
pub(super) fn acquire(context: &mut WorkerContext<'_>, job: &Job) {
    let mut opened = match open(context.run, job) {
        Ok(opened) => opened,
        Err(item) => return job.deliver_whole(*item, None),
    };
    let mut buffer = std::mem::take(&mut context.buffer);
    let (filled, ending) = fill(context.run, &mut opened, &mut buffer);
    if ending.is_none() && filled == buffer.len() {
        context.buffer = vec![0; PIECE];
        return large::stream(context, job, opened, buffer);
    }
    let buffer = Arc::new(buffer);
    let bytes = job.held(Bytes::beginning(&buffer, filled));
    whole(context, job, opened, &bytes, ending.unwrap_or(Ending::Whole));
    drop(bytes);
    // A scan that was abandoned keeps the buffer.
    context.buffer = Arc::try_unwrap(buffer).unwrap_or_else(|_| vec![0; PIECE]);
}

/// Finishes an item that was read to its end within one piece.
fn whole(context: &mut WorkerContext<'_>, job: &Job, mut opened: Opened, bytes: &Bytes, ending: Ending) {
    let run = context.run;
    let mut recorder = ItemRecorder::begin(run, job, &mut opened, Purpose::Store);
    let closed = opened.finish();
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
