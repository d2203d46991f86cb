//! What the rest of this stage asks of a rule engine, whichever it is.

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use super::{Facts, RuleFacts};
use crate::evidence::{Cause, Hit};

/// What the rules say of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// The rules that fired.
    pub hits: Vec<Hit>,
    /// Why the answer is not complete, if it is not.
    pub gap: Option<ScanGap>,
    /// The rules were not asked at all; the gap says why.
    pub unseen: bool,
}

/// Why rules did not see all of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanGap {
    /// The kind of reason.
    pub cause: Cause,
    /// What exactly, lower case, no full stop.
    pub detail: String,
}

impl ScanGap {
    /// Makes a gap.
    #[cfg_attr(feature = "drop-gaps", track_caller)]
    pub(crate) fn new(cause: Cause, detail: impl Into<String>) -> Self {
        let detail = if crate::sys::gap_is_lost() { String::new() } else { detail.into() };
        Self { cause, detail }
    }

    /// The gap that a limit on time leaves.
    #[cfg_attr(feature = "drop-gaps", track_caller)]
    pub(super) fn timeout(limit: Duration) -> Self {
        Self::new(Cause::Time, format!("the rules took longer than {} s on it", limit.as_secs_f32()))
    }
}

/// The memory of a process, or anything else that comes in regions which do not stand next to each other.
pub trait Regions: Send + Sync + std::fmt::Debug {
    /// Goes to the next region and reads it; false where there is none.
    fn advance(&mut self) -> bool;
    /// The region that was read: where it begins, and its bytes.
    fn region(&self) -> (u64, &[u8]);
}

/// One engine with compiled rules. It ends about when its limit does, as far as its steps let it.
pub(super) trait Engine: Send + Sync {
    /// Holds all rules against `content`, for no longer than about `limit`.
    fn scan(&self, content: &[u8], facts: &Facts<'_>, limit: Duration) -> Scan;
    /// The same, with every match of every string; none where the engine finds them all anyway.
    fn scan_thoroughly(&self, _content: &[u8], _facts: &Facts<'_>, _limit: Duration) -> Option<Scan> {
        None
    }
    /// Holds all rules against regions, each read once.
    fn scan_regions(&self, regions: Box<dyn Regions>, facts: &Facts<'_>, limit: Duration) -> Scan;
    /// Evaluates all conditions, `most` long at most, and counts in `done` those that are done with. Returns the number
    /// of the one that took longer than `limit`, as far as the engine can tell.
    fn slow_condition(
        &self,
        _content: &[u8],
        _facts: &Facts<'_>,
        _limit: Duration,
        _most: Duration,
        _done: &AtomicUsize,
    ) -> Option<usize> {
        None
    }
    /// The rules that a number of [`Self::slow_condition`] may mean.
    fn numbered(&self, _number: usize) -> Vec<RuleId> {
        Vec::new()
    }
    /// The namespaces of the rules in use, one a rule.
    fn namespaces(&self) -> Vec<String>;
    /// All rules that can show, with what they say of themselves.
    fn rules(&self) -> Vec<RuleFacts>;
}

/// A rule by the file it stands in and its identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RuleId {
    pub(super) source: String,
    pub(super) rule: String,
}

/// Files that could not be used: name and reason.
pub(super) type Failures = Vec<(String, String)>;
