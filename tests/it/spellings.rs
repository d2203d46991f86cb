//! Names that can be read in two ways: a Windows tree whose directories are there in several cases, and names with the signs of a
//! pattern.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;

use crate::made::{Made, text};

/// The paths of what was collected.
fn collected(made: &Made) -> BTreeSet<String> {
    let records = made.records().into_iter().filter(|record| record["outcome"] == "collected");
    records.filter_map(|record| record["origin"]["path"].as_str().map(str::to_owned)).collect()
}

fn collects(made: &Made, arguments: &[&str], expected: &[&str]) {
    let all = arguments.iter().chain(&["--no-scan"]).copied();
    let (json, code) = made.collect(all);
    // The hives of these trees are none, which a playbook that reads them reports.
    let broken = arguments.contains(&"--playbook");
    assert_eq!(code, if broken { 3 } else { 0 }, "{json}");
    let collected = collected(made);
    for path in expected {
        assert!(collected.contains(*path), "{path} of {collected:?}");
    }
}

#[test]
fn files_are_collected_from_every_directory_that_windows_would_resolve_to() {
    let made = Made::new();
    let files = [
        "windows/system32/config/SOFTWARE",
        "windows/System32/config/system",
        "Windows/System32/config/SYSTEM",
        "Windows/system32/CONFIG/software",
        "Windows/System32/winevt/Logs/Security.evtx",
        "WINDOWS/system32/winevt/logs/System.evtx",
        "Users/anna/NTUSER.DAT",
        "users/bert/ntuser.dat",
        "USERS/anna/ntuser.dat",
    ];
    for file in files {
        made.put(file, file.as_bytes());
    }
    collects(&made, &["--playbook", "ransomware", "--no-sweep"], &files);
}

#[test]
fn a_directory_and_a_link_to_it_in_another_case_are_read_once() {
    let made = Made::new();
    made.put("Windows/System32/config/SYSTEM", b"1");
    made.put("Windows/System32/winevt/Logs/Security.evtx", b"2");
    symlink("Windows", made.tree().join("windows")).unwrap();
    symlink("/Windows/System32", made.tree().join("Windows/system32")).unwrap();
    let expected = ["Windows/System32/config/SYSTEM", "Windows/System32/winevt/Logs/Security.evtx"];
    collects(&made, &["--playbook", "ransomware", "--no-sweep"], &expected);
    // That it is no hive has a record too.
    let records = made.records().into_iter();
    let records = records.filter(|record| record["artifact"] != "veldkit:target");
    let records = records.filter(|record| record["origin"]["path"] == expected[0]);
    assert_eq!(records.count(), 1);
}

#[test]
fn a_given_path_ignores_case_on_windows_but_not_on_unix() {
    let made = Made::new();
    for file in ["Windows/System32/x", "data/a.txt", "Data/A.TXT", "DATA/sub/a.txt"] {
        made.put(file, file.as_bytes());
    }
    collects(&made, &["--path", "\\data\\a.txt"], &["data/a.txt", "Data/A.TXT"]);
    let made = Made::linux();
    made.put("data/a.txt", b"1");
    made.put("Data/a.txt", b"2");
    collects(&made, &["--path", "/data/a.txt"], &["data/a.txt"]);
    assert!(!collected(&made).contains("Data/a.txt"));
}

#[test]
fn a_name_with_pattern_characters_means_that_file_where_it_exists() {
    for (name, other) in [
        ("index[1].htm", Some("index1.htm")),
        ("Setup [v2].exe", Some("Setup v.exe")),
        ("[a-z]", Some("q")),
        ("[!x]y", Some("zy")),
        ("{x}", None),
        ("a[b", None),
        ("x]y", None),
        ("[]", None),
        ("[[]", None),
    ] {
        let made = Made::linux();
        made.put(&format!("d/{name}"), b"evil");
        if let Some(other) = other {
            made.put(&format!("d/{other}"), b"other");
        }
        collects(&made, &["--path", &format!("/d/{name}")], &[&format!("d/{name}")]);
        assert_eq!(collected(&made).len(), 1, "{name}");
        // In the midst of a path as well.
        let made = Made::linux();
        made.put(&format!("d/{name}/file"), b"evil");
        collects(&made, &["--path", &format!("/d/{name}/*")], &[&format!("d/{name}/file")]);
    }
}

/// Else a file of that very name would hide all others that the pattern means.
#[test]
fn a_pattern_with_a_star_means_all_it_matches_also_where_a_file_has_that_name() {
    let made = Made::linux();
    for name in ["a*b", "axb", "a?b", "c"] {
        made.put(&format!("d/{name}"), b"1");
    }
    collects(&made, &["--path", "/d/a*b"], &["d/a*b", "d/axb", "d/a?b"]);
    assert_eq!(collected(&made).len(), 3);
}

#[test]
fn a_pattern_in_brackets_is_one_where_no_file_has_that_name() {
    let made = Made::linux();
    made.put("d/index1.htm", b"1");
    made.put("d/index2.htm", b"2");
    collects(&made, &["--path", "/d/index[12].htm"], &["d/index1.htm", "d/index2.htm"]);
}

#[test]
fn a_name_in_brackets_is_scanned_and_swept_literally() {
    let made = Made::linux();
    made.put("d/index[1].htm", b"alpha");
    made.put("d/index1.htm", b"alpha");
    fs::write(made.path().join("r.yar"), "rule alpha { strings: $a = \"alpha\" condition: $a }").unwrap();
    for arguments in [
        &["scan", "--root", "tree", "d/index[1].htm", "--rules", "r.yar", "--json"][..],
        &["scan", "tree/d/index[1].htm", "--rules", "r.yar", "--json"],
    ] {
        let output = made.veldkit(arguments);
        let printed = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(printed.contains("index[1].htm") && !printed.contains("index1.htm"), "{printed}");
    }
    let (json, code) = made.collect(["--path", "/etc", "--sweep", "/d/index[1].htm", "--rules", "r.yar"]);
    assert_eq!((code, &json["hits"]), (0, &1.into()), "{json}");
    assert!(collected(&made).contains("d/index[1].htm"));
}
