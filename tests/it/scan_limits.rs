//! What scanning leaves alone and says so: slow rules, large items, what is packed; and how bad several hits are.

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use tempfile::TempDir;
use veldkit::evidence::{Cause, Level};
use veldkit::scan::{EngineKind, RuleSource, Scanner, Subject, TimeLimits};

use crate::made::Made;

const PLAIN: &str = "rule plain { meta: score = 60 strings: $a = \"alpha\" condition: $a }";

/// Takes minutes where it is let: each byte asks for a walk over all others.
const SLOW: &str = "rule quick { meta: score = 75 strings: $a = \"alpha\" condition: $a }\n\
    rule crawls { condition: for all i in (0..filesize - 1): (for all j in (0..filesize - 1): (uint8(j) < 256)) }\n\
    rule depends { condition: crawls or filesize > 0 }";

fn scanner(files: &[(&str, &str)]) -> (TempDir, Scanner) {
    let dir = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let sources = [RuleSource::Embedded, RuleSource::Path(dir.path().to_owned())];
    let scanner = Scanner::compile(&sources, EngineKind::Boreal).unwrap();
    (dir, scanner)
}

const SUBJECT: Subject<'_> = Subject { path: "/srv/x.bin", name: "x.bin", owner: "" };

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_rule_that_is_too_slow_is_reported_and_disabled_and_the_others_still_match() {
    let (_dir, mut scanner) = scanner(&[("plain.yar", PLAIN), ("slow.yar", SLOW)]);
    scanner.set_limits(TimeLimits { item: Duration::from_secs(4), rule: Duration::from_secs(1) });
    let content = [b"alpha".to_vec(), vec![b'x'; 300_000]].concat();
    let examined = scanner.examine(&SUBJECT, &content.into(), true, None);
    let mut fired: Vec<_> = examined.hits.iter().map(|hit| hit.rule.as_str()).collect();
    fired.sort_unstable();
    assert_eq!(fired, ["depends", "plain", "quick"]);
    assert_eq!(examined.scanned.cause, Some(Cause::Rules), "{:?}", examined.scanned);
    assert!(examined.scanned.gap.unwrap().contains("'crawls'"));
    let aside = scanner.set_aside();
    assert_eq!(aside.len(), 1);
    assert_eq!((aside[0].rule.as_str(), aside[0].on.as_str()), ("crawls", "/srv/x.bin"));
    assert!(aside[0].source.ends_with("slow.yar"));

    let later = scanner.examine(&SUBJECT, &b"alpha".into(), true, None);
    assert_eq!(later.hits.len(), 3);
    assert_eq!(later.scanned.cause, Some(Cause::Rules), "what did not see it is said");
}

#[test]
fn the_slow_string_of_one_file_among_many_is_found_by_halves() {
    // Every second byte may begin a match of thousands, and none does.
    let slow = "rule fine { condition: filesize > 0 }\n\
        rule strings { strings: $a = /ab.{1,3000}zz/ condition: $a }";
    let plain: Vec<_> =
        (0..40).map(|n| (format!("{n:02}.yar"), format!("rule r{n} {{ condition: true }}"))).collect();
    let mut files: Vec<_> = plain.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    files.insert(20, ("slow.yar", slow));
    let (_dir, mut scanner) = scanner(&files);
    scanner.set_limits(TimeLimits { item: Duration::from_secs(20), rule: Duration::from_millis(400) });
    let content = b"ab".repeat(200_000);
    let examined = scanner.examine(&SUBJECT, &content.into(), true, None);
    let aside = scanner.set_aside();
    assert_eq!(aside.len(), 1, "{:?}", examined.scanned);
    assert_eq!(aside[0].rule, "strings");
    assert_eq!(examined.hits.len(), 41, "all others still say what they saw");
}

/// Rules whose strings boreal holds against content for minutes without a look at the clock, and content for which they
/// do: each of 400,000 bytes begins a match that ends far behind.
const HANGS: [(&str, &str); 2] = [
    ("bounded", "rule hangs { strings: $a = /b.{1,2000}a/ condition: $a }"),
    ("unbounded", "rule hangs { strings: $a = /b.*a/ condition: $a }"),
];

fn hanging_content() -> Vec<u8> {
    let mut content = [vec![b'b'; 99], b"a".to_vec()].concat().repeat(2_000);
    content.extend(vec![b'b'; 200_000]);
    content.extend(b"alpha");
    content
}

#[test]
fn a_scan_that_does_not_end_is_abandoned_and_its_rule_disabled() {
    for (name, rule) in HANGS {
        let (_dir, mut scanner) = scanner(&[("plain.yar", PLAIN), ("hangs.yar", rule)]);
        scanner.set_limits(TimeLimits { item: Duration::from_secs(5), rule: Duration::from_secs(1) });
        let (sender, examined) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let content = hanging_content();
            let first = scanner.examine(&SUBJECT, &content.clone().into(), true, None);
            let second = scanner.examine(&SUBJECT, &content.into(), true, None);
            drop(sender.send((first, second, scanner.set_aside())));
        });
        // Where nothing is left behind this takes minutes, and the process ends before.
        let (first, second, aside) =
            examined.recv_timeout(Duration::from_mins(2)).unwrap_or_else(|_| panic!("{name} hangs"));
        assert_eq!(aside.len(), 1, "{name}: {first:?}");
        assert_eq!((aside[0].rule.as_str(), aside[0].on.as_str()), ("hangs", "/srv/x.bin"), "{name}");
        for examined in [first, second] {
            let fired: Vec<_> = examined.hits.iter().map(|hit| hit.rule.as_str()).collect();
            assert_eq!(fired, ["plain"], "{name}: {:?}", examined.scanned);
            assert_eq!(examined.scanned.cause, Some(Cause::Rules), "{name}: {:?}", examined.scanned);
        }
    }
}

#[test]
fn a_collection_goes_on_where_scans_are_left_behind_and_every_item_is_accounted_for() {
    let made = Made::linux();
    for number in 0..4 {
        made.put(&format!("srv/{number}.bin"), &hanging_content());
    }
    made.put("srv/good.txt", b"alpha");
    fs::write(made.path().join("rules.yar"), format!("{PLAIN}\n{}", HANGS[1].1)).unwrap();
    let further =
        ["--path", "/srv", "--rules", "rules.yar", "--rule-time-limit", "1s", "--scan-time-limit", "5s"];
    let (json, _) = made.collect(further);
    assert_eq!(json["scan"]["scanned"], json["items"]["collected"], "{json}");
    assert_eq!(json["levels"]["warning"], 5, "{json}");
    for number in 0..4 {
        let record = made.record(&format!("srv/{number}.bin"));
        assert_eq!(record["outcome"], "collected", "{record}");
        assert!(record["scan"]["gap"].is_string(), "{record}");
    }
}

#[test]
fn archive_members_match_with_their_inner_path_and_count_once_for_the_score() {
    let (_dir, scanner) = scanner(&[("plain.yar", PLAIN)]);
    let inner = zip(&[("deep/a.txt", b"an alpha"), ("b.txt", b"alpha again")]);
    let packed = zip(&[("inner.zip", &inner), ("c.txt", b"nothing")]);
    let examined = scanner.examine(&SUBJECT, &packed.as_slice().into(), true, None);
    let mut inside: Vec<_> = examined.hits.iter().filter_map(|hit| hit.inner.as_deref()).collect();
    inside.sort_unstable();
    assert_eq!(inside, ["inner.zip!b.txt", "inner.zip!deep/a.txt"]);
    assert_eq!(examined.scanned.members, 4);
    assert_eq!(examined.scanned.gap, None);
    let assessment = examined.assessment.unwrap();
    assert_eq!((assessment.score, assessment.level), (60, Level::Warning));

    let (_dir, mut closed) = self::scanner(&[("plain.yar", PLAIN)]);
    closed.leave_archives_closed();
    assert!(closed.examine(&SUBJECT, &packed.as_slice().into(), true, None).hits.is_empty());
}

#[test]
fn the_end_of_a_run_accounts_for_every_item() {
    let made = Made::linux();
    made.put("srv/good.txt", b"alpha");
    made.put("srv/packed.zip", &zip(&[("a/b.txt", b"alpha"), ("c", b"-")]));
    made.put("srv/large.bin", &vec![b'x'; (32 << 20) + 1]);
    made.put("srv/too_large.bin", &vec![b'x'; 50 << 20]);
    std::os::unix::fs::symlink("good.txt", made.tree().join("srv/link")).unwrap();
    fs::write(made.path().join("plain.yar"), PLAIN).unwrap();
    let (json, code) = made.collect([
        "--path",
        "/srv",
        "--path",
        "/nothing/here",
        "--rules",
        "plain.yar",
        "--max-file-size",
        "40M",
        "--exit-on-hit",
    ]);
    // What the operator's limit cut makes the run partial, which is worse than a hit.
    assert_eq!(code, 3, "{json}");
    let scan = &json["scan"];
    let count = |word: &str| scan[word].as_u64().unwrap();
    assert_eq!((count("scanned"), count("size"), count("absent"), count("members")), (2, 2, 1, 2), "{scan}");
    assert!(count("type") >= 1, "{scan}");
    let words = ["scanned", "size", "type", "time", "error", "absent", "left_out", "off"];
    let items: u64 = json["items"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(words.iter().map(|word| count(word)).sum::<u64>(), items, "{json}");
    assert_eq!(count("items"), items);
    assert_eq!(json["levels"]["warning"], 2, "{json}");
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(made.unpack().join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["scan"]["items"], items);
    let record = made.record("srv/packed.zip");
    assert_eq!(record["hits"][0]["inner"], "a/b.txt");
    assert_eq!(record["assessment"], serde_json::json!({ "score": 60, "level": "warning" }));
}

#[test]
fn hits_end_with_their_own_code_only_where_that_was_asked_for() {
    let code = |path: &str, further: &[&'static str]| {
        let made = Made::linux();
        made.put("srv/good.txt", b"alpha");
        fs::write(made.path().join("plain.yar"), PLAIN).unwrap();
        let fixed = ["--path", path, "--rules", "plain.yar"];
        made.collect(fixed.into_iter().chain(further.iter().copied())).1
    };
    assert_eq!(code("/srv/good.txt", &[]), 0);
    assert_eq!(code("/srv/good.txt", &["--exit-on-hit"]), 5);
    assert_eq!(code("/etc/hostname", &["--exit-on-hit"]), 0);
}
