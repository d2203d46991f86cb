//! Programs that a definition names (COMMAND): run on the running system, and of a tree not.

use std::fs;

use crate::made::{Made, text};

const PLAYBOOK: &str = "\
name: OwnCommands
doc: Programs of this test.
sources:
- type: COMMAND
  attributes: {cmd: /bin/echo, args: ['a b', '$HOME', ';', 'id']}
- type: COMMAND
  attributes: {cmd: /no/such/program, args: []}
- type: COMMAND
  attributes: {cmd: echo, args: [x]}
supported_os: [Linux]
---
playbook: own
version: 1
title: {nl: Eigen, en: Own}
description: {nl: Van deze toets., en: Of this test.}
artifacts: [OwnCommands]
notes: []
---
handling: 1
artifacts:
  - names: [OwnCommands]
    volatility: system
    personal_data: low
    purpose: {nl: toetsen, en: testing}
";

#[test]
fn a_program_is_run_without_a_shell_and_its_outputs_and_digest_are_items() {
    let made = Made::new();
    fs::write(made.path().join("own.yaml"), PLAYBOOK).unwrap();
    let recipient = made.recipient();
    let output =
        made.veldkit(["collect", "--playbook", "own.yaml", "--out", "out/", "-r", &recipient, "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let unpacked = made.unpack();
    let of = |name: &str| fs::read_to_string(unpacked.join("commands/OwnCommands").join(name)).unwrap();
    assert_eq!(
        (of("1-echo.stdout.txt").as_str(), of("1-echo.stderr.txt").as_str()),
        ("a b $HOME ; id\n", "")
    );
    let run = of("1-echo.run.jsonl");
    let rows: Vec<serde_json::Value> = run.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[0]["schema"], "urn:veldkit:command:1");
    let digest = veldkit::evidence::Digest::of(&fs::read("/bin/echo").unwrap());
    assert_eq!((&rows[1]["sha256"], &rows[1]["exit_code"]), (&digest.to_string().into(), &0.into()));
    let records = made.records();
    let missing: Vec<_> = records.iter().filter(|record| record["outcome"] == "missing").collect();
    assert_eq!(missing.len(), 2, "{records:#?}");
    assert!(missing.iter().all(|record| record["reason"]["code"] == "not_found"), "{missing:?}");
}

#[test]
fn of_a_tree_nothing_is_run() {
    let made = Made::linux();
    let mark = made.path().join("mark");
    let touching = PLAYBOOK
        .replace("cmd: /bin/echo", "cmd: /usr/bin/touch")
        .replace("'a b'", &format!("'{}'", mark.display()));
    fs::write(made.path().join("own.yaml"), touching).unwrap();
    let (json, code) = made.collect(["--playbook", "own.yaml", "--path", "/etc/passwd"]);
    assert_eq!(code, 0, "{json}");
    assert!(!mark.exists());
    let records = made.records();
    let skipped = records.iter().filter(|record| record["origin"]["type"] == "command");
    assert!(
        skipped
            .clone()
            .all(|record| record["outcome"] == "skipped" && record["reason"]["code"] == "not_applicable")
    );
    assert_eq!(skipped.count(), 3);
}
