//! The run as all its threads see it: one [`RunContext`] instead of the same references in every parameter list.
//!
//! In: the plan, the target, the operator's limits, and the run's clock, counters and stop flag. Out: decisions that
//! depend on several of them: whether to stop and why, which digests are needed, which indicators match.

use std::time::Duration;

use super::clock::Clock;
use super::progress::Progress;
use super::stop::{Haste, Stop, StopReason};
use crate::evidence::{Item, Reason, ReasonCode};
use crate::playbook::Plan;
use crate::scan::Scanner;
use crate::scan::indicators::{Indicators, Wanted};
use crate::sources::Target;
use crate::sources::rows::gap_reason;

/// How long items under way may take to end by themselves once the time limit has passed: as long as after an interruption.
const PATIENCE: Duration = Duration::from_secs(10);

/// The options of a run, and the operator's limits.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// Workers, not counting the writer; at least one is used.
    pub threads: usize,
    /// The rules; `None` for a run without scanning.
    pub scanner: Option<&'a Scanner>,
    /// The indicators, if any.
    pub indicators: Option<&'a Indicators>,
    /// Deflate level, 1 to 9.
    pub level: u32,
    /// No new item is begun after this time.
    pub time_limit: Option<Duration>,
    /// Maximum size of the bundle in bytes.
    pub size_limit: Option<u64>,
    /// Items with more bytes to store are skipped.
    pub max_file_size: Option<u64>,
}

/// A run: what it collects, from where, how, and how it is monitored and stopped.
#[derive(Clone, Copy)]
pub struct RunContext<'a> {
    /// What to collect, in order.
    pub plan: &'a Plan,
    /// Where to collect it.
    pub target: &'a Target,
    /// Options and limits.
    pub settings: Settings<'a>,
    /// The run's clock.
    pub clock: &'a Clock,
    /// Its counters.
    pub progress: &'a Progress,
    /// The stop flag.
    pub stop: &'a Stop,
}

impl RunContext<'_> {
    /// Returns why no new item is begun, if so. Sets the stop flag where the time limit has passed.
    pub(super) fn out_of_time(&self) -> Option<StopReason> {
        if let Some(limit) = self.settings.time_limit
            && self.clock.elapsed() >= limit
        {
            self.stop.set(StopReason::TimeLimit);
        }
        self.stop.reason()
    }

    /// How soon the run must end, where workers are not waited for. That they hang in a read is no reason to miss the time limit.
    pub(super) fn haste(&self) -> Option<Haste> {
        let over = self.settings.time_limit.and_then(|limit| limit.checked_add(PATIENCE));
        if over.is_some_and(|over| self.clock.elapsed() >= over) && self.out_of_time().is_some() {
            self.stop.hasten(Haste::Abandon);
        }
        self.stop.haste()
    }

    /// Returns why an item that is being read is cut, if so.
    pub(super) fn cut(&self) -> Option<Reason> {
        match self.stop.reason()? {
            StopReason::Interrupted => gap_reason(ReasonCode::Interrupted, "the run was interrupted"),
            StopReason::TimeLimit => gap_reason(ReasonCode::OperatorLimit, "--time-limit was reached"),
            StopReason::SizeLimit => gap_reason(ReasonCode::OperatorLimit, "--size-limit was reached"),
        }
    }

    /// Returns the digests that an item needs in addition to its SHA-256.
    pub(super) fn wanted(&self) -> Wanted {
        self.settings.indicators.map(Indicators::wanted).unwrap_or_default()
    }

    /// Matches the indicators against an item whose reading has ended.
    pub(super) fn judge(&self, item: &mut Item) {
        if let Some(indicators) = self.settings.indicators {
            indicators.judge(item);
        }
    }

    /// Matches the indicators against the path of an item that was not read.
    pub(super) fn judge_place(&self, item: &mut Item) {
        if let Some(indicators) = self.settings.indicators {
            indicators.judge_place(item);
        }
    }
}
