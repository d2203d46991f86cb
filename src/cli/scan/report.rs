//! What a scan found: a JSON line a hit as it comes, or for a person everything at the end, the worst first.

use indicatif::{HumanBytes, HumanCount};
use serde_json::{Value, json};

use super::gaps::ScanGaps;
use crate::acquisition::{Clock, StopReason};
use crate::analysis::Trust;
use crate::bundle::opening::OutsideFile;
use crate::cli::coverage;
use crate::cli::hit_row;
use crate::cli::{Console, Exit, severity};
use crate::evidence::{Assessment, Fate, Hit, Item, Level, Outcome, Printable, ReasonCode, ScanCounts};
use crate::scan::indicators::Indicators;
use crate::scan::{DEFAULT_SCORE, Examined, Scanner, reasons};
use crate::sys;
use crate::text::{Language, Localized as _};

/// Items that a person is shown, the worst of all; `--json` has every one.
const SHOWN: usize = 200;

/// Reasons that are shown of one item.
const REASONS: usize = 8;

/// How the scan itself ended.
#[derive(Debug, Default)]
pub(super) struct ScanEnd {
    /// Why it took nothing more, if it did not come to its end.
    pub(super) stopped: Option<StopReason>,
    /// Bytes read.
    pub(super) bytes_read: u64,
    /// The exit code that the bundle's own state asks for, where one was scanned.
    pub(super) bundle: Option<Exit>,
    /// Paths and processes that were named and are not there.
    pub(super) absent: Vec<String>,
    /// Rule files and indicator lists that could not be used.
    pub(super) unusable: usize,
    /// Files from outside of the program that were matched against what was read.
    pub(super) outside: Vec<OutsideFile>,
}

/// Collects what is found.
pub(super) struct ScanReport {
    json: bool,
    counts: ScanCounts,
    hits: u64,
    items_with_hits: u64,
    /// Items that could not be seen as asked.
    partial: u64,
    worst: Vec<Shown>,
    gaps: ScanGaps,
}

/// An item as a person is shown it.
struct Shown {
    assessment: Assessment,
    path: String,
    reasons: Vec<String>,
}

impl ScanReport {
    pub(super) fn new(json: bool) -> Self {
        Self {
            json,
            counts: ScanCounts::default(),
            hits: 0,
            items_with_hits: 0,
            partial: 0,
            worst: Vec::new(),
            gaps: ScanGaps::default(),
        }
    }

    /// Takes an item; `standing` says how well it is proved where it comes out of a bundle.
    pub(super) fn item(&mut self, item: &Item, standing: Option<Trust>, console: &mut Console<'_>) {
        self.counts.add(item);
        let unread = item.reason.as_ref().filter(|reason| reason.code == ReasonCode::Interrupted);
        let unread = unread.filter(|_| item.outcome == Outcome::Skipped).map(|reason| reason.detail.as_str());
        if let Some(gap) = item.scan.as_ref().and_then(|scan| scan.gap.as_deref()).or(unread) {
            self.gaps.add(gap, &item.origin.to_string());
        }
        // What a bundle has no content of could not be read on the host, and not here.
        if standing.is_none() && item.makes_partial() {
            self.partial = self.partial.saturating_add(1);
        }
        let Some(assessment) = item.assessment else { return };
        let facts = json!({
            "path": item.origin.to_string(),
            "size": item.metadata.size,
            "sha256": item.content.as_ref().map(|content| content.sha256_logical.unwrap_or(content.sha256_stored)),
            "standing": standing,
        });
        self.take(&item.origin.to_string(), assessment, &item.hits, &facts, console);
    }

    /// Takes an entry of a bundle that no good record names.
    pub(super) fn stray(
        &mut self,
        name: &str,
        examined: &Examined,
        standing: Trust,
        console: &mut Console<'_>,
    ) {
        let Some(assessment) = examined.assessment else { return };
        let facts = json!({ "path": name, "size": null, "sha256": null, "standing": standing });
        self.take(name, assessment, &examined.hits, &facts, console);
    }

    fn take(
        &mut self,
        path: &str,
        assessment: Assessment,
        hits: &[Hit],
        facts: &Value,
        console: &mut Console<'_>,
    ) {
        self.items_with_hits = self.items_with_hits.saturating_add(1);
        self.hits = self.hits.saturating_add(u64::try_from(hits.len()).unwrap_or(u64::MAX));
        if self.json {
            return hits.iter().for_each(|hit| console.result(line(hit, assessment, facts)));
        }
        let reasons = reasons(hits);
        let more = reasons.len().saturating_sub(REASONS);
        let mut texts: Vec<_> =
            reasons.into_iter().take(REASONS).map(|(hit, score)| reason(hit, score, console.lang)).collect();
        texts.extend((more > 0).then(|| format!("… +{more}")));
        self.worst.push(Shown { assessment, path: path.to_owned(), reasons: texts });
        if self.worst.len() > SHOWN.saturating_mul(2) {
            self.keep_the_worst();
        }
    }

    fn keep_the_worst(&mut self) {
        self.worst
            .sort_by(|a, b| b.assessment.score.cmp(&a.assessment.score).then_with(|| a.path.cmp(&b.path)));
        self.worst.truncate(SHOWN);
    }

    /// Prints what is not printed yet, and gives the exit code.
    pub(super) fn finish(
        mut self,
        (scanner, indicators): (&Scanner, Option<&Indicators>),
        ended: &ScanEnd,
        clock: &Clock,
        exit_on_hit: bool,
        console: &mut Console<'_>,
    ) -> Exit {
        let exit = self.exit(ended, exit_on_hit);
        for absent in &ended.absent {
            let text = console.lang.pick("niet aanwezig", "not there");
            console.always(format_args!("{text}: {}", Printable(absent)));
        }
        if exit == Exit::Failure {
            console.always(console.lang.pick(
                "er is niets gescand: kloppen de paden, en mag dit programma ze lezen?",
                "nothing was scanned: are the paths right, and may this program read them?",
            ));
        }
        if self.json {
            console.result(self.object((scanner, indicators), ended, clock, exit));
            return exit;
        }
        self.keep_the_worst();
        for shown in &self.worst {
            let level = severity::level_word(shown.assessment.level, console.lang).to_uppercase();
            console.result(format_args!(
                "{level:<12} {:>3}  {}",
                shown.assessment.score,
                Printable(&shown.path)
            ));
            for reason in &shown.reasons {
                console.result(format_args!("{:18}{reason}", ""));
            }
        }
        for text in self.summary((scanner, indicators), ended, console.lang) {
            console.say(text);
        }
        exit
    }

    /// The exit code.
    fn exit(&self, ended: &ScanEnd, exit_on_hit: bool) -> Exit {
        let seen = self.counts.of(Fate::Scanned).saturating_add(self.counts.of(Fate::Size));
        let unread = self.partial.saturating_add(self.counts.of(Fate::Time));
        let limit = matches!(ended.stopped, Some(StopReason::TimeLimit | StopReason::SizeLimit));
        Exit::of([
            (seen == 0 && ended.bundle.is_none(), Exit::Failure),
            (ended.stopped == Some(StopReason::Interrupted), Exit::Interrupted),
            (ended.bundle == Some(Exit::NotProved), Exit::NotProved),
            (limit || unread > 0, Exit::Partial),
            (!ended.absent.is_empty() || ended.unusable > 0, Exit::Partial),
            (exit_on_hit && self.hits > 0, Exit::Hits),
        ])
    }

    fn object(
        &self,
        (scanner, indicators): (&Scanner, Option<&Indicators>),
        ended: &ScanEnd,
        clock: &Clock,
        exit: Exit,
    ) -> Value {
        let failed: Vec<_> = scanner
            .failed()
            .map(|file| json!({ "file": file.name, "line": file.failed_line(), "reason": file.failed }))
            .collect();
        json!({
            "type": "summary",
            "scan": severity::fates_object(&self.counts),
            "hits": self.hits,
            "items_with_hits": self.items_with_hits,
            "levels": severity::levels_object(&self.counts),
            "gaps": self.gaps.object(),
            "indicators": indicators.map(|all| coverage::object(all, ended.bundle.is_some())),
            "indicator_files_skipped": indicators.map(Indicators::skipped),
            "outside_files": ended.outside,
            "rules": scanner.rule_files().iter().fold(0_usize, |sum, file| sum.saturating_add(file.rules)),
            "rule_files_failed": failed,
            "rule_files_skipped": scanner.skipped(),
            "rules_set_aside": scanner.set_aside(),
            "absent": ended.absent,
            "complete": exit.is_complete(),
            "stopped": ended.stopped.map(stop_word),
            "bytes_read": ended.bytes_read,
            "seconds": clock.elapsed().as_secs_f64(),
            "peak_memory_bytes": sys::peak_memory(),
            "exit": exit.code(),
        })
    }

    fn summary(
        &self,
        (scanner, indicators): (&Scanner, Option<&Indicators>),
        ended: &ScanEnd,
        lang: Language,
    ) -> Vec<String> {
        let mut lines = vec![String::new()];
        let mut row = |nl: &str, en: &str, value: String| {
            lines.push(format!("{:<16}{value}", lang.pick(nl, en)));
        };
        row("items", "items", HumanCount(self.counts.items).to_string());
        row("scan", "scan", severity::fates(&self.counts, lang));
        if ended.bytes_read > 0 {
            row("gelezen", "read", HumanBytes(ended.bytes_read).to_string());
        }
        row("treffers", "hits", HumanCount(self.hits).to_string());
        for gap in self.gaps.lines(lang) {
            row("niet gezien", "not seen", gap);
        }
        if let Some(indicators) = indicators {
            for line in coverage::lines(indicators, ended.bundle.is_some()) {
                row("indicatoren", "indicators", line.written(lang));
            }
        }
        if let Some(levels) = severity::levels(&self.counts, lang) {
            row("ernst", "severity", levels);
        }
        let slow: Vec<_> =
            scanner.set_aside().iter().map(|aside| Printable(&aside.rule).to_string()).collect();
        if !slow.is_empty() {
            row("te traag", "too slow", slow.join(", "));
        }
        if let Some(reason) = ended.stopped {
            row("gestopt", "stopped", stop_word(reason).to_owned());
        }
        let shown = u64::try_from(self.worst.len()).unwrap_or(u64::MAX);
        if self.items_with_hits > shown {
            let more = self.items_with_hits.saturating_sub(shown);
            row("niet getoond", "not shown", format!("{} (--json)", HumanCount(more)));
        }
        lines.push(String::new());
        lines.push(severity::next_step(self.worst_level(), lang).to_owned());
        lines
    }

    fn worst_level(&self) -> Option<Level> {
        self.worst.iter().map(|shown| shown.assessment.level).max()
    }
}

/// The word for why a scan took nothing more.
const fn stop_word(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Interrupted => "interrupted",
        StopReason::TimeLimit => "time-limit",
        StopReason::SizeLimit => "size-limit",
    }
}

/// A hit as a program reads it: as a record has it, and what it fired on.
fn line(hit: &Hit, assessment: Assessment, facts: &Value) -> Value {
    let mut line = json!({ "type": "hit" });
    let parts = [json!(hit), facts.clone()];
    if let Value::Object(line) = &mut line {
        for part in parts {
            if let Value::Object(part) = part {
                line.extend(part);
            }
        }
        line.insert("score".to_owned(), json!(hit.score().unwrap_or(DEFAULT_SCORE)));
        line.insert("description".to_owned(), json!(hit.description()));
        line.insert("reference".to_owned(), json!(hit.reference()));
        line.insert("item_score".to_owned(), json!(assessment.score));
        line.insert("level".to_owned(), json!(assessment.level));
    }
    line
}

/// One reason as a person reads it: what fired, how much it counts, what it says, and where inside.
fn reason(hit: &Hit, score: u8, lang: Language) -> String {
    let mut text = format!("{} ({score})", Printable(&hit.rule));
    if let Some(inner) = &hit.inner {
        text = format!("{text} !{}", Printable(inner));
    }
    if let Some(row) = &hit.row {
        text = format!("{text} {}", hit_row::words(row, lang));
    }
    if let Some(description) = hit.description() {
        text = format!("{text}: {}", Printable(description));
    }
    text
}
