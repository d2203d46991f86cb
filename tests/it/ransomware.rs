//! What playbook `ransomware` takes from a Windows system, as a golden list: a change in the catalogue is seen in review.
//!
//! The tree is made by `cargo xtask ci fixtures`. Where the list is meant to change, `cargo xtask fixtures golden` takes the
//! new one over.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::made::{Made, text};

#[test]
#[ignore = "needs the tree of Windows that `cargo xtask ci fixtures` makes"]
fn the_collection_from_a_windows_system_is_the_golden_list() {
    let made = Made::new();
    let recipient = made.recipient();
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fixtures/windows");
    let output = made.veldkit([
        "collect",
        "--root",
        tree.to_str().unwrap(),
        "--playbook",
        "ransomware",
        "--out",
        "out/",
        "-r",
        &recipient,
        "--json",
        "--quiet",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let list = list(&made.records());
    let seen = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/golden");
    fs::create_dir_all(&seen).unwrap();
    fs::write(seen.join("ransomware_windows.txt"), &list).unwrap();
    let golden = include_str!("../golden/ransomware_windows.txt");
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (had, has) = (lines(golden), lines(&list));
    let gone: Vec<_> = had.difference(&has).collect();
    let new: Vec<_> = has.difference(&had).collect();
    assert!(
        list == golden,
        "no longer so: {gone:#?}\nnew: {new:#?}\nwhere that is meant: cargo xtask fixtures golden"
    );
}

/// What was taken, by path; then what was looked for and is not there.
fn list(records: &[serde_json::Value]) -> String {
    let (mut there, mut missing) = (BTreeSet::new(), BTreeSet::new());
    for record in records {
        let artifact = record["artifact"].as_str().unwrap();
        let path = path(record);
        match record["outcome"].as_str().unwrap() {
            "missing" => missing.insert(format!("{artifact}: {path}")),
            "collected" => there.insert(format!("{path} ({artifact})")),
            outcome => {
                let reason = record["reason"]["code"].as_str().unwrap_or_default();
                there.insert(format!("{path} ({artifact}): {outcome}: {reason}"))
            }
        };
    }
    let mut text = String::from("What is taken\n");
    for line in there {
        writeln!(text, "  {line}").unwrap();
    }
    text.push_str("\nWhat is looked for and is not there\n");
    for line in missing {
        writeln!(text, "  {line}").unwrap();
    }
    text
}

fn path(record: &serde_json::Value) -> String {
    let origin = &record["origin"];
    let drive = origin["volume"]["drive"].as_str().map(|drive| format!("{drive}:/")).unwrap_or_default();
    let path = origin["path"].as_str().or(origin["name"].as_str()).unwrap_or_default();
    let stream = origin["stream"].as_str().map(|stream| format!(":{stream}")).unwrap_or_default();
    format!("{drive}{path}{stream}")
}
