//! The ends of a collection, as golden texts.

use std::collections::BTreeMap;

use super::*;
use crate::bundle::SealCode;
use crate::cli::console::assert_printed;
use crate::evidence::{Digest, Fate, Level, ScanCounts};

fn counts<const N: usize>(words: [(&str, u64); N]) -> BTreeMap<String, u64> {
    words.into_iter().map(|(word, count)| (word.to_owned(), count)).collect()
}

/// A run that did all it was asked, without hits.
fn complete() -> Sealed {
    let sha256 = Digest::of(b"bundle");
    let mut manifest = Manifest { complete: true, ..Manifest::default() };
    manifest.items.outcomes = counts([("collected", 9_407), ("missing", 1)]);
    manifest.scan = ScanCounts {
        items: 9_408,
        fates: counts([(Fate::Scanned.word(), 9_400), (Fate::Type.word(), 7), (Fate::Absent.word(), 1)]),
        members: 1,
        ..ScanCounts::default()
    };
    Sealed {
        paths: vec!["veldkit_2026-017_srv1_20261201T010203Z.zip.age".into()],
        sidecars: Vec::new(),
        sidecar_error: None,
        sha256,
        seal_code: SealCode::of(&sha256),
        bytes: 354_837_299,
        receipt: String::new(),
        manifest,
    }
}

fn summary() -> RunSummary {
    RunSummary { first_tier: Some(Duration::from_millis(2_410)), ..RunSummary::default() }
}

fn print(sealed: &Sealed, summary: &RunSummary, unlocked: &[String], console: &mut Console<'_>) {
    let place = BundleDestination::named("veldkit.zip.age");
    let report = RunReport {
        summary,
        sealed,
        place: &place,
        outside: &[],
        indicators: None,
        rows: false,
        recipients: &[FingerprintedRecipient::of("age1example0000"), FingerprintedRecipient::passphrase()],
        unlocked,
        bytes_read: 1_234_567_890,
        elapsed: Duration::from_secs(200),
        exit_on_hit: false,
    };
    report.print(false, console);
}

#[test]
fn the_end_of_a_complete_run_is_the_golden_text() {
    assert_printed("collect_complete", |console| print(&complete(), &summary(), &[], console));
}

#[test]
fn the_end_of_a_partial_run_is_the_golden_text() {
    let mut sealed = complete();
    sealed.paths = vec!["b.zip.age.001".into(), "b.zip.age.002".into()];
    sealed.manifest.complete = false;
    sealed.manifest.incomplete = Some("the operator's time limit was reached".to_owned());
    sealed.manifest.items.outcomes =
        counts([("collected", 1), ("partial", 2), ("denied", 1), ("failed", 1), ("skipped", 12)]);
    sealed.manifest.scan.not_opened = 3;
    sealed.manifest.rules_set_aside = json!([{ "rule": "slow_one" }, { "rule": "slow_two" }]);
    let summary = RunSummary {
        absent: vec!["/srv/data".to_owned()],
        stopped: Some(StopReason::TimeLimit),
        ..RunSummary::default()
    };
    assert_printed("collect_partial", |console| print(&sealed, &summary, &[], console));
}

#[test]
fn the_end_of_a_run_that_collected_nothing_is_the_golden_text() {
    let mut sealed = complete();
    sealed.manifest.items.outcomes = counts([("missing", 3)]);
    sealed.manifest.scan = ScanCounts::default();
    sealed.paths.clear();
    sealed.bytes = 1_023;
    assert_printed("collect_nothing", |console| print(&sealed, &RunSummary::default(), &[], console));
}

#[test]
fn the_end_of_a_run_with_hits_is_the_golden_text() {
    let mut sealed = complete();
    sealed.manifest.items_with_hits = 14;
    sealed.manifest.hits = (1..=14).map(|number| (format!("rule_{number:02}\u{1b}"), number)).collect();
    sealed.manifest.scan.levels = counts([(Level::Alert.word(), 1), (Level::Info.word(), 13)]);
    let mut summary = summary();
    summary.swept.counts =
        ScanCounts { items: 1, fates: counts([(Fate::Scanned.word(), 1)]), ..ScanCounts::default() };
    assert_printed("collect_hits", |console| print(&sealed, &summary, &[], console));
}

#[test]
fn an_open_encrypted_volume_is_named_with_what_a_shutdown_costs() {
    let unlocked = ["root_crypt (/)".to_owned(), "x\u{1b}[2J".to_owned()];
    assert_printed("collect_open_volume", |console| print(&complete(), &summary(), &unlocked, console));
}
