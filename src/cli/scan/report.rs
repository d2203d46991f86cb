//! What a scan found: a JSON line a hit as it comes, or for a person everything at the end, the worst first.

use serde_json::{Value, json};

use super::gaps::ScanGaps;
use crate::acquisition::{Clock, StopReason};
use crate::analysis::Trust;
use crate::bundle::opening::OutsideFile;
use crate::cli::coverage;
use crate::cli::hit_row;
use crate::cli::{Console, Exit, severity};
use crate::evidence::{Assessment, Fate, Hit, Item, Level, Outcome, ReasonCode, ScanCounts};
use crate::scan::indicators::Indicators;
use crate::scan::{DEFAULT_SCORE, Examined, Scanner, reasons};
use crate::sys;
use crate::text::collect::report as labels;
use crate::text::layout::{because, data, empty, more, number, row, value};
use crate::text::phrases::Phrase;
use crate::text::scan as text;
use crate::text::severity as severity_text;
use crate::text::{ByteSize, Sentence};

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
    reasons: Vec<Sentence>,
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
        let left_out = reasons.len().saturating_sub(REASONS);
        let mut texts: Vec<_> =
            reasons.into_iter().take(REASONS).map(|(hit, score)| reason(hit, score)).collect();
        texts.extend((left_out > 0).then(|| more(left_out)));
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
            console.always(&text::not_there(absent));
        }
        if exit == Exit::Failure {
            console.always(&text::nothing_scanned());
        }
        if self.json {
            console.result(self.object((scanner, indicators), ended, clock, exit));
            return exit;
        }
        self.keep_the_worst();
        self.found().iter().for_each(|line| console.answer(line));
        let set_aside = scanner.set_aside();
        let slow: Vec<&str> = set_aside.iter().map(|aside| aside.rule.as_str()).collect();
        let matched = indicators.map(|all| coverage::lines(all, ended.bundle.is_some())).unwrap_or_default();
        self.summary(&slow, &matched, ended).iter().for_each(|line| console.say(line));
        exit
    }

    /// The items with hits, each with its reasons.
    fn found(&self) -> Vec<Sentence> {
        let mut lines = Vec::new();
        for Shown { assessment, path, reasons } in &self.worst {
            let level = severity_text::level_in_capitals(assessment.level);
            lines.push(text::item(&level, assessment.score.into(), path));
            lines.extend(reasons.iter().map(text::reason));
        }
        lines
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

    /// The last lines; `slow` are rules that were set aside, `matched` says what indicators were matched against.
    fn summary(&self, slow: &[&str], matched: &[Sentence], ended: &ScanEnd) -> Vec<Sentence> {
        let mut lines = vec![
            empty(),
            row(&labels::items(), &number(self.counts.items)),
            row(&labels::scan(), &severity::fates(&self.counts)),
        ];
        if ended.bytes_read > 0 {
            lines.push(row(&labels::read(), &value(&ByteSize(ended.bytes_read))));
        }
        lines.push(row(&labels::hits(), &number(self.hits)));
        lines.extend(self.gaps.lines().iter().map(|gap| row(&text::not_seen(), gap)));
        lines.extend(matched.iter().map(|kind| row(&labels::indicators(), kind)));
        lines.extend(severity::levels(&self.counts).map(|levels| row(&labels::severity(), &levels)));
        if !slow.is_empty() {
            lines.push(row(&labels::too_slow(), &data(&slow.join(", "))));
        }
        lines.extend(ended.stopped.map(|reason| row(&text::stopped(), &stopped(reason))));
        let shown = u64::try_from(self.worst.len()).unwrap_or(u64::MAX);
        if self.items_with_hits > shown {
            let left_out = self.items_with_hits.saturating_sub(shown);
            lines.push(row(&text::not_shown(), &text::items_in_json(left_out)));
        }
        lines.extend([empty(), severity_text::next_step(self.worst_level())]);
        lines
    }

    fn worst_level(&self) -> Option<Level> {
        self.worst.iter().map(|shown| shown.assessment.level).max()
    }
}

/// Why a scan ended early, for a person.
fn stopped(reason: StopReason) -> Sentence {
    match reason {
        StopReason::Interrupted => text::interrupted(),
        StopReason::TimeLimit => text::time_limit(),
        StopReason::SizeLimit => text::size_limit(),
    }
}

/// The same for a program.
const fn stop_word(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Interrupted => "interrupted",
        StopReason::TimeLimit => "time-limit",
        StopReason::SizeLimit => "size-limit",
    }
}

/// A hit as a program reads it: as a record has it, and what it matched.
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

/// One reason as a person reads it: what matched, how much it counts, what it says, and where inside.
fn reason(hit: &Hit, score: u8) -> Sentence {
    let mut line = text::matched(&hit.rule, score.into());
    if let Some(inner) = &hit.inner {
        line = text::inside(&line, inner);
    }
    if let Some(row) = &hit.row {
        line = text::in_row(&line, &hit_row::words(row));
    }
    match hit.description() {
        Some(description) => because(&line, Phrase(description)),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::console::assert_printed;
    use crate::evidence::HitRow;
    use crate::evidence::rows::RowCitation;
    use crate::text::coverage as matched;

    fn counts(items: u64, fates: &[(Fate, u64)], levels: &[(Level, u64)]) -> ScanCounts {
        ScanCounts {
            items,
            fates: fates.iter().map(|(fate, count)| (fate.word().to_owned(), *count)).collect(),
            levels: levels.iter().map(|(level, count)| (level.word().to_owned(), *count)).collect(),
            ..ScanCounts::default()
        }
    }

    fn print(
        report: &ScanReport,
        slow: &[&str],
        matched: &[Sentence],
        ended: &ScanEnd,
        console: &mut Console<'_>,
    ) {
        report.found().iter().for_each(|line| console.answer(line));
        report.summary(slow, matched, ended).iter().for_each(|line| console.say(line));
    }

    #[test]
    fn a_scan_with_hits_is_the_golden_text() {
        let rule = Hit {
            rule: "strong".to_owned(),
            inner: Some("a.zip!b\u{1b}.js".to_owned()),
            meta: vec![("description".to_owned(), "finds alpha".to_owned())],
            ..Hit::default()
        };
        let key = RowCitation { pid: Some(7), port: Some(443), path: None };
        let indicator = Hit {
            rule: "address:198.51.100.7".to_owned(),
            row: Some(HitRow { number: 3, key }),
            ..Hit::default()
        };
        let levels = [(Level::Alert, 1), (Level::Warning, 1), (Level::Notice, 1), (Level::Info, 1)];
        let mut report = ScanReport::new(false);
        report.counts = counts(1_204, &[(Fate::Scanned, 1_200), (Fate::Size, 3), (Fate::Error, 1)], &levels);
        report.counts.members = 1;
        report.counts.not_opened = 2;
        (report.hits, report.items_with_hits) = (9_407, 5);
        for (level, score) in
            [(Level::Alert, 92), (Level::Warning, 70), (Level::Notice, 50), (Level::Info, 9)]
        {
            let reasons = vec![reason(&rule, score), reason(&indicator, 30), more(1)];
            let assessment = Assessment { score, level };
            report.worst.push(Shown { assessment, path: "/srv/bad.txt".to_owned(), reasons });
        }
        let matched = [matched::matched(2, "address", &matched::logs()), matched::not_matched(1, "mutex")];
        let ended = ScanEnd { bytes_read: 19, ..ScanEnd::default() };
        assert_printed("scan_hits", |console| print(&report, &["slow_one"], &matched, &ended, console));
    }

    #[test]
    fn a_scan_without_hits_is_the_golden_text() {
        let mut report = ScanReport::new(false);
        report.counts = counts(1, &[(Fate::Scanned, 1)], &[]);
        let ended = ScanEnd { bytes_read: 5 << 20, ..ScanEnd::default() };
        assert_printed("scan_no_hits", |console| print(&report, &[], &[], &ended, console));
    }

    #[test]
    fn a_scan_that_ended_early_is_the_golden_text() {
        let mut report = ScanReport::new(false);
        report.counts = counts(3, &[(Fate::Scanned, 1), (Fate::Time, 2)], &[]);
        report.gaps.add("encrypted files in a zip", "/srv/a.zip");
        for number in 0..9 {
            report.gaps.add(&format!("reason {number}"), "/srv/b");
        }
        let ended = ScanEnd { stopped: Some(StopReason::TimeLimit), ..ScanEnd::default() };
        assert_printed("scan_partial", |console| {
            print(&report, &[], &[], &ended, console);
            console.always(&text::not_there("/srv/none"));
            console.always(&text::nothing_scanned());
            console.warn(&text::bundle_not_whole());
        });
    }
}
