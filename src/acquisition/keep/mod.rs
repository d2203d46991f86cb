//! The writer's side: receives the slots in order and writes each item, entry and record, to the bundle.
//!
//! In: slots, and the workers' deliveries for them. Out: a bundle without its seal. The size of the bundle is known
//! only here, so the operator's size limit is enforced here. A stopped run with an urgent seal waits for nobody: an
//! item without a delivery is recorded as skipped.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::context::RunContext;
use super::custody;
use super::delivery::{Body, Delivery, LargeStart, Slot, SlotContent};
use super::left_out::left_out;
use super::pool::Pool;
use super::shadow_duplicates::Stored;
use super::stop::{Haste, StopReason};
use super::summary::Kept;
use super::waiting::{Awaited, FAILED, TICK, delivered};
use crate::bundle::{BundleEntry, Deflated, Error, Writer};
use crate::evidence::{Content, Item, Kind, Metadata, Origin, Outcome, ReasonCode};
use crate::playbook::Mode;

mod pieces;

use pieces::{Written, write_pieces};

/// Bytes kept free under the operator's size limit for records, log, manifest and directory: a fixed part ...
const RESERVE: u64 = 256 << 10;
/// ... and, per entry, its part of the directory (name, 46 bytes and extra fields) and of the records.
const RESERVE_PER_ENTRY: u64 = 512;

/// Below this room, nothing useful fits any more, and the run ends.
const LEAST_ROOM: u64 = 16 << 10;

/// Writes until the intake ends.
pub(super) fn keep(
    run: &RunContext<'_>,
    pool: &Pool,
    stored: &Stored,
    slots: &Receiver<Slot>,
    writer: &mut Writer,
) -> Result<Kept, Error> {
    let mut keeper =
        Keeper { run, pool, stored, writer, again: false, stop_logged: false, kept: Kept::default() };
    keeper.writer.log(custody::start(run))?;
    let mut current = None;
    loop {
        keeper.log_a_stop()?;
        let haste = run.haste();
        let patience = if haste == Some(Haste::Seal) { Duration::ZERO } else { TICK };
        let slot = match slots.recv_timeout(patience) {
            Ok(slot) => slot,
            Err(RecvTimeoutError::Timeout) if haste.is_some() => {
                keeper.kept.reached = Some(current.unwrap_or(0));
                break;
            }
            Err(RecvTimeoutError::Timeout) => {
                keeper.writer.tick()?;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        if current != Some(slot.step) {
            current = Some(slot.step);
            keeper.begin_step(slot.step)?;
        }
        keeper.take(slot)?;
    }
    keeper.log_a_stop()?;
    let items = keeper.writer.manifest().items.all;
    keeper.writer.log(custody::end(items, &keeper.kept.swept, run.clock))?;
    Ok(keeper.kept)
}

struct Keeper<'a> {
    run: &'a RunContext<'a>,
    pool: &'a Pool,
    stored: &'a Stored,
    writer: &'a mut Writer,
    /// Whether the current artifact is collected from shadow copies as well.
    again: bool,
    /// Whether the log already says why the run was stopped.
    stop_logged: bool,
    kept: Kept,
}

impl Keeper<'_> {
    /// Logs that the items of another artifact follow.
    fn begin_step(&mut self, index: usize) -> Result<(), Error> {
        let Some(step) = self.run.plan.steps.get(index) else { return Ok(()) };
        self.again = step.shadow_copies;
        self.run.progress.artifact(&step.artifact);
        self.writer.log(custody::artifact(step, self.run.clock))
    }

    fn take(&mut self, slot: Slot) -> Result<(), Error> {
        if let SlotContent::Record(item) = &slot.content {
            self.kept.note(self.run.plan.steps.get(slot.step), item);
        }
        let is_sweep = || self.run.plan.steps.get(slot.step).is_some_and(|step| step.mode == Mode::Sweep);
        match slot.content {
            SlotContent::FirstTier(answer) => {
                self.first_tier()?;
                let _ = answer.send(());
                Ok(())
            }
            SlotContent::Written(answer) => {
                let _ = answer.send(());
                Ok(())
            }
            SlotContent::Record(item) if is_sweep() => self.swept(*item),
            SlotContent::Record(item) => self.directory_or_record(*item),
            SlotContent::Awaited { draft, delivery, share } => {
                let urgent = || self.run.stop.haste() == Some(Haste::Seal);
                match delivered(self.run, &delivery, || self.writer.tick())? {
                    Awaited::Delivered(Delivery::Whole(_, Some(_)) | Delivery::Large(_)) if urgent() => {
                        self.abandoned(*draft)?;
                    }
                    Awaited::Delivered(Delivery::Whole(item, body)) => self.whole(*item, body)?,
                    Awaited::Delivered(Delivery::Large(large)) => self.large(*large)?,
                    Awaited::Delivered(Delivery::Inspected(item)) => self.swept(*item)?,
                    Awaited::Lost => self.lost(*draft)?,
                    // Only hits of a sweep are recorded; the manifest states that it was left incomplete.
                    Awaited::Abandoned if is_sweep() => {}
                    Awaited::Abandoned => self.abandoned(*draft)?,
                }
                drop(share);
                Ok(())
            }
        }
    }

    fn log_a_stop(&mut self) -> Result<(), Error> {
        if !self.stop_logged
            && let Some(event) = custody::stopped(self.run.stop, self.run.clock)
        {
            self.stop_logged = true;
            self.writer.log(event)?;
        }
        Ok(())
    }

    /// Flushes the most volatile items, and logs when that was.
    fn first_tier(&mut self) -> Result<(), Error> {
        let flushed = self.writer.flush()?;
        let elapsed = self.run.clock.elapsed();
        self.kept.first_tier = Some(elapsed);
        self.writer.log(custody::first_tier(flushed.items, elapsed, self.run.clock))
    }

    /// Records an inspected item of a sweep where it has a hit, is missing, or could not be read.
    fn swept(&mut self, item: Item) -> Result<(), Error> {
        let looked_for = item.reason.as_ref().is_some_and(|reason| reason.code == ReasonCode::NotFound);
        if !item.hits.is_empty() || looked_for || item.makes_partial() {
            return self.record(item);
        }
        self.kept.swept.add(&item);
        self.run.progress.kept(0, self.writer.bytes_written());
        // A long sweep without a hit writes nothing, but checkpoints are still due.
        self.writer.tick()
    }

    fn record(&mut self, mut item: Item) -> Result<(), Error> {
        // Most swept items have no record and no number, so numbers are assigned here.
        item.number = self.writer.manifest().items.all.saturating_add(1);
        let item = &item;
        self.writer.record(item)?;
        if self.again {
            self.stored.add(item);
        }
        if !item.hits.is_empty() {
            self.writer.log(custody::hit(item, self.run.clock))?;
        }
        if let Some(event) = custody::failed(item, self.run.clock) {
            self.writer.log(event)?;
        }
        self.run.progress.kept(item.hits.len(), self.writer.bytes_written());
        Ok(())
    }

    /// Writes a directory that a playbook asks for as an empty entry, since some tools recognise a system by its
    /// directories; other items without content are only recorded.
    fn directory_or_record(&mut self, mut item: Item) -> Result<(), Error> {
        if item.kind == Kind::Directory && item.outcome == Outcome::Collected {
            let mut entry = self.entry(&item.origin, false, &item.metadata);
            entry.name.push('/');
            self.writer.add(&entry, &Deflated::default(), &[])?;
            item.entry = Some(entry.name);
        }
        self.record(item)
    }

    fn whole(&mut self, mut item: Item, body: Option<Body>) -> Result<(), Error> {
        if let Some(Body { bytes, deflated }) = body {
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if self.fits(&mut item, length) {
                let sparse = item.content.as_ref().is_some_and(|content| !content.ranges.is_empty());
                let entry = self.entry(&item.origin, sparse, &item.metadata);
                self.writer.add(&entry, &deflated, &bytes)?;
                item.entry = Some(entry.name);
            }
        }
        self.record(item)
    }

    fn large(&mut self, large: LargeStart) -> Result<(), Error> {
        let LargeStart { draft, sparse, stored_size, receiver } = large;
        let header = self.entry(&draft.origin, sparse, &draft.metadata);
        let room = self.room_for_all();
        let mut entry = self.writer.entry(&header, stored_size)?;
        let written = write_pieces(&receiver, room, (self.pool, self.run), &mut entry);
        // However it ended, nothing more is wanted: a reader that waits for room must not wait forever.
        drop(receiver);
        self.pool.nudge();
        let Written { digest, is_cut, is_abandoned, end } = written?;
        let is_whole = end.is_some() && !is_cut;
        let Deflated { size, .. } = if is_whole { entry.finish() } else { entry.cut() }?;

        let mut item = end.unwrap_or(draft);
        item.entry = Some(header.name);
        if !is_whole {
            if is_cut {
                let whole = stored_size.unwrap_or(0);
                let detail = format!("--size-limit was reached after {size} of {whole} bytes of it");
                self.run.stop.set(StopReason::SizeLimit);
                left_out(&mut item, Outcome::Partial, ReasonCode::OperatorLimit, detail);
            } else if is_abandoned {
                let detail = format!("the run was ended, and had to be sealed after {size} bytes of it");
                left_out(&mut item, Outcome::Partial, ReasonCode::Interrupted, detail);
            } else {
                left_out(&mut item, Outcome::Partial, ReasonCode::Internal, FAILED);
            }
            item.content = digest.map(|sha256_stored| Content {
                ranges: item.content.map(|content| content.ranges).unwrap_or_default(),
                ..Content::new(size, sha256_stored)
            });
        }
        self.record(item)
    }

    /// Records an item whose worker failed.
    fn lost(&mut self, mut item: Item) -> Result<(), Error> {
        left_out(&mut item, Outcome::Failed, ReasonCode::Internal, FAILED);
        item.acquired = self.run.clock.now();
        self.record(item)
    }

    /// Records an item that is no longer waited for.
    fn abandoned(&mut self, mut item: Item) -> Result<(), Error> {
        let detail = "the run was ended, and had to be sealed before this item was read";
        left_out(&mut item, Outcome::Skipped, ReasonCode::Interrupted, detail);
        item.acquired = self.run.clock.now();
        self.record(item)
    }

    fn entry(&mut self, origin: &Origin, sparse: bool, metadata: &Metadata) -> BundleEntry {
        let sparse = sparse && !origin.is_change_journal();
        let name = self.writer.entry_name(origin, sparse);
        BundleEntry { name, modified: metadata.modified, mode: metadata.mode }
    }

    /// Returns the maximum bytes of the bundle before its end is written; `None` without a limit.
    fn room_for_all(&self) -> Option<u64> {
        let limit = self.run.settings.size_limit?;
        let reserve =
            RESERVE.saturating_add(self.writer.manifest().items.all.saturating_mul(RESERVE_PER_ENTRY));
        Some(limit.saturating_sub(reserve))
    }

    /// Returns the room for content under the operator's limit; `None` without a limit.
    fn room(&self) -> Option<u64> {
        Some(self.room_for_all()?.saturating_sub(self.writer.bytes_written()))
    }

    /// Whether `length` bytes still fit; otherwise, the item is skipped.
    fn fits(&self, item: &mut Item, length: u64) -> bool {
        let Some(room) = self.room() else { return true };
        if room < LEAST_ROOM {
            self.run.stop.set(StopReason::SizeLimit);
        }
        if length <= room {
            return true;
        }
        let detail = format!("{length} bytes compressed, --size-limit leaves {room}");
        left_out(item, Outcome::Skipped, ReasonCode::OperatorLimit, detail);
        item.content = None;
        false
    }
}

#[cfg(test)]
pub(super) mod fixture;
#[cfg(test)]
mod tests;
