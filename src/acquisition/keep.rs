//! The writer's side: takes the slots in order and puts each item, entry and record, into the bundle.
//!
//! Here, and only here, it is known how large the bundle is; so the operator's size limit is kept here.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::intake::{Slot, SlotContent};
use super::large::{LargeStart, Piece};
use super::look::Swept;
use super::once::Stored;
use super::pool::Pool;
use super::worker::{Bench, Body, Delivery};
use super::{Clock, Progress, Settings, Stop, StopReason, custody};
use crate::bundle::{Deflated, Entry, Error, Writer};
use crate::evidence::{Item, Kind, Metadata, Origin, Outcome, Reason, ReasonCode};
use crate::playbook::{Mode, Plan};

/// Bytes kept free under the operator's size limit for records, log, manifest and directory: a fixed part ...
const RESERVE: u64 = 256 << 10;
/// ... and, per entry, its part of the directory (name, 46 bytes and extra fields) and of the records.
const RESERVE_PER_ENTRY: u64 = 512;

/// Below this room, nothing of use fits any more, and the run ends.
const LEAST_ROOM: u64 = 16 << 10;

/// How often the writer looks at the clock while nothing comes, so that checkpoints are written in time.
const TICK: Duration = Duration::from_millis(500);

/// Writes until the intake ends.
pub(super) fn keep(
    slots: &Receiver<Slot>,
    plan: &Plan,
    bench: &Bench<'_>,
    writer: &mut Writer,
) -> Result<Kept, Error> {
    let Bench { settings, clock, progress, stop, pool, .. } = *bench;
    let kept = Kept::default();
    let stored = bench.stored;
    let mut keeper =
        Keeper { settings, writer, progress, stop, pool, clock, stored, again: false, told: false, kept };
    keeper.writer.log(custody::start(plan, settings, clock))?;
    let mut current = None;
    loop {
        keeper.tell_a_stop()?;
        let slot = match slots.recv_timeout(TICK) {
            Ok(slot) => slot,
            Err(RecvTimeoutError::Timeout) => {
                keeper.writer.tick()?;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        if current != Some(slot.step) {
            current = Some(slot.step);
            keeper.again = plan.steps.get(slot.step).is_some_and(|step| step.shadow_copies);
            if let Some(step) = plan.steps.get(slot.step) {
                progress.artifact(&step.artifact);
                keeper.writer.log(custody::artifact(step, clock))?;
            }
        }
        let sweep = plan.steps.get(slot.step).is_some_and(|step| step.mode == Mode::Sweep);
        match slot.content {
            SlotContent::FirstTier(answer) => {
                keeper.first_tier()?;
                let _ = answer.send(());
            }
            SlotContent::Written(answer) => drop(answer.send(())),
            SlotContent::Record(item) if sweep => keeper.swept(*item)?,
            SlotContent::Record(item) => keeper.folder_or_record(*item)?,
            SlotContent::Awaited { draft, delivery, share } => {
                match keeper.wait(&delivery)? {
                    Some(Delivery::Whole(item, body)) => keeper.whole(*item, body)?,
                    Some(Delivery::Large(large)) => keeper.large(*large)?,
                    Some(Delivery::Looked(item)) => keeper.swept(*item)?,
                    None => keeper.lost(*draft)?,
                }
                drop(share);
            }
        }
    }
    keeper.tell_a_stop()?;
    let items = keeper.writer.manifest().items.all;
    keeper.writer.log(custody::end(items, &keeper.kept.swept, clock))?;
    Ok(keeper.kept)
}

/// What is known at the end besides what the manifest counts.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// What sweeps walked over and did not take.
    pub(super) swept: Swept,
    /// How long after the start what vanishes first was flushed; none where there is nothing of that kind.
    pub(super) first_tier: Option<Duration>,
}

struct Keeper<'a> {
    settings: &'a Settings<'a>,
    writer: &'a mut Writer,
    progress: &'a Progress,
    stop: &'a Stop,
    pool: &'a Pool,
    clock: &'a Clock,
    stored: &'a Stored,
    /// Whether the artifact at hand is looked for again in shadow copies.
    again: bool,
    /// Whether the log already says why the run was stopped.
    told: bool,
    kept: Kept,
}

impl Keeper<'_> {
    /// Waits for a worker's delivery; `None` if the worker was lost.
    fn wait<T>(&mut self, delivery: &Receiver<T>) -> Result<Option<T>, Error> {
        loop {
            match delivery.recv_timeout(TICK) {
                Ok(delivery) => return Ok(Some(delivery)),
                Err(RecvTimeoutError::Timeout) => self.writer.tick()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }

    fn tell_a_stop(&mut self) -> Result<(), Error> {
        if !self.told
            && let Some(event) = custody::stopped(self.stop, self.clock)
        {
            self.told = true;
            self.writer.log(event)?;
        }
        Ok(())
    }

    /// Makes what vanishes first safe, and says when that was.
    fn first_tier(&mut self) -> Result<(), Error> {
        let flushed = self.writer.flush()?;
        let elapsed = self.clock.elapsed();
        self.kept.first_tier = Some(elapsed);
        self.writer.log(custody::first_tier(flushed.items, elapsed, self.clock))
    }

    /// Of what a sweep looks at, only that has a record on which something fired, and a path that is not there.
    fn swept(&mut self, item: Item) -> Result<(), Error> {
        let looked_for = item.reason.as_ref().is_some_and(|reason| reason.code == ReasonCode::NotFound);
        if !item.hits.is_empty() || looked_for {
            return self.record(item);
        }
        self.kept.swept.add(&item);
        self.progress.kept(0, self.writer.bytes_written());
        // A long sweep without a hit writes nothing: checkpoints fall due all the same.
        self.writer.tick()
    }

    fn record(&mut self, mut item: Item) -> Result<(), Error> {
        // What is swept has no record and no number, so numbers are given here.
        item.number = self.writer.manifest().items.all.saturating_add(1);
        let item = &item;
        self.writer.record(item)?;
        if self.again {
            self.stored.add(item);
        }
        if !item.hits.is_empty() {
            self.writer.log(custody::hit(item, self.clock))?;
        }
        if let Some(event) = custody::failed(item, self.clock) {
            self.writer.log(event)?;
        }
        self.progress.kept(item.hits.len(), self.writer.bytes_written());
        Ok(())
    }

    /// A folder that a playbook asks for stands in the bundle as an empty entry, which tools that look for a system
    /// by its folders need; everything else without content is its record.
    fn folder_or_record(&mut self, mut item: Item) -> Result<(), Error> {
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
        let LargeStart { origin, metadata, sparse, stored_size, pieces, window, draft } = large;
        let header = self.entry(&origin, sparse, &metadata);
        let room = self.room_for_all();
        let mut entry = self.writer.entry(&header, stored_size)?;
        let mut digest = None;
        let mut cut = false;
        let mut end = None;
        // No checkpoint is due in the midst of an entry, so there is no need to look at the clock.
        while let Ok(piece) = pieces.recv() {
            match piece {
                Piece::End(item) => {
                    end = Some(*item);
                    break;
                }
                Piece::Bytes { .. } if cut => {}
                Piece::Bytes { deflated, prefix } => {
                    let Ok((bytes, deflated)) = deflated.recv() else { break };
                    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    let left = room.map(|room| room.saturating_sub(entry.bytes_written()));
                    if left.is_some_and(|left| left < length) {
                        cut = true;
                        window.cut();
                    } else {
                        entry.piece(&bytes, &deflated)?;
                        digest = Some(prefix);
                    }
                }
            }
            window.passed();
            self.pool.nudge();
        }
        let lost = end.is_none();
        let Deflated { size, .. } = if lost || cut { entry.cut() } else { entry.finish() }?;

        let mut item = end.unwrap_or(draft);
        item.entry = Some(header.name);
        if lost || cut {
            let reason = if cut {
                let whole = stored_size.unwrap_or(0);
                let detail = format!("--size-limit was reached after {size} of {whole} bytes of it");
                self.stop.set(StopReason::SizeLimit);
                Reason::new(ReasonCode::OperatorLimit, detail)
            } else {
                Reason::new(ReasonCode::Internal, "the tool itself failed on this item")
            };
            (item.outcome, item.reason) = (Outcome::Partial, Some(reason));
            item.content = digest.map(|sha256_stored| crate::evidence::Content {
                ranges: item.content.map(|content| content.ranges).unwrap_or_default(),
                ..crate::evidence::Content::new(size, sha256_stored)
            });
        }
        self.record(item)
    }

    /// A worker that never answered: the record says so.
    fn lost(&mut self, mut item: Item) -> Result<(), Error> {
        let reason = Reason::new(ReasonCode::Internal, "the tool itself failed on this item");
        (item.outcome, item.reason) = (Outcome::Failed, Some(reason));
        self.record(item)
    }

    fn entry(&mut self, origin: &Origin, sparse: bool, metadata: &Metadata) -> Entry {
        let sparse = sparse && !origin.is_change_journal();
        let name = self.writer.entry_name(origin, sparse);
        Entry { name, modified: metadata.modified, mode: metadata.mode }
    }

    /// How many bytes the bundle may have before its end is written; `None` without a limit of the operator's.
    fn room_for_all(&self) -> Option<u64> {
        let limit = self.settings.size_limit?;
        let reserve =
            RESERVE.saturating_add(self.writer.manifest().items.all.saturating_mul(RESERVE_PER_ENTRY));
        Some(limit.saturating_sub(reserve))
    }

    /// What the operator's limit leaves for content; `None` without a limit.
    fn room(&self) -> Option<u64> {
        Some(self.room_for_all()?.saturating_sub(self.writer.bytes_written()))
    }

    /// Whether `length` bytes still fit; where not, the item becomes skipped.
    fn fits(&self, item: &mut Item, length: u64) -> bool {
        let Some(room) = self.room() else { return true };
        if room < LEAST_ROOM {
            self.stop.set(StopReason::SizeLimit);
        }
        if length <= room {
            return true;
        }
        let detail = format!("{length} bytes compressed, --size-limit leaves {room}");
        (item.outcome, item.reason) =
            (Outcome::Skipped, Some(Reason::new(ReasonCode::OperatorLimit, detail)));
        item.content = None;
        false
    }
}
