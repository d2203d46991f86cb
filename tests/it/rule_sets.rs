//! `veldkit rules check | list | pack`, and packed sets where rules are used.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::made::{Made, assert_golden, text};

const GOOD: &str = "rule good : tag { meta: score = 80 description = \"finds alpha\" strings: $a = \"alpha\" condition: $a }";
const BAD: &str = "rule one { condition: true }\nrule bad { condition: nothing }";

fn rules(files: &[(&str, &str)]) -> Made {
    let made = Made::new();
    fs::create_dir(made.path().join("set")).unwrap();
    for (name, text) in files {
        fs::write(made.path().join("set").join(name), text).unwrap();
    }
    made
}

#[test]
fn check_prints_the_golden_text_of_what_compiles_and_line_and_reason_of_the_rest() {
    let made = rules(&[("a.yar", GOOD), ("b.yar", BAD)]);
    let output = made.veldkit(["rules", "check", "set", "--json"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["compiled"], serde_json::json!({ "files": 1, "rules": 1 }));
    let failed = object["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 1, "{object}");
    assert!(failed[0]["file"].as_str().unwrap().ends_with("set/b.yar"));
    assert_eq!(failed[0]["line"], 2);
    assert!(failed[0]["reason"].as_str().unwrap().contains("nothing"), "{object}");

    let output = made.veldkit(["rules", "check", "set/a.yar", "--lang", "nl"]);
    assert_eq!(
        (output.status.code(), text(&output.stdout).trim()),
        (Some(0), "1 regel in 1 bestand: allemaal bruikbaar")
    );
    assert_golden(["nl", "en"].map(|lang| {
        let output = made.veldkit(["rules", "check", "set", "--lang", lang]);
        (format!("rules_check.{lang}.txt"), text(&output.stdout))
    }));
    let output = made.veldkit(["rules", "check", "set/b.yar", "--lang", "en"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("set/b.yar: 2:"), "{}", text(&output.stdout));
}

#[test]
fn list_prints_the_golden_text_of_rules_with_their_score_and_what_they_find() {
    let made = rules(&[("a.yar", GOOD)]);
    let output = made.veldkit(["rules", "list", "set", "--json"]);
    let rule: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&rule["rule"], &rule["meta"]["score"], &rule["tags"][0]),
        (&"good".into(), &"80".into(), &"tag".into())
    );
    assert_golden(["nl", "en"].map(|lang| {
        (
            format!("rules_list.{lang}.txt"),
            text(&made.veldkit(["rules", "list", "set", "--lang", lang]).stdout),
        )
    }));
    let embedded = made.veldkit(["rules", "list"]);
    let embedded = text(&embedded.stdout);
    assert!(embedded.contains("eicar_test_file") && !embedded.contains("finds alpha"), "{embedded}");
}

#[test]
fn a_packed_set_hides_its_rules_and_finds_what_they_find() {
    let made = rules(&[("a.yar", GOOD), ("b.yar", BAD)]);
    fs::write(made.path().join("pass.txt"), "vijf woorden zijn er genoeg\n").unwrap();
    let recipient = made.recipient();
    made.put("x.txt", b"alpha");
    for (out, to, with) in [
        ("keys.age", ["-r", recipient.as_str()], ["--rules-identity", "key.txt"]),
        ("phrase.age", ["--passphrase-file", "pass.txt"], ["--rules-passphrase-file", "pass.txt"]),
    ] {
        let output = made.veldkit(["rules", "pack", "set", "--out", out].iter().chain(&to));
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("b.yar"), "what does not compile is named");
        let packed = fs::read(made.path().join(out)).unwrap();
        assert!(!contains(&packed, b"alpha") && !contains(&packed, b"PK\x03\x04"));

        let (json, code) = made.collect(["--path", "/x.txt", "--rules", out].into_iter().chain(with));
        assert_eq!((code, &json["hits"]), (3, &1.into()), "one file cannot be used: {json}");
        let refused = made.veldkit(["rules", "check", out]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains("--rules-identity"), "{}", text(&refused.stderr));
        let again = made.veldkit(["rules", "pack", "set", "--out", out].iter().chain(&to));
        assert_eq!(again.status.code(), Some(1), "a packed set is never overwritten");
    }
}

#[test]
fn public_tools_open_a_packed_set() {
    let made = rules(&[("a.yar", GOOD)]);
    let recipient = made.recipient();
    let output = made.veldkit(["rules", "pack", "set", "--out", "set.age", "-r", &recipient]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let run = |program: &str, arguments: &[&str]| {
        let output =
            std::process::Command::new(program).args(arguments).current_dir(made.path()).output().unwrap();
        assert!(output.status.success(), "{program}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    run("age", &["-d", "-i", "key.txt", "-o", "set.zip", "set.age"]);
    assert_eq!(run("unzip", &["-p", "set.zip", "set/a.yar"]), GOOD);
    assert!(Path::new(&made.path().join("set.zip")).exists());
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
