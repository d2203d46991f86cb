//! Limits of the operator and of a playbook: what they leave out is told, and only the operator's make a run partial.

use std::fs;

use crate::collect::noise;
use crate::made::{Made, text};

#[test]
fn an_item_above_the_operators_limit_is_a_record_and_makes_the_run_partial() {
    let made = Made::linux();
    made.put("var/log/big.log", &noise(200_000));
    let (json, code) = made.collect(["--path", "/var/log", "--max-file-size", "100K"]);
    assert_eq!(code, 3, "{json}");
    let record = made.record("var/log/big.log");
    assert_eq!(
        (&record["outcome"], &record["reason"]["code"]),
        (&"skipped".into(), &"operator_limit".into())
    );
}

#[test]
fn what_was_left_out_is_recorded_in_english_and_read_in_dutch() {
    let made = Made::linux();
    made.put("var/log/big.log", &noise(200_000));
    let (json, _) = made.collect(["--path", "/var/log", "--max-file-size", "100K", "--lang", "nl"]);
    let reason = "200000 bytes to read, --max-file-size allows 102400";
    assert_eq!(made.record("var/log/big.log")["reason"]["detail"], reason, "{json}");
    for (lang, shown) in
        [("en", reason), ("nl", "200000 bytes om te lezen; --max-file-size staat 102400 toe")]
    {
        let output = made.veldkit(["list", &made.bundle_argument(), "-i", "key.txt", "--lang", lang]);
        let listed = text(&output.stdout);
        assert!(listed.contains(&format!("({shown})")), "{listed}");
    }
    let receipt = made.bundle().to_str().unwrap().replace(".zip.age", ".receipt.txt");
    let receipt = fs::read_to_string(receipt).unwrap();
    let why = "Niet voltooid: 1 onderdelen zijn mislukt, geweigerd of afgekapt\n";
    assert!(receipt.contains(why), "{receipt}");
}

#[test]
fn a_size_limit_keeps_the_bundle_below_it_and_says_what_is_missing() {
    let made = Made::linux();
    for number in 0..40 {
        made.put(&format!("data/{number:02}"), &noise(300_000));
    }
    made.put("data/99-large", &noise(6 << 20));
    let (json, code) = made.collect(["--path", "/data", "--size-limit", "5M"]);
    assert_eq!(code, 3, "{json}");
    assert!(json["bytes_written"].as_u64().unwrap() <= 5 << 20, "{json}");
    assert!(fs::metadata(made.bundle()).unwrap().len() <= 5 << 20);
    assert_eq!(json["complete"], false);
    assert_ne!(json["limits_reached"], serde_json::json!([]), "{json}");
    made.unpack();
}

#[test]
fn a_large_item_cut_by_the_size_limit_is_partial_and_its_digest_is_that_of_what_is_there() {
    let made = Made::new();
    let content = noise(8 << 20);
    made.put("one/large", &content);
    let (json, code) = made.collect(["--path", "/one", "--size-limit", "4M"]);
    assert_eq!(code, 3, "{json}");
    let record = made.record("one/large");
    assert_eq!(record["outcome"], "partial", "{record}");
    let stored = fs::read(made.unpack().join("fs/$rootfs$/one/large")).unwrap();
    assert!(!stored.is_empty() && stored.len() < content.len());
    assert!(content.starts_with(&stored));
    assert_eq!(record["content"]["size_stored"], stored.len());
}

#[test]
fn items_beyond_a_playbooks_limit_are_listed_up_to_a_number_and_then_counted() {
    let made = Made::linux();
    for number in 0..1_205 {
        made.put(&format!("tmp/{number:04}"), b"123");
    }
    let text = "playbook: few\nversion: 1\ntitle: {nl: weinig, en: few}\ndescription: {nl: weinig, en: few}\n\
                artifacts: [LinuxTemporaryFiles]\nlimits: {LinuxTemporaryFiles: {max_files: 5}}\n";
    fs::write(made.path().join("few.yaml"), text).unwrap();
    let (json, code) = made.collect(["--playbook", "few.yaml"]);
    // A playbook's own limit makes no run partial.
    assert_eq!(code, 0, "{json}");
    assert_eq!(
        (&json["items"]["collected"], &json["items"]["skipped"]),
        (&5.into(), &1_001.into()),
        "{json}"
    );
    let records = made.records();
    let more = records
        .iter()
        .filter(|record| record["reason"]["detail"].as_str().is_some_and(|why| why.contains("more files")));
    let more: Vec<_> = more.collect();
    // The tree's own empty file is one of those that were left out.
    assert_eq!(more.len(), 1, "{more:?}");
    assert!(more[0]["reason"]["detail"].as_str().unwrap().starts_with("201 more files"), "{more:?}");
}
