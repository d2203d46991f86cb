//! Rows as items: how they are recorded, verified and unpacked, and that what vanishes first is safe first.

use std::fs;

use serde_json::Value;

use super::processes::put_process;
use super::rows;
use crate::made::{Made, text};

#[test]
fn rows_are_an_item_with_digest_scan_and_record_and_those_of_a_tree_are_derived() {
    let made = Made::linux();
    put_process(&made, 1, "init", &["/sbin/init", "marker of a test"]);
    let rule = made.path().join("own.yar");
    fs::write(&rule, "rule marker { strings: $a = \"marker of a test\" condition: $a }").unwrap();
    let (json, code) = made.collect(["--artifact", "LiveProcesses", "--rules", "own.yar"]);
    assert_eq!(code, 0, "{json}");
    let records = made.records();
    assert_eq!(records.len(), 1, "{records:#?}");
    let record = &records[0];
    assert_eq!(record["origin"], serde_json::json!({"type": "derived", "name": "LiveProcesses.jsonl"}));
    assert_eq!((&record["kind"], &record["outcome"]), (&"rows".into(), &"collected".into()));
    assert_eq!(record["read_by"], serde_json::json!(["procfs"]));
    assert_eq!(record["entry"], "derived/LiveProcesses.jsonl");
    assert_eq!(record["hits"][0]["rule"], "marker");
    let bundle = made.bundle();
    let verified = made.veldkit(["verify", bundle.to_str().unwrap(), "-i", "key.txt"]);
    assert!(verified.status.success(), "{}", text(&verified.stdout));
    let rows = rows(&made.unpack(), "derived/LiveProcesses.jsonl");
    assert_eq!(rows[0], serde_json::json!({"row": "schema", "schema": "urn:veldkit:live:processes:1"}));
    assert_eq!(rows[1]["command_line"], serde_json::json!(["/sbin/init", "marker of a test"]));
}

#[test]
fn a_tree_without_a_copy_of_proc_has_no_processes_and_that_makes_no_run_partial() {
    let made = Made::linux();
    let (json, code) = made.collect(["--artifact", "LiveProcesses", "--path", "/etc/passwd"]);
    assert_eq!(code, 0, "{json}");
    let records = made.records();
    let gap = records.iter().find(|record| record["artifact"] == "LiveProcesses").unwrap();
    assert_eq!((&gap["outcome"], &gap["reason"]["code"]), (&"missing".into(), &"not_applicable".into()));
}

#[test]
fn the_first_tier_is_flushed_before_anything_else_is_read_and_the_log_says_when() {
    let made = Made::linux();
    put_process(&made, 1, "init", &["/sbin/init"]);
    let (json, _) = made.collect(["--playbook", "quick"]);
    assert!(json["first_tier_seconds"].as_f64().unwrap() > 0.0, "{json}");
    let unpacked = made.unpack();
    // The first checkpoint holds the first tier and nothing else.
    let first = fs::read_to_string(unpacked.join("records/000001.jsonl")).unwrap();
    let artifacts: Vec<Value> =
        first.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!artifacts.is_empty());
    for record in &artifacts {
        assert!(record["artifact"].as_str().unwrap().starts_with("Live"), "{record}");
    }
    let second = fs::read_to_string(unpacked.join("records/000002.jsonl")).unwrap();
    let header: Value = serde_json::from_str(second.lines().next().unwrap()).unwrap();
    let tier = header["log"].as_array().unwrap().iter().find(|event| event["event"] == "first_tier").unwrap();
    let flushed = tier["at"].as_str();
    assert!(tier["detail"].as_str().unwrap().contains("are flushed"), "{tier}");
    // Nothing after it was acquired before it was safe.
    for line in second.lines().skip(1) {
        let record: Value = serde_json::from_str(line).unwrap();
        assert!(record["acquired"].as_str() >= flushed, "{record} {tier}");
    }
    let log = fs::read_to_string(unpacked.join("log/custody.jsonl")).unwrap();
    assert!(log.contains("first_tier"), "{log}");
    let output = made.veldkit([
        "collect",
        "--root",
        "tree",
        "--out",
        // A name of its own: a bundle's own name tells the second, in which the first one was made as well.
        "out/again.zip.age",
        "--new-identity",
        "n.txt",
        "--artifact",
        "LiveProcesses",
        "--lang",
        "nl",
    ]);
    assert!(text(&output.stderr).contains("weggeschreven na"), "{}", text(&output.stderr));
}
