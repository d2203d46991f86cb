//! `veldkit selftest` on this machine, and under Wine: it tells pass or fail by itself, and leaves nothing behind.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use crate::made::{Made, text};

/// The verdict of each check, and its reason; and the exit code.
fn verdicts(made: &Made) -> (BTreeMap<String, (String, String)>, Option<i32>) {
    fs::create_dir(made.path().join("work")).unwrap();
    let command = made.command(["selftest", "--work", "work", "--json"]);
    // A test run may ignore signals, as one under nohup does; what it starts would do so too, and try nothing.
    let mut listening = Command::new("/usr/bin/env");
    listening.arg("--default-signal=INT,TERM,HUP").arg(command.get_program()).args(command.get_args());
    listening.current_dir(made.path()).stdin(Stdio::null());
    listening.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = listening.output().unwrap();
    let lines = text(&output.stdout);
    let lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let verdicts = lines.map(|line| (word(&line["check"]), (word(&line["verdict"]), word(&line["reason"]))));
    (verdicts.collect(), output.status.code())
}

/// Holds the checks that passed against those that must.
fn passed(verdicts: &BTreeMap<String, (String, String)>, wanted: &[&str]) {
    assert_eq!(verdicts.len(), 40, "{verdicts:#?}");
    for name in wanted {
        assert_eq!(verdicts[*name].0, "passed", "{name}: {verdicts:#?}");
    }
    let reasons = verdicts.values().filter(|(verdict, _)| verdict == "not_possible");
    assert!(reasons.into_iter().all(|(_, reason)| !reason.is_empty()), "{verdicts:#?}");
}

#[test]
fn this_machine_passes_what_can_be_tried_on_it() {
    let made = Made::new();
    let (verdicts, code) = verdicts(&made);
    assert_eq!(code, Some(0), "{verdicts:#?}");
    let left: Vec<_> = fs::read_dir(made.path().join("work")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let wanted = [
        "content",
        "directory_access_time",
        "times",
        "owner",
        "long_path",
        "names",
        "links",
        "sharing",
        "processes",
        "sockets",
        "accounts",
        "memory",
        "closed_console",
        "open_directory",
    ];
    passed(&verdicts, &wanted);
    for only_windows in [
        "streams",
        "in_use",
        "oplock",
        "part_locked",
        "backup",
        "overlay",
        "raw_volume",
        "shadow_copies",
        "disks",
        "libraries",
        "registry_zero",
    ] {
        assert_eq!(verdicts[only_windows].0, "not_possible", "{verdicts:#?}");
    }
}

#[test]
fn the_text_is_in_either_language_and_a_missing_directory_is_reported() {
    let made = Made::new();
    for (lang, line, sum) in [
        ("nl", "geslaagd  een bestand wordt gelezen zoals het geschreven is\n", "geslaagd, 0 mislukt"),
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

/// By this name the gate's step for Wine finds it.
mod wine {
    use super::*;

    /// What fails there is what Wine has not: it takes a stream for a file of its own, refuses no administrator, reads past the
    /// locks of others, notes when a directory was listed, keeps no holes and no attribute of a file that is elsewhere, gives
    /// no raw volume and no disk, sends no program word that its console is closed, heeds no right to make backups of the
    /// registry, reports no accounts, sessions and pipes, and has no catalogs of signatures. So the exit code is that of a
    /// failure.
    #[test]
    #[ignore = "needs Wine and the collector for Windows"]
    fn what_it_has_passes_and_what_it_lacks_fails() {
        let (verdicts, code) = verdicts(&Made::under_wine());
        let wanted = [
            "content",
            "times",
            "owner",
            "long_path",
            "names",
            "sharing",
            "volumes",
            "memory",
            "registry_zero",
            "registry_large",
            "open_directory",
        ];
        passed(&verdicts, &wanted);
        let failed: Vec<_> = verdicts.iter().filter(|(_, (verdict, _))| verdict == "failed").collect();
        let failed: Vec<_> = failed.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            failed,
            [
                "accounts",
                "backup",
                "closed_console",
                "directory_access_time",
                "disks",
                "in_use",
                "not_local",
                "part_locked",
                "pipes",
                "raw_volume",
                "registry_refused",
                "sessions",
                "signatures",
                "sparse",
                "streams"
            ],
            "{verdicts:#?}"
        );
        assert_eq!(code, Some(1));
    }
}
