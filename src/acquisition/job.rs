//! One item on its way through a worker: what was found, where it belongs, and where its delivery goes.
//!
//! In: what the intake knows before the item is opened. Out: the record of the item at any point, the share of the
//! memory budget of its content, and the channel to the writer.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::budget::Share;
use super::clock::Clock;
use super::context::RunContext;
use super::delivery::{Body, Delivery};
use crate::evidence::{Item, Kind, Metadata, Origin, Outcome, PersonalData};
use crate::scan::{Bytes, Examined, Scanner};
use crate::sources::{Found, Unread};

/// An item to acquire.
pub(super) struct Job {
    pub(super) found: Found,
    draft: Draft,
    /// Its share of the memory budget.
    share: Arc<Share>,
    /// Where the writer waits for it.
    reply: SyncSender<Delivery>,
}

/// The fields of a record that the plan decides.
pub(super) struct Draft {
    pub(super) number: u64,
    pub(super) artifact: Arc<str>,
    pub(super) personal_data: PersonalData,
}

impl Draft {
    /// Makes the record of an item as far as it is known, with outcome `collected`.
    pub(super) fn item(&self, origin: Origin, kind: Kind, clock: &Clock) -> Item {
        Item {
            number: self.number,
            artifact: self.artifact.as_ref().to_owned(),
            origin,
            entry: None,
            same_as: None,
            kind,
            outcome: Outcome::Collected,
            reason: None,
            metadata: Metadata::default(),
            content: None,
            read_by: Vec::new(),
            notes: Vec::new(),
            scan: None,
            hits: Vec::new(),
            assessment: None,
            personal_data: self.personal_data,
            acquired: clock.now(),
        }
    }

    /// Makes the record of a gap: an item that does not exist, or could not be read.
    pub(super) fn gap(&self, gap: Unread, clock: &Clock) -> Item {
        let mut item = self.item(gap.origin, gap.kind, clock);
        (item.outcome, item.reason, item.metadata) = (gap.outcome, Some(gap.reason), gap.metadata);
        debug_assert!(item.outcome != Outcome::Collected, "a gap is never collected");
        item
    }
}

impl Job {
    pub(super) fn new(found: Found, draft: Draft, share: Arc<Share>, reply: SyncSender<Delivery>) -> Self {
        Self { found, draft, share, reply }
    }

    /// The record as far as it is known, with outcome `collected`.
    pub(super) fn item(&self, clock: &Clock) -> Item {
        self.draft.item(self.found.origin.clone(), self.found.kind, clock)
    }

    /// The record of the item where it could not be opened.
    pub(super) fn unread(&self, gap: Unread, run: &RunContext<'_>) -> Item {
        let mut item = self.draft.gap(gap, run.clock);
        item.notes.clone_from(&self.found.notes);
        run.judge_place(&mut item);
        item
    }

    /// Counts content of this item against its share of the budget while an abandoned scan has it.
    pub(super) fn held(&self, bytes: Bytes) -> Bytes {
        bytes.on(Arc::clone(&self.share))
    }

    /// Returns the rules, or why this item cannot be scanned: abandoned scans may have the memory that its head
    /// needs.
    pub(super) fn scanner<'a>(&self, run: &RunContext<'a>) -> Result<Option<&'a Scanner>, Examined> {
        match run.settings.scanner {
            Some(_) if !self.share.is_full => Err(Examined::unseen()),
            scanner => Ok(scanner),
        }
    }

    /// Sends a delivery to the writer. Where the writer is gone, the run is over, and nothing is lost silently.
    pub(super) fn deliver(&self, delivery: Delivery) {
        drop(self.reply.send(delivery));
    }

    /// Delivers a record that is complete, with the item's bytes where it has some.
    pub(super) fn deliver_whole(&self, item: Item, body: Option<Body>) {
        self.deliver(Delivery::Whole(Box::new(item), body));
    }
}
