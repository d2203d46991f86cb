//! The run as all its threads see it: one [`RunContext`] instead of the same references in every parameter list.
//!
//! In: the plan, the target, what the operator limits, and the run's clock, counters and flag to stop. Out: the answers
//! that depend on several of them: whether to stop and why, which digests are needed, what the indicators say.

use std::time::Duration;

use super::clock::Clock;
use super::progress::Progress;
use super::stop::{Stop, StopReason};
use crate::evidence::{Item, Reason, ReasonCode};
use crate::playbook::Plan;
use crate::scan::Scanner;
use crate::scan::indicators::{Indicators, Wanted};
use crate::sources::Target;
use crate::sources::rows::gap_reason;

/// How a run is carried out, and what the operator limits.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// Workers, not counting the writer; at least one is used.
    pub threads: usize,
    /// The rules, or none for a run without scanning.
    pub scanner: Option<&'a Scanner>,
    /// The indicators, or none.
    pub indicators: Option<&'a Indicators>,
    /// Deflate level, 1 to 9.
    pub level: u32,
    /// No new item is begun after this long.
    pub time_limit: Option<Duration>,
    /// The bundle stays below this many bytes.
    pub size_limit: Option<u64>,
    /// Items with more bytes to store than this are skipped.
    pub max_file_size: Option<u64>,
}

/// A run: what it collects, from where, how, and how it is followed and stopped.
#[derive(Clone, Copy)]
pub struct RunContext<'a> {
    /// What to collect, in order.
    pub plan: &'a Plan,
    /// Where to collect it.
    pub target: &'a Target,
    /// How, and within which limits.
    pub settings: Settings<'a>,
    /// The run's clock.
    pub clock: &'a Clock,
    /// Its counters.
    pub progress: &'a Progress,
    /// Its flag to stop.
    pub stop: &'a Stop,
}

impl RunContext<'_> {
    /// Why no new item is begun, if none is. Sets the flag to stop where the time limit has passed.
    pub(super) fn out_of_time(&self) -> Option<StopReason> {
        if let Some(limit) = self.settings.time_limit
            && self.clock.elapsed() >= limit
        {
            self.stop.set(StopReason::TimeLimit);
        }
        self.stop.reason()
    }

    /// Why an item that is being read is cut, if it is.
    pub(super) fn cut(&self) -> Option<Reason> {
        match self.stop.reason()? {
            StopReason::Interrupted => gap_reason(ReasonCode::Interrupted, "the run was interrupted"),
            StopReason::TimeLimit => gap_reason(ReasonCode::OperatorLimit, "--time-limit was reached"),
            StopReason::SizeLimit => gap_reason(ReasonCode::OperatorLimit, "--size-limit was reached"),
        }
    }

    /// The digests that an item needs in addition to its SHA-256.
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
