//! `veldkit indicators check`, as people and programs read it.

use serde_json::Value;

use super::*;
use crate::made::{Made, assert_golden, text};

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
    assert_golden(["en", "nl"].map(|lang| {
        let output = made.veldkit(["indicators", "check", "lists", "--lang", lang]);
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        (format!("indicators_check.{lang}.txt"), text(&output.stdout))
    }));
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

#[test]
fn missing_and_unlisted_files_of_a_feed_are_reported() {
    let made = Made::linux();
    let feed = made.path().join("feed");
    fs::create_dir(&feed).unwrap();
    let uuid = |number: u8| format!("5a2f9c4e-0000-4000-8000-00000000000{number}");
    let event = |address: &str| {
        format!(
            r#"{{"Event":{{"info":"a","Attribute":[{{"type":"ip-dst","value":"{address}","to_ids":true}}]}}}}"#
        )
    };
    let put = |name: &str, content: &str| fs::write(feed.join(name), content).unwrap();
    put("hashes.csv", "d41d8cd98f00b204e9800998ecf8427e,x\n");
    put(&format!("{}.json", uuid(1)), &event("203.0.113.9"));
    for (manifest, files, code, skipped, failed) in [
        (format!(r#"{{"{}":{{}}}}"#, uuid(1)), &[][..], 0, 0, 0),
        (format!(r#"{{"{}":{{}}}}"#, uuid(1)), &["README.md", "other.json"], 0, 2, 0),
        (format!(r#"{{"{}":{{}},"{}":{{}}}}"#, uuid(1), uuid(2)), &[], 3, 2, 1),
        (format!(r#"{{"{}":{{}},"../secret":{{}}}}"#, uuid(1)), &[], 3, 2, 1),
    ] {
        put("manifest.json", &manifest);
        for file in files {
            put(file, &event("203.0.113.10"));
        }
        let output = made.veldkit(["indicators", "check", "feed", "--json"]);
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (output.status.code(), &json["skipped"]["count"], &json["failed"], &json["indicators"]),
            (Some(code), &skipped.into(), &failed.into(), &1.into()),
            "{json}"
        );
    }
}
