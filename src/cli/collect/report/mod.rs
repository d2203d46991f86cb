//! The end of a run: what goes into the manifest, the last lines a person reads, the one object a program reads,
//! and the exit code.

use std::time::Duration;

use serde_json::{Value, json};

use super::destination::BundleDestination;
use crate::acquisition::{RunContext, RunSummary, Settings, StopReason};
use crate::bundle::opening::OutsideFile;
use crate::bundle::{Closing, FingerprintedRecipient, Manifest, Sealed};
use crate::cli::console::CommandError;
use crate::cli::coverage;
use crate::cli::recipients::readers;
use crate::cli::{Console, Exit, Failure, severity};
use crate::evidence::Outcome;
use crate::playbook::Excluded;
use crate::scan::Scanner;
use crate::scan::indicators::Indicators;
use crate::sys;
use crate::text::collect::report as text;
use crate::text::console::reported;
use crate::text::layout::{counted, data, empty, list, number, row, value};
use crate::text::outcome::outcome;
use crate::text::phrases::Phrase;
use crate::text::{ByteSize, Items, Sentence};

/// Most rules and indicators that are listed at the end; the manifest has them all.
const RULES_LISTED: usize = 12;

/// What the manifest needs in addition to what the writer counted.
///
/// `manifest` is the account so far, `unusable` how many rule files and indicator lists could not be used.
pub(super) fn closing(
    run: &RunContext<'_>,
    summary: &RunSummary,
    manifest: &Manifest,
    unusable: usize,
) -> Closing {
    let RunContext { plan, target, settings: Settings { scanner, indicators, .. }, clock, progress, .. } =
        *run;
    let excluded: Vec<&Excluded> = plan.excluded.iter().chain(&summary.left).collect();
    let rule_files = scanner.map(Scanner::rule_files).unwrap_or_default();
    let failed: Vec<_> = rule_files.iter().filter(|file| file.failed.is_some()).collect();
    let lists_failed = indicators.map(|indicators| json!(indicators.failed().collect::<Vec<_>>()));
    let reasons: Vec<String> =
        incomplete(summary, manifest, unusable).into_iter().chain(target.unread_volumes()).collect();
    Closing {
        ended: Some(clock.now()),
        incomplete: (!reasons.is_empty()).then(|| reasons.join("; ")),
        limits_reached: limits_reached(summary),
        mounts: json!(target.mounts()),
        excluded: json!(excluded),
        rule_files_failed: json!(failed),
        rules_set_aside: json!(scanner.map(Scanner::set_aside).unwrap_or_default()),
        sweep: json!(summary.swept),
        indicator_lists_failed: lists_failed.unwrap_or_default(),
        figures: json!({
            "bytes_read": progress.snapshot().bytes_read,
            "seconds": clock.elapsed().as_secs_f64(),
            "first_tier_seconds": summary.first_tier.map(|tier| tier.as_secs_f64()),
            "peak_memory_bytes": sys::peak_memory(),
            "threads_abandoned": sys::time_limit::abandoned(),
            "directories_touched": target.touched_directories(),
        }),
    }
}

/// Why not all that was asked was done, each reason once; `None` where it was.
fn incomplete(summary: &RunSummary, manifest: &Manifest, unusable: usize) -> Option<String> {
    let mut reasons = Vec::new();
    match (summary.stopped, summary.left.first()) {
        (Some(StopReason::Interrupted), _) => reasons.push("interrupted by the operator".to_owned()),
        (Some(StopReason::TimeLimit), _) => {
            reasons.push("the operator's time limit was reached".to_owned());
        }
        (Some(StopReason::SizeLimit), _) => {
            reasons.push("the operator's size limit was reached".to_owned());
        }
        (None, Some(left)) => reasons.push(left.reason.clone()),
        (None, None) => {}
    }
    if is_empty(manifest, summary) {
        reasons.push("nothing was collected".to_owned());
    }
    if manifest.partial > 0 {
        reasons.push(format!("{} items failed, were refused or were cut short", manifest.partial));
    }
    if let Some(first) = summary.absent.first() {
        let more = summary.absent.len().saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        reasons.push(format!("not on the target: {first}{more}"));
    }
    if unusable > 0 {
        reasons.push(format!("{unusable} rule files or indicator lists could not be used"));
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// Items of which all or some is in the bundle.
fn collected(manifest: &Manifest) -> u64 {
    manifest.items.of(Outcome::Collected).saturating_add(manifest.items.of(Outcome::Partial))
}

/// Whether there is nothing of use in the bundle. A sweep that scanned everything and found nothing is of use.
fn is_empty(manifest: &Manifest, summary: &RunSummary) -> bool {
    collected(manifest) == 0 && summary.swept.counts.items == 0
}

fn limits_reached(summary: &RunSummary) -> Vec<String> {
    match summary.stopped {
        Some(StopReason::TimeLimit) => vec!["time-limit".to_owned()],
        Some(StopReason::SizeLimit) => vec!["size-limit".to_owned()],
        Some(StopReason::Interrupted) | None => Vec::new(),
    }
}

/// A finished run, to be told.
pub(super) struct RunReport<'a> {
    pub(super) summary: &'a RunSummary,
    pub(super) sealed: &'a Sealed,
    pub(super) place: &'a BundleDestination,
    /// Files from outside of the program that steered the run.
    pub(super) outside: &'a [OutsideFile],
    /// What was looked for, and whether rows of live state were taken too.
    pub(super) indicators: Option<&'a Indicators>,
    pub(super) rows: bool,
    /// Who can read the bundle.
    pub(super) recipients: &'a [FingerprintedRecipient],
    /// Encrypted volumes of the host that are open.
    pub(super) unlocked: &'a [String],
    pub(super) bytes_read: u64,
    pub(super) elapsed: Duration,
    pub(super) exit_on_hit: bool,
}

impl RunReport<'_> {
    fn manifest(&self) -> &Manifest {
        &self.sealed.manifest
    }

    /// The exit code.
    pub(super) fn exit(&self) -> Exit {
        let manifest = self.manifest();
        Exit::of([
            (is_empty(manifest, self.summary), Exit::Failure),
            (self.summary.stopped == Some(StopReason::Interrupted), Exit::Interrupted),
            (!manifest.complete, Exit::Partial),
            (self.exit_on_hit && manifest.items_with_hits > 0, Exit::Hits),
        ])
    }

    /// Prints it: for a person, and with `--json` for a program.
    pub(super) fn print(&self, json: bool, console: &mut Console<'_>) {
        console.say_all(&self.lines());
        for absent in &self.summary.absent {
            console.warn(&text::not_there(absent));
        }
        if self.exit() == Exit::Failure {
            console.always(&text::nothing_collected());
        }
        if let Some(error) = &self.sealed.sidecar_error {
            let cause = std::io::Error::other(error.to_string());
            let no_receipt = CommandError::new(text::no_receipt()).caused_by(cause);
            console.fail(&Failure::new(no_receipt).hint(text::write_down_the_code()));
        }
        if json {
            match self.place.file {
                Some(_) => console.result(self.object()),
                None => console.always_data(self.object()),
            }
        }
    }

    /// What sweeps looked at and did not take.
    fn swept(&self) -> Value {
        let mut object = severity::fates_object(&self.summary.swept.counts);
        if let Value::Object(object) = &mut object {
            object.insert("bytes".to_owned(), json!(self.summary.swept.bytes));
        }
        object
    }

    fn object(&self) -> Value {
        let Sealed { sha256, seal_code, bytes, paths, sidecars, .. } = self.sealed;
        let manifest = self.manifest();
        let count = |outcome: Outcome| (outcome.word().to_owned(), json!(manifest.items.of(outcome)));
        let counts: serde_json::Map<_, _> = Outcome::ALL.into_iter().map(count).collect();
        json!({
            "bundle": paths.first().map_or_else(|| "-".to_owned(), |path| path.display().to_string()),
            "parts": paths.len(),
            "sidecars": sidecars,
            "sha256": sha256,
            "seal_code": seal_code.to_string(),
            "outside_files": self.outside,
            "recipients": self.recipients,
            "items": counts,
            "bytes_read": self.bytes_read,
            "bytes_written": bytes,
            "hits": hits(manifest),
            "levels": severity::levels_object(&manifest.scan),
            "scan": severity::fates_object(&manifest.scan),
            "sweep": self.swept(),
            "indicators": self.indicators.map(|all| coverage::object(all, self.rows)),
            "rules_set_aside": manifest.rules_set_aside,
            "unlocked_volumes": self.unlocked,
            "complete": self.exit().is_complete(),
            "limits_reached": manifest.limits_reached,
            "seconds": self.elapsed.as_secs_f64(),
            "first_tier_seconds": self.summary.first_tier.map(|tier| tier.as_secs_f64()),
            "peak_memory_bytes": sys::peak_memory(),
            "threads_abandoned": sys::time_limit::abandoned(),
            "directories_touched": manifest.figures.get("directories_touched"),
            "exit": self.exit().code(),
        })
    }

    fn lines(&self) -> Vec<Sentence> {
        let Sealed { manifest, sha256, seal_code, .. } = self.sealed;
        let counts: Vec<_> = Outcome::ALL
            .into_iter()
            .filter(|outcome| manifest.items.of(*outcome) > 0)
            .map(|of| counted(manifest.items.of(of), &outcome(of)))
            .collect();
        let mut lines = vec![
            empty(),
            row(&text::items(), &list(Items::all(&counts))),
            row(&text::read(), &value(&ByteSize(self.bytes_read))),
        ];
        let mut add = |label: Sentence, value: Option<Sentence>| {
            lines.extend(value.map(|value| row(&label, &value)));
        };
        add(text::most_volatile(), self.summary.first_tier.map(text::written_after));
        add(text::bundle(), Some(self.name()));
        add(text::hits(), Some(rules(manifest)));
        add(text::severity(), severity::levels(&manifest.scan));
        add(text::scan(), Some(severity::fates(&manifest.scan)));
        for kind in self.indicators.map(|all| coverage::lines(all, self.rows)).unwrap_or_default() {
            add(text::indicators(), Some(kind));
        }
        let swept = &self.summary.swept.counts;
        let fates = (swept.items > 0).then(|| text::swept_items(swept.items, &severity::fates(swept)));
        add(text::swept(), fates);
        add(text::too_slow(), set_aside(manifest));
        add(text::incomplete(), manifest.incomplete.as_deref().map(Phrase).map(reported));
        for reader in readers(self.recipients) {
            add(text::readable_by(), Some(reader));
        }
        add(text::sha256(), Some(data(&sha256.to_string())));
        add(text::seal_code(), Some(data(&seal_code.to_string())));
        lines.push(empty());
        if !self.unlocked.is_empty() {
            lines.push(do_not_shut_down(self.unlocked));
        }
        lines.push(text::read_out_the_code());
        lines
    }

    fn name(&self) -> Sentence {
        let size = ByteSize(self.sealed.bytes);
        match self.sealed.paths.as_slice() {
            [] => text::file("-", size),
            [only] => text::file(&only.to_string_lossy(), size),
            [first, .., last] => text::parts(&first.to_string_lossy(), &last.to_string_lossy(), size),
        }
    }
}

/// Says what a shutdown would cost: what is encrypted and open now is lost as evidence without its key.
pub(super) fn do_not_shut_down(unlocked: &[String]) -> Sentence {
    text::do_not_shut_down(&unlocked.join(", "))
}

/// The rules and indicators that matched, the first of them by name.
fn rules(manifest: &Manifest) -> Sentence {
    if manifest.hits.is_empty() {
        return number(0);
    }
    let rules: Vec<_> = manifest.hits.iter().map(|(rule, count)| text::rule(rule, *count)).collect();
    list(Items { all: &rules, at_most: RULES_LISTED })
}

/// The rules that were too slow and were set aside.
fn set_aside(manifest: &Manifest) -> Option<Sentence> {
    let rules = manifest.rules_set_aside.as_array()?.iter();
    let names: Vec<_> = rules.filter_map(|rule| rule["rule"].as_str()).collect();
    (!names.is_empty()).then(|| data(&names.join(", ")))
}

fn hits(manifest: &Manifest) -> u64 {
    manifest.hits.values().fold(0, |sum, count| sum.saturating_add(*count))
}

#[cfg(test)]
mod tests;
