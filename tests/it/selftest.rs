//! `veldkit selftest` on this machine, and under Wine: it tells pass or fail by itself, and leaves nothing behind.

use std::collections::BTreeMap;
use std::fs;

use crate::made::{Made, text};

/// The verdict of each check, and its reason.
fn verdicts(made: &Made) -> BTreeMap<String, (String, String)> {
    fs::create_dir(made.path().join("work")).unwrap();
    let output = made.veldkit(["selftest", "--work", "work", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let left: Vec<_> = fs::read_dir(made.path().join("work")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let lines = text(&output.stdout);
    let lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    lines.map(|line| (word(&line["check"]), (word(&line["verdict"]), word(&line["reason"])))).collect()
}

/// Holds the checks that passed against those that must.
fn passed(verdicts: &BTreeMap<String, (String, String)>, wanted: &[&str]) {
    assert_eq!(verdicts.len(), 23, "{verdicts:#?}");
    for name in wanted {
        assert_eq!(verdicts[*name].0, "passed", "{name}: {verdicts:#?}");
    }
    let reasons = verdicts.values().filter(|(verdict, _)| verdict == "not_possible");
    assert!(reasons.into_iter().all(|(_, reason)| !reason.is_empty()), "{verdicts:#?}");
}

#[test]
fn this_machine_passes_what_can_be_tried_on_it() {
    let verdicts = verdicts(&Made::new());
    let wanted = [
        "content",
        "times",
        "owner",
        "long_path",
        "names",
        "links",
        "sharing",
        "processes",
        "sockets",
        "memory",
    ];
    passed(&verdicts, &wanted);
    for only_windows in ["streams", "in_use", "backup", "overlay", "raw_volume", "shadow_copies"] {
        assert_eq!(verdicts[only_windows].0, "not_possible", "{verdicts:#?}");
    }
}

#[test]
fn a_person_reads_it_in_either_language_and_a_folder_that_is_not_there_is_named() {
    let made = Made::new();
    for (lang, line, sum) in [
        ("nl", "geslaagd  een bestand wordt gelezen zoals het is geschreven\n", "geslaagd, 0 mislukt"),
        ("en", "pass      a file is read as it was written\n", "passed, 0 failed"),
    ] {
        let output = made.veldkit(["selftest", "--lang", lang]);
        assert!(text(&output.stdout).contains(line), "{}", text(&output.stdout));
        assert!(text(&output.stderr).contains(sum), "{}", text(&output.stderr));
    }
    let output = made.veldkit(["selftest", "--work", "no-such-folder"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no-such-folder"), "{}", text(&output.stderr));
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn wine_passes_what_can_be_tried_on_it() {
    let verdicts = verdicts(&Made::under_wine());
    let wanted = ["content", "times", "owner", "long_path", "names", "sharing", "volumes", "memory"];
    passed(&verdicts, &wanted);
}
