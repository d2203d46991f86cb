//! How a run ended. What it took is counted by the bundle's manifest, once.

use std::time::Duration;

use super::keep::Kept;
use super::look::Swept;
use super::{Stop, StopReason};
use crate::playbook::Excluded;

/// How a run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Artifacts that a limit or an interruption left incomplete.
    pub left: Vec<Excluded>,
    /// Why the run took nothing more, if it did not come to its end.
    pub stopped: Option<StopReason>,
    /// What sweeps walked over and did not take.
    pub swept: Swept,
    /// How long after the start what vanishes first was flushed; none where the plan has nothing of that kind.
    pub first_tier: Option<Duration>,
}

impl Summary {
    pub(super) fn new(left: Vec<Excluded>, kept: Kept, stop: &Stop) -> Self {
        let Kept { swept, first_tier } = kept;
        Self { left, swept, first_tier, stopped: stop.reason() }
    }
}
