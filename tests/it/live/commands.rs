//! Programs that a definition names (COMMAND): run on the running system, and of a tree not.

use std::fs;

use veldkit::evidence::Digest;

use crate::made::{Made, text};

/// The digest of `/bin/echo` takes the place of DIGEST.
const PLAYBOOK: &str = "\
name: OwnCommands
doc: Programs of this test.
sources:
- type: COMMAND
  attributes: {cmd: /bin/echo, args: ['a b', '$HOME', ';', 'id'], sha256: [DIGEST]}
- type: COMMAND
  attributes: {cmd: /no/such/program, args: [], sha256: [DIGEST]}
- type: COMMAND
  attributes: {cmd: echo, args: [x], sha256: [DIGEST]}
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

fn playbook(program: &str) -> String {
    let digest = Digest::of(&fs::read(program).unwrap());
    PLAYBOOK.replace("DIGEST", &digest.to_string()).replace("/bin/echo", program)
}

#[test]
fn a_program_is_run_without_a_shell_and_its_outputs_and_digest_are_items() {
    let made = Made::new();
    fs::write(made.path().join("own.yaml"), playbook("/bin/echo")).unwrap();
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
    let digest = Digest::of(&fs::read("/bin/echo").unwrap());
    assert_eq!((&rows[1]["sha256"], &rows[1]["exit_code"]), (&digest.to_string().into(), &0.into()));
    let records = made.records();
    let missing: Vec<_> = records.iter().filter(|record| record["outcome"] == "missing").collect();
    assert_eq!(missing.len(), 2, "{records:#?}");
    assert!(missing.iter().all(|record| record["reason"]["code"] == "not_found"), "{missing:?}");
}

#[test]
fn nothing_is_run_on_a_tree() {
    let made = Made::linux();
    let mark = made.path().join("mark");
    let touching = playbook("/usr/bin/touch").replace("'a b'", &format!("'{}'", mark.display()));
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

#[test]
fn a_program_without_a_digest_or_with_another_is_not_run_and_the_run_is_partial() {
    let made = Made::new();
    let mark = made.path().join("mark");
    let touching = playbook("/usr/bin/touch").replace("'a b'", &format!("'{}'", mark.display()));
    let right = Digest::of(&fs::read("/usr/bin/touch").unwrap()).to_string();
    let recipient = made.recipient();
    let collect = || {
        let asked = ["--playbook", "own.yaml", "--artifact", "LinuxHostIdentity", "--no-scan"];
        made.veldkit([&["collect", "--out", "out/", "-r", &recipient][..], &asked].concat())
    };
    for (instead, why) in [
        (touching.replace(&format!(", sha256: [{right}]"), ""), "has no SHA-256"),
        (touching.replace(&right, &"ab".repeat(32)), "is wanted: it was not run"),
    ] {
        fs::write(made.path().join("own.yaml"), &instead).unwrap();
        let output = collect();
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        assert!(!mark.exists(), "{instead}");
        let records = made.records();
        let details: Vec<_> =
            records.iter().filter_map(|record| record["reason"]["detail"].as_str()).collect();
        assert!(details.iter().any(|detail| detail.contains(why)), "{why}: {details:?}");
        made.bundles().iter().for_each(|bundle| fs::remove_file(bundle).unwrap());
        if why.starts_with("has no") {
            assert!(text(&output.stderr).contains("is not run, since its definition has no 'sha256'"));
            let check = made.veldkit(["playbook", "check", "own.yaml"]);
            assert_eq!(check.status.code(), Some(1));
            assert!(
                text(&check.stdout)
                    .contains("expected 'sha256' in the attributes of the COMMAND '/usr/bin/touch'")
            );
        }
    }
    // With its own digest the same definition is run.
    fs::write(made.path().join("own.yaml"), touching).unwrap();
    let output = collect();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(mark.exists());
}
