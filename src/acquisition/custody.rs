//! The events of the run itself, for the chain of custody: one [`Event`] each, logged by [`super::keep`].
//!
//! The records state what was found; the log answers the questions of a court to the collector: what was begun, in
//! which order, which items had hits, and what ended the run early and why.

use super::clock::Clock;
use super::context::RunContext;
use super::stop::{Stop, StopReason};
use super::summary::Swept;
use crate::bundle::Event;
use crate::evidence::{Item, Outcome, Printable};
use crate::playbook::Step;
use crate::scan::Scanner;
use crate::scan::indicators::Indicators;

/// The run begins, with these limits.
pub(super) fn start(run: &RunContext<'_>) -> Event {
    let RunContext { plan, settings, clock, .. } = run;
    let rules = settings.scanner.map_or_else(|| "no rules".to_owned(), rules);
    let playbooks: Vec<&str> = plan.texts.iter().map(|text| text.name.as_str()).collect();
    let playbooks = if playbooks.is_empty() { "none".to_owned() } else { playbooks.join(", ") };
    let indicators = settings.indicators.map(indicators).unwrap_or_default();
    let detail =
        format!("collecting {} artifacts; playbooks: {playbooks}; {rules}{indicators}", plan.steps.len());
    Event::new(clock.now(), "start", detail)
}

fn rules(scanner: &Scanner) -> String {
    let files = scanner.rule_files();
    let rules = files.iter().fold(0_usize, |sum, file| sum.saturating_add(file.rules));
    let failed = files.iter().filter(|file| file.failed.is_some()).count();
    format!("{rules} rules in {} files, {failed} of which could not be used", files.len())
}

fn indicators(indicators: &Indicators) -> String {
    let (count, lists) = (indicators.len(), indicators.lists().len());
    let failed = indicators.failed().count();
    format!("; {count} indicators in {lists} lists, {failed} of which could not be read to their end")
}

/// The next artifact's items follow.
pub(super) fn artifact(step: &Step, clock: &Clock) -> Event {
    Event::new(clock.now(), "artifact", step.artifact.clone())
}

/// Rules or indicators matched an item.
pub(super) fn hit(item: &Item, clock: &Clock) -> Event {
    let rules: Vec<_> = item.hits.iter().map(|hit| Printable(&hit.rule).to_string()).collect();
    let detail =
        format!("item {}: {}: {}", item.number, Printable(&item.origin.to_string()), rules.join(", "));
    Event::new(clock.now(), "hit", detail)
}

/// The tool itself, or the medium of the item, failed on it.
pub(super) fn failed(item: &Item, clock: &Clock) -> Option<Event> {
    let reason = item.reason.as_ref().filter(|_| item.outcome == Outcome::Failed)?;
    let detail = format!("item {}: {}", item.number, Printable(&reason.detail));
    Some(Event::new(clock.now(), "failed", detail))
}

/// The run ends before the end of the plan.
pub(super) fn stopped(stop: &Stop, clock: &Clock) -> Option<Event> {
    let (event, detail) = match stop.reason()? {
        StopReason::Interrupted => {
            ("interrupted", "interrupted by the operator; what was acquired is sealed")
        }
        StopReason::TimeLimit => ("limit", "--time-limit was reached; what was acquired is sealed"),
        StopReason::SizeLimit => ("limit", "--size-limit was reached; what was acquired is sealed"),
    };
    Some(Event::new(clock.now(), event, detail))
}

/// The most volatile items are in the bundle, and the medium has confirmed it.
pub(super) fn first_tier(items: u64, elapsed: std::time::Duration, clock: &Clock) -> Event {
    let seconds = elapsed.as_secs_f64();
    let detail = format!("{items} items of what vanishes first are flushed, {seconds:.3} s after the start");
    Event::new(clock.now(), "first_tier", detail)
}

/// The plan is complete, or as complete as it will be.
pub(super) fn end(items: u64, swept: &Swept, clock: &Clock) -> Event {
    let offset = clock.offset();
    let moved = if offset.unsigned_abs() >= MOVED {
        let seconds = offset.as_seconds_f64();
        format!(
            "; the host's clock was set by {seconds:.3} s during the run, times here go on from its start"
        )
    } else {
        String::new()
    };
    let swept = match swept.counts.items {
        0 => String::new(),
        looked => format!(", {looked} more scanned by sweeps but not collected"),
    };
    let detail = format!("{items} items recorded{swept}{moved}");
    Event::new(clock.now(), "end", detail)
}

/// A difference of this size means that somebody, or the network, set the host's clock.
const MOVED: std::time::Duration = std::time::Duration::from_secs(1);
