//! Directories and archives of rules: each rule is in use once, and each file is read or counted.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use veldkit::scan::{EngineKind, Facts, RuleSource, Scanner};

use crate::made::{Made, text};

/// Two indexes over three files, as public sets have them.
const SET: &[(&str, &str)] = &[
    (
        "base.yar",
        "rule Base { strings: $a = \"MARK1\" condition: $a }\nprivate rule Hidden { condition: true }",
    ),
    ("first.yar", "include \"base.yar\"\nrule First { condition: Base and Hidden }"),
    ("second.yar", "include \"base.yar\"\nrule /* a rule */ Second : tag { condition: Base and Hidden }"),
    ("index.yar", "include \"./base.yar\"\ninclude \"./first.yar\"\n"),
    ("sub/alone.yar", "global rule Alone { condition: true }"),
];

fn write(dir: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn zip(path: &Path, files: &[(&str, &str)]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, text) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

fn compile(paths: &[&Path]) -> Scanner {
    let named = paths.iter().map(|path| RuleSource::Path((*path).to_owned()));
    let sources: Vec<_> = [RuleSource::Embedded].into_iter().chain(named).collect();
    Scanner::compile(&sources, EngineKind::Boreal).unwrap()
}

fn hits(scanner: &Scanner) -> Vec<String> {
    let mut hits: Vec<_> =
        scanner.scan(b"MARK1", &Facts::default()).hits.into_iter().map(|hit| hit.rule).collect();
    hits.sort();
    hits
}

#[test]
fn a_rule_that_indexes_include_hits_once_and_its_file_says_in_which_it_is() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), SET);
    let archive = TempDir::new().unwrap();
    let archive = archive.path().join("set.zip");
    fs::create_dir_all(archive.parent().unwrap()).unwrap();
    zip(&archive, SET);
    let index = dir.path().join("index.yar");
    for paths in [&[dir.path()][..], &[&archive], &[dir.path(), &index], &[&index, dir.path(), dir.path()]] {
        let scanner = compile(paths);
        assert_eq!(scanner.failed().count(), 0);
        assert_eq!(hits(&scanner), ["Alone", "Base", "First", "Second"], "{paths:?}");
        let of = |end: &str| {
            let mut files = scanner.rule_files().iter().filter(|file| !file.is_embedded());
            files.find(|file| file.name.ends_with(end)).unwrap()
        };
        let host = of("base.yar").included_by.clone().unwrap();
        assert!(host.ends_with("index.yar") && of("second.yar").included_by.is_none(), "{host}");
        // Those of the index: two public ones and a private one.
        assert_eq!((of("base.yar").rules, of("first.yar").included_by.is_some()), (0, true));
    }
}

#[test]
fn a_file_in_an_index_that_cannot_be_compiled_is_in_use_without_it() {
    for bad in ["rule Bad { condition: no_such_rule }", "rule Base { condition: true }"] {
        let dir = TempDir::new().unwrap();
        write(dir.path(), SET);
        write(
            dir.path(),
            &[
                ("bad.yar", bad),
                ("all.yar", "include \"index.yar\"\ninclude \"second.yar\"\ninclude \"bad.yar\"\n"),
            ],
        );
        let scanner = compile(&[dir.path()]);
        let failed: Vec<_> = scanner.failed().map(|file| file.name.clone()).collect();
        assert!(failed.iter().any(|name| name.ends_with("all.yar")), "{failed:?}");
        let hits = hits(&scanner);
        for rule in ["Alone", "First", "Second"] {
            assert_eq!(hits.iter().filter(|hit| *hit == rule).count(), 1, "{rule}: {hits:?}");
        }
        assert!(hits.contains(&"Base".to_owned()), "{hits:?}");
    }
}

#[test]
fn other_files_of_a_rule_directory_or_archive_are_counted_and_listed() {
    let made = Made::linux();
    let others = [("README.md", "x"), ("rules.yar.bak", "x"), ("notes.txt", "x"), ("rules.yara-rules", "x")];
    write(&made.path().join("set"), SET);
    write(&made.path().join("set"), &others);
    write(&made.path().join("set/.git"), &[("config", "x")]);
    std::os::unix::fs::symlink("base.yar", made.path().join("set/link.yar")).unwrap();
    zip(&made.path().join("set.zip"), &[SET, &others].concat());
    made.put("srv/bad.txt", b"MARK1");
    for (set, count) in [("set", 5), ("set.zip", 4)] {
        let checked = made.veldkit(["rules", "check", set, "--json"]);
        let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
        assert_eq!(checked["skipped"]["count"], count, "{checked}");
        let scanned = made.veldkit(["scan", "tree/srv", "--rules", set, "--json", "--lang", "en"]);
        let summary: Value = serde_json::from_str(text(&scanned.stdout).lines().last().unwrap()).unwrap();
        assert_eq!(summary["rule_files_skipped"]["count"], count, "{summary}");
        assert!(
            text(&scanned.stderr).contains(&format!("{count} files are no rule files and were skipped")),
            "{}",
            text(&scanned.stderr)
        );
    }
}

#[test]
fn a_packed_set_contains_each_rule_once() {
    let made = Made::linux();
    write(&made.path().join("set"), SET);
    let recipient = made.recipient();
    let packed = made.veldkit(["rules", "pack", "set", "-r", &recipient, "--out", "set.packed"]);
    assert_eq!(packed.status.code(), Some(0), "{}", text(&packed.stderr));
    made.put("srv/bad.txt", b"MARK1");
    let scanned = made.veldkit([
        "scan",
        "tree/srv/bad.txt",
        "--rules",
        "set.packed",
        "--rules-identity",
        "key.txt",
        "--json",
    ]);
    let text = text(&scanned.stdout);
    let mut hits: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["type"] == "hit")
        .map(|line| line["rule"].clone())
        .collect();
    hits.sort_by_key(ToString::to_string);
    assert_eq!(json!(hits), json!(["Alone", "Base", "First", "Second"]));
}
