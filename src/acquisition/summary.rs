//! How a run ended. The bundle's manifest counts what was collected; the rest is here.

use std::time::Duration;

use super::stop::{Stop, StopReason};
use crate::evidence::{Item, Outcome, ReasonCode, ScanCounts};
use crate::playbook::{Excluded, Source, Step};

/// Counts of the items that sweeps inspected but did not collect.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
    /// Number of items by scan result, without those that were collected.
    #[serde(flatten)]
    pub counts: ScanCounts,
    /// Bytes of them that the rules saw.
    pub bytes: u64,
}

impl Swept {
    /// Counts an item.
    pub(super) fn add(&mut self, item: &Item) {
        self.counts.add(item);
        self.bytes = self.bytes.saturating_add(item.scan.as_ref().map_or(0, |scan| scan.bytes));
    }
}

/// The state of the slots' receiver at the end.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// What sweeps inspected and did not collect.
    pub(super) swept: Swept,
    /// Time from the start until the most volatile items were flushed; `None` where the plan has none.
    pub(super) first_tier: Option<Duration>,
    /// The step of the plan at which the run was sealed without waiting for the rest, if so.
    pub(super) reached: Option<usize>,
    /// Requested paths that do not exist: at most as many as on the command line.
    pub(super) absent: Vec<String>,
}

impl Kept {
    /// Notes the record of an item without content: where the operator requested it and it does not exist, it is
    /// absent. An item that vanished below an existing directory was not requested.
    pub(super) fn note(&mut self, step: Option<&Step>, item: &Item) {
        let Some(step) = step.filter(|step| step.named && item.outcome == Outcome::Missing) else { return };
        let looked_for = |code| matches!(code, ReasonCode::NotFound | ReasonCode::NotApplicable);
        let of_memory = step.sources.iter().any(|source| matches!(source, Source::Memory(_)));
        if of_memory || item.reason.as_ref().is_some_and(|reason| looked_for(reason.code)) {
            self.absent.push(item.origin.to_string());
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunSummary {
    /// Artifacts that a limit or an interruption left incomplete.
    pub left: Vec<Excluded>,
    /// Why the run ended early, if it did.
    pub stopped: Option<StopReason>,
    /// What sweeps inspected and did not collect.
    pub swept: Swept,
    /// Time from the start until the most volatile items were flushed; `None` where the plan has none.
    pub first_tier: Option<Duration>,
    /// Requested paths that do not exist.
    pub absent: Vec<String>,
    /// Whether workers were abandoned, so that a thread of the run may still be blocked.
    pub left_behind: bool,
}

impl RunSummary {
    pub(super) fn new(left: Vec<Excluded>, kept: Kept, stop: &Stop) -> Self {
        let Kept { swept, first_tier, absent, .. } = kept;
        Self { left, swept, first_tier, absent, stopped: stop.reason(), left_behind: stop.haste().is_some() }
    }
}
