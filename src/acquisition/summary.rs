//! How a run ended. What it collected is counted by the bundle's manifest, once; here is what the manifest does not know.

use std::time::Duration;

use super::stop::{Stop, StopReason};
use crate::evidence::{Item, Outcome, ReasonCode, ScanCounts};
use crate::playbook::{Excluded, Source, Step};

/// What sweeps inspected and did not collect: counts, no records.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
    /// What became of the items as far as scanning goes; those collected are not among them.
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

/// What the one that takes the slots knows at the end.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// What sweeps inspected and did not collect.
    pub(super) swept: Swept,
    /// How long after the start the most volatile items were flushed; none where there is nothing of that kind.
    pub(super) first_tier: Option<Duration>,
    /// The step of the plan at which the run was sealed without waiting for the rest, if it was.
    pub(super) reached: Option<usize>,
    /// Places that the operator named and that are not there: no more than there are of them on the command line.
    pub(super) absent: Vec<String>,
}

impl Kept {
    /// Notes the record of something without content: where the operator named it and it is not there, it is absent. What
    /// vanished below a directory that is there was not named.
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
    /// How long after the start the most volatile items were flushed; none where the plan has nothing of that kind.
    pub first_tier: Option<Duration>,
    /// Places that the operator named and that are not there.
    pub absent: Vec<String>,
    /// Whether workers were not waited for, so that a thread of the run may still be blocked.
    pub left_behind: bool,
}

impl RunSummary {
    pub(super) fn new(left: Vec<Excluded>, kept: Kept, stop: &Stop) -> Self {
        let Kept { swept, first_tier, absent, .. } = kept;
        Self { left, swept, first_tier, absent, stopped: stop.reason(), left_behind: stop.haste().is_some() }
    }
}
