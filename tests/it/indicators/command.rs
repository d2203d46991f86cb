//! `veldkit indicators check`, as people and programs read it.

use serde_json::Value;

use super::*;
use crate::made::{Made, text};

fn made() -> Made {
    let made = Made::new();
    let lists = made.path().join("lists");
    fs::create_dir(&lists).unwrap();
    fs::write(
        lists.join("a.txt"),
        format!("# Case\n{SHA256};tool\n198.51.100.7\nd41d8cd98f00b204e9800998ecf8427e\nnothing\n"),
    )
    .unwrap();
    let event = r#"{"Event":{"info":"x","Attribute":[{"type":"email-src","value":"a@b.c\u001b[31m","to_ids":true},{"type":"domain","value":"evil.example.com","to_ids":false}]}}"#;
    fs::write(lists.join("b.json"), event).unwrap();
    fs::write(lists.join("c.json"), "{\"objects\": [").unwrap();
    made
}

#[test]
fn what_a_person_reads_is_the_golden_text() {
    let made = made();
    for (lang, golden) in [
        ("en", include_str!("../../golden/indicators_check.en.txt")),
        ("nl", include_str!("../../golden/indicators_check.nl.txt")),
    ] {
        let output = made.veldkit(["indicators", "check", "lists", "--lang", lang]);
        assert_eq!(
            (output.status.code(), text(&output.stdout).as_str()),
            (Some(3), golden),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn what_a_program_reads_is_one_object_that_adds_up() {
    let made = made();
    let output = made.veldkit(["indicators", "check", "--json", "lists"]);
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((object["indicators"].as_u64(), object["failed"].as_u64()), (Some(2), Some(1)));
    assert_eq!(object["lists"][0]["kinds"], serde_json::json!({"address": 1, "sha256": 1}));
    let unused = object["lists"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|list| list["unused"].as_array().into_iter().flatten());
    assert_eq!(unused.map(|unused| unused["count"].as_u64().unwrap()).sum::<u64>(), 4);
}

#[test]
fn the_exit_code_says_whether_all_some_or_none_could_be_read() {
    let made = made();
    for (paths, code) in [
        (&["lists/a.txt"][..], 0),
        (&["lists/c.json"], 1),
        (&["lists/a.txt", "lists/c.json"], 3),
        (&["none"], 2),
    ] {
        let output = made.veldkit(["indicators", "check"].iter().chain(paths));
        assert_eq!(output.status.code(), Some(code), "{paths:?}: {}", text(&output.stderr));
    }
    let output = made.veldkit(["indicators", "check", "filenames=lists/a.txt"]);
    assert!(text(&output.stdout).starts_with("lists/a.txt (filenames): "), "{}", text(&output.stdout));
}
