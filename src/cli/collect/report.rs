//! The end of a run: what goes into the manifest, the last lines a person reads, the one object a program reads,
//! and the exit code.

use std::time::Duration;

use indicatif::{HumanBytes, HumanCount};
use serde_json::{Value, json};

use super::destination::BundleDestination;
use crate::acquisition::{RunContext, RunSummary, Settings, StopReason};
use crate::bundle::opening::OutsideFile;
use crate::bundle::{Closing, FingerprintedRecipient, Manifest, Sealed};
use crate::cli::coverage;
use crate::cli::recipients::readers;
use crate::cli::{Console, Exit, severity};
use crate::evidence::{Outcome, Printable};
use crate::playbook::Excluded;
use crate::scan::Scanner;
use crate::scan::indicators::Indicators;
use crate::sys;
use crate::text::phrases::Phrase;
use crate::text::{Language, Localized as _};

/// Most rules and indicators that are named at the end; the manifest has them all.
const RULES_NAMED: usize = 12;

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
        for line in self.lines(console.lang) {
            console.say(line);
        }
        for absent in &self.summary.absent {
            let text = console.lang.pick("niet aanwezig", "not there");
            console.warn(format_args!("{text}: {}", Printable(absent)));
        }
        if self.exit() == Exit::Failure {
            let nothing = console.lang.pick("er is niets verzameld", "nothing was collected");
            let advice = console.lang.pick(
                "klopt --root, en passen de gekozen artefacten bij dit systeem? 'veldkit list' toont waarom",
                "is --root right, and do the chosen artifacts fit this system? 'veldkit list' shows why",
            );
            console.always(format_args!("{nothing}: {advice}"));
        }
        if let Some(error) = &self.sealed.sidecar_error {
            console.fail(&super::Failure::new(NoReceipt(error.to_string())).hint(
                "de bundel zelf is heel en verzegeld; schrijf de zegelcode over",
                "the bundle itself is whole and sealed; write down the seal code",
            ));
        }
        if json {
            match self.place.file {
                Some(_) => console.result(self.object()),
                None => console.always(self.object()),
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

    fn lines(&self, lang: Language) -> Vec<String> {
        let manifest = self.manifest();
        let mut lines = vec![String::new()];
        let mut row = |nl: &str, en: &str, value: String| {
            lines.push(format!("{:<16}{value}", lang.pick(nl, en)));
        };
        let counts: Vec<_> = Outcome::ALL
            .into_iter()
            .filter(|outcome| manifest.items.of(*outcome) > 0)
            .map(|outcome| format!("{} {}", HumanCount(manifest.items.of(outcome)), word(outcome, lang)))
            .collect();
        row("items", "items", counts.join(", "));
        row("gelezen", "read", HumanBytes(self.bytes_read).to_string());
        if let Some(tier) = self.summary.first_tier {
            let seconds = tier.as_secs_f64();
            row(
                "vluchtigste",
                "most volatile",
                lang.pick(
                    format!("veilig weggeschreven {seconds:.2} s na het begin"),
                    format!("flushed {seconds:.2} s after the start"),
                ),
            );
        }
        row("bundel", "bundle", format!("{} ({})", self.name(), HumanBytes(self.sealed.bytes)));
        let rules: Vec<_> = manifest
            .hits
            .iter()
            .take(RULES_NAMED)
            .map(|(rule, count)| format!("{} ({count})", Printable(rule)))
            .collect();
        let more = manifest.hits.len().saturating_sub(rules.len());
        let rules = if more > 0 { format!("{}, … +{more}", rules.join(", ")) } else { rules.join(", ") };
        row("treffers", "hits", if rules.is_empty() { "0".to_owned() } else { rules });
        if let Some(levels) = severity::levels(&manifest.scan, lang) {
            row("ernst", "severity", levels);
        }
        row("scan", "scan", severity::fates(&manifest.scan, lang));
        if let Some(indicators) = self.indicators {
            for line in coverage::lines(indicators, self.rows) {
                row("indicatoren", "indicators", line.written(lang));
            }
        }
        let swept = &self.summary.swept.counts;
        if swept.items > 0 {
            let fates = severity::fates(swept, lang);
            row("doorzocht", "swept", format!("{}: {fates}", HumanCount(swept.items)));
        }
        if let Some(slow) = set_aside(manifest) {
            row("te traag", "too slow", slow);
        }
        if let Some(why) = &manifest.incomplete {
            row("onvolledig", "incomplete", Phrase(why).written(lang));
        }
        for reader in readers(self.recipients, lang) {
            row("leesbaar voor", "readable by", reader);
        }
        row("sha256", "sha256", self.sealed.sha256.to_string());
        row("zegelcode", "seal code", self.sealed.seal_code.to_string());
        lines.push(String::new());
        if !self.unlocked.is_empty() {
            lines.push(do_not_shut_down(self.unlocked, lang));
        }
        lines.push(
            lang.pick(
                "Lees nu de zegelcode voor aan IBD-CERT (070 204 55 11), of schrijf hem op het bewijsformulier.",
                "Now read the seal code to IBD-CERT (070 204 55 11), or write it on the custody form.",
            )
            .to_owned(),
        );
        lines
    }

    fn name(&self) -> String {
        match self.sealed.paths.as_slice() {
            [] => "-".to_owned(),
            [only] => only.display().to_string(),
            [first, .., last] => format!("{} … {}", first.display(), last.display()),
        }
    }
}

/// Says what a shutdown would cost: what is encrypted and open now is lost as evidence without its key.
pub(super) fn do_not_shut_down(unlocked: &[String], lang: Language) -> String {
    let names = Printable(&unlocked.join(", ")).to_string();
    lang.pick(
        format!(
            "Zet deze machine nu niet uit: {names} is versleuteld en nu open. Na afsluiten is het zonder sleutel niet \
             meer te lezen; bel eerst IBD-CERT (070 204 55 11)."
        ),
        format!(
            "Do not switch this machine off now: {names} is encrypted and open at present. After a shutdown it cannot \
             be read without its key; call IBD-CERT first (070 204 55 11)."
        ),
    )
}

/// The rules that were too slow and were set aside.
fn set_aside(manifest: &Manifest) -> Option<String> {
    let rules = manifest.rules_set_aside.as_array()?.iter();
    let names: Vec<_> =
        rules.filter_map(|rule| rule["rule"].as_str()).map(|name| Printable(name).to_string()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn hits(manifest: &Manifest) -> u64 {
    manifest.hits.values().fold(0, |sum, count| sum.saturating_add(*count))
}

fn word(outcome: Outcome, lang: Language) -> &'static str {
    match (lang, outcome) {
        (Language::En, outcome) => outcome.word(),
        (Language::Nl, Outcome::Collected) => "verzameld",
        (Language::Nl, Outcome::Partial) => "gedeeltelijk",
        (Language::Nl, Outcome::Missing) => "afwezig",
        (Language::Nl, Outcome::Denied) => "geweigerd",
        (Language::Nl, Outcome::Failed) => "mislukt",
        (Language::Nl, Outcome::Skipped) => "overgeslagen",
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the receipt or its signature could not be written: {0}")]
pub(in crate::cli) struct NoReceipt(pub(in crate::cli) String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_encrypted_volume_is_named_with_what_a_shutdown_costs_in_both_languages() {
        let unlocked = ["root_crypt (/)".to_owned(), "x\u{1b}[2J".to_owned()];
        let english = do_not_shut_down(&unlocked, Language::En);
        assert!(
            english.contains("root_crypt (/)") && english.contains("Do not switch this machine off"),
            "{english}"
        );
        let dutch = do_not_shut_down(&unlocked, Language::Nl);
        assert!(dutch.contains("Zet deze machine nu niet uit") && dutch.contains("070 204 55 11"), "{dutch}");
        assert!(!english.contains('\u{1b}') && !dutch.contains('\u{1b}'), "a name cannot steer the terminal");
    }
}
