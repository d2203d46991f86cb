//! `veldkit collect --indicators`: what of them is found on a target, and where that is recorded.

use serde_json::{Value, json};

use super::*;
use crate::made::{Made, text};

fn hits(record: &Value) -> Vec<&str> {
    let hits = record["hits"].as_array().map(Vec::as_slice).unwrap_or_default();
    hits.iter().map(|hit| hit["rule"].as_str().unwrap()).collect()
}

/// Writes a list beside the tree.
fn list(made: &Made, name: &str, content: &str) -> String {
    fs::write(made.path().join(name), content).unwrap();
    name.to_owned()
}

#[test]
fn digests_names_and_paths_of_what_is_collected_are_found_and_recorded() {
    let made = Made::linux();
    made.put("tmp/a", b"abc");
    made.put("tmp/large", &"abc".repeat(1 << 20).into_bytes());
    made.put("srv/evil.sh", b"#!/bin/sh\n");
    made.put("srv/EVIL.sh", b"#!/bin/sh\n");
    std::os::unix::fs::symlink("../srv/evil.sh", made.tree().join("tmp/backdoor")).unwrap();
    let hashes = list(
        &made,
        "hashes.txt",
        &format!("{MD5};the case\n{}\n", Digest::of("abc".repeat(1 << 20).as_bytes())),
    );
    let names = list(
        &made,
        "names.txt",
        "# names\n^/srv/evil\\.sh$;80\n^/tmp/backdoor$;70\n\\.no-such$;50\nbad(;50\n",
    );
    let missing = list(&made, "broken.json", "{\"Event\": {");
    let arguments = [
        "--path",
        "/tmp",
        "--path",
        "/srv",
        "--no-scan",
        "--indicators",
        &hashes,
        "--indicators",
        &names,
        "--indicators",
        &missing,
    ];
    let (summary, code) = made.collect(arguments);
    assert_eq!((code, &summary["hits"]), (3, &json!(4)), "{summary}");
    assert_eq!(summary["complete"], false, "a list could not be used");

    let record = made.record("tmp/a");
    assert_eq!(
        record["hits"],
        json!([{"rule": format!("md5:{MD5}"), "source": "hashes.txt", "kind": "md5", "description": "the case"}])
    );
    assert_eq!((&record["content"]["md5"], record["content"].get("sha1")), (&json!(MD5), None));
    assert_eq!(hits(&made.record("tmp/large"))[0][..7], *"sha256:");
    let evil = made.record("srv/evil.sh");
    assert_eq!(hits(&evil), ["path:^/srv/evil\\.sh$"]);
    assert_eq!((&evil["hits"][0]["score"], &evil["hits"][0]["value"]), (&json!(80), &json!("/srv/evil.sh")));
    assert_eq!(hits(&made.record("srv/EVIL.sh")), [""; 0], "Linux tells cases apart");
    assert_eq!(hits(&made.record("tmp/backdoor")), ["path:^/tmp/backdoor$"], "a link is where it stands");

    let unpacked = made.unpack();
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(unpacked.join(name)).unwrap()).unwrap()
    };
    let opening = read("veldkit.json");
    let lists = opening["indicators"]["lists"].as_array().unwrap();
    assert_eq!(lists[0]["sha256"], json!(Digest::of(&fs::read(made.path().join("hashes.txt")).unwrap())));
    assert_eq!(
        (&lists[0]["indicators"], &lists[1]["indicators"], &lists[1]["unused"][0]["count"]),
        (&json!(2), &json!(3), &json!(1))
    );
    let manifest = read("manifest.json");
    assert_eq!(manifest["hits"][&format!("md5:{MD5}")], 1);
    assert_eq!(manifest["indicator_lists_failed"][0]["name"], "broken.json");
    let custody = fs::read_to_string(unpacked.join("log/custody.jsonl")).unwrap();
    assert!(custody.contains(&format!("/tmp/a: md5:{MD5}")), "{custody}");
    assert!(
        custody.contains("5 indicators in 3 lists, 1 of which could not be read to their end"),
        "{custody}"
    );
    let output = made.veldkit(["list", made.bundle().to_str().unwrap(), "-i", "key.txt"]);
    assert!(text(&output.stdout).contains(&format!("/tmp/a  [md5:{MD5}]")), "{}", text(&output.stdout));
}

#[test]
fn a_target_that_folds_case_is_met_in_any_case_and_a_sparse_file_by_its_whole() {
    let made = Made::new();
    made.put("C/Windows/System32/ntoskrnl.exe", b"");
    made.put("C/Users/anna/AppData/Roaming/EVIL.exe", b"x");
    let names = list(
        &made,
        "names.stix",
        &json!({"type": "bundle", "objects": [
            {"type": "indicator", "pattern": "[file:name = '%AppData%\\\\evil.EXE']"},
        ]})
        .to_string(),
    );
    let (_, code) = made.collect(["--path", "C:\\Users", "--indicators", &names]);
    assert_eq!(code, 0);
    assert_eq!(hits(&made.record("Users/anna/AppData/Roaming/EVIL.exe")).len(), 1);
}

#[test]
fn a_sparse_file_is_met_by_the_digest_of_the_whole_with_its_holes() {
    use std::os::unix::fs::FileExt as _;
    let made = Made::linux();
    let file = fs::File::create(made.put("srv/sparse", b"")).unwrap();
    file.write_all_at(b"abc", 100 << 20).unwrap();
    let whole: Vec<u8> = std::iter::repeat_n(0_u8, 100 << 20).chain(*b"abc").collect();
    let hashes = list(&made, "hashes.txt", &Digest::of(&whole).to_string());
    let (summary, _) = made.collect(["--path", "/srv", "--no-scan", "--indicators", &hashes]);
    assert_eq!(summary["hits"], 1, "{summary}");
    let record = made.record("srv/sparse");
    assert!(record["content"]["sha256_logical"].is_string() && hits(&record).len() == 1, "{record}");
}

#[test]
fn what_is_known_to_be_good_gives_no_hits_by_its_content_but_by_its_place() {
    let made = Made::linux();
    made.put("tmp/tool", b"marker of a rule");
    made.put("tmp/other", b"marker of a rule, too");
    let rules = list(&made, "rules.yar", "rule marker { strings: $a = \"marker of a rule\" condition: $a }");
    let tool = Digest::of(b"marker of a rule");
    let hashes = list(&made, "hashes.txt", &format!("{tool};wrongly listed\n"));
    let names = list(&made, "names.txt", "^/tmp/tool$;60\n");
    let good = list(&made, "good.txt", &format!("{tool}  tool\n{MD5}  other\n"));
    let set = [
        "--path",
        "/tmp",
        "--rules",
        &rules,
        "--indicators",
        &hashes,
        "--indicators",
        &names,
        "--known-good",
        &good,
    ];
    let (summary, _) = made.collect(set);
    assert_eq!(summary["hits"], 2, "{summary}");
    let record = made.record("tmp/tool");
    assert_eq!(hits(&record), ["path:^/tmp/tool$"]);
    assert!(record["notes"].as_array().unwrap().contains(&json!("known_good")), "{record}");
    assert_eq!(hits(&made.record("tmp/other")), ["marker"]);
    let opening: Value =
        serde_json::from_str(&fs::read_to_string(made.unpack().join("veldkit.json")).unwrap()).unwrap();
    assert_eq!(opening["indicators"]["known_good"][0]["kinds"], json!({"known_good": 1}));
    assert_eq!(
        opening["indicators"]["known_good"][0]["unused"][0]["what"],
        "MD5 or SHA-1, which cannot vouch for a file"
    );
}

#[test]
fn names_in_the_hosts_file_are_matched_against_domains_except_blocked_ones() {
    let made = Made::linux();
    made.put("etc/hosts", b"127.0.0.1 localhost\n0.0.0.0 blocked.example.com\n198.51.100.7 update.example.com # x.example.com\n");
    made.put("srv/notes.txt", b"198.51.100.7 update.example.com\n");
    let domains = list(&made, "c2.txt", "example.com\n198.51.100.0/24\n");
    let (summary, _) =
        made.collect(["--path", "/etc", "--path", "/srv", "--no-scan", "--indicators", &domains]);
    assert_eq!(summary["hits"], 2, "{summary}");
    assert_eq!(hits(&made.record("etc/hosts")), ["address:198.51.100.0/24", "domain:example.com"]);
}

#[test]
fn what_was_left_out_or_refused_is_judged_by_its_place_and_what_is_not_there_by_nothing() {
    let made = Made::linux();
    made.put("srv/evil.bin", &[7; 4096]);
    let names = list(&made, "names.txt", "\\\\evil\\.bin$;60\n\\\\gone\\.bin$;60\n");
    let set = [
        "--path",
        "/srv/evil.bin",
        "--path",
        "/srv/gone.bin",
        "--path",
        "/etc",
        "--max-file-size",
        "1K",
        "--indicators",
        &names,
    ];
    let (summary, code) = made.collect(set);
    assert_eq!((code, &summary["hits"]), (3, &json!(1)), "{summary}");
    let record = made.record("srv/evil.bin");
    assert_eq!((&record["outcome"], hits(&record)), (&json!("skipped"), vec!["path:\\\\evil\\.bin$"]));
}

#[test]
fn a_missing_indicator_path_is_a_usage_error_before_anything_is_written() {
    let made = Made::linux();
    let recipient = made.recipient();
    for option in ["--indicators", "--known-good"] {
        let output = made.veldkit([
            "collect", "--root", "tree", "--out", "out/", "-r", &recipient, "--path", "/etc", option,
            "nowhere",
        ]);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            text(&output.stderr).contains("cannot list the indicators in 'nowhere'"),
            "{}",
            text(&output.stderr)
        );
    }
    assert!(made.bundles().is_empty());
}

#[test]
fn scanning_files_and_a_bundle_again_finds_indicators_without_collecting() {
    let made = Made::linux();
    made.put("srv/a", b"abc");
    made.put("srv/evil.sh", b"#!/bin/sh\n");
    made.put("etc/hosts", b"198.51.100.7 update.example.com\n");
    let all = list(
        &made,
        "all.csv",
        &format!(
            "indicator,type,comment\n{SHA256},sha256,case\nevil.sh,filename,case\nexample.com,domain,case\n"
        ),
    );
    let lines = |output: std::process::Output| -> Vec<Value> {
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let rules = |lines: &[Value]| -> Vec<String> {
        let (_, hits) = lines.split_last().unwrap();
        let mut rules: Vec<_> = hits.iter().map(|hit| hit["rule"].as_str().unwrap().to_owned()).collect();
        rules.sort();
        rules
    };
    let expected = ["domain:example.com".to_owned(), "path:evil.sh".to_owned(), format!("sha256:{SHA256}")];
    let looked = lines(made.veldkit([
        "scan",
        "--root",
        "tree",
        "/srv",
        "/etc",
        "--json",
        "--quiet",
        "--indicators",
        &all,
    ]));
    assert_eq!(rules(&looked), expected, "{looked:#?}");

    let (_, code) = made.collect(["--path", "/srv", "--path", "/etc"]);
    assert_eq!(code, 0);
    let bundle = made.bundle();
    let again = lines(made.veldkit([
        "scan",
        "--bundle",
        bundle.to_str().unwrap(),
        "-i",
        "key.txt",
        "--json",
        "--quiet",
        "--indicators",
        &all,
    ]));
    assert_eq!(rules(&again), expected, "{again:#?}");
}

#[test]
fn hits_of_rules_and_lists_on_one_item_make_one_score() {
    let made = Made::linux();
    made.put("srv/a", b"abc");
    let hashes = list(&made, "hashes.txt", &format!("{SHA256};60;case\n"));
    let names = list(&made, "names.txt", "^/srv/a$;40\n");
    let (_, code) = made.collect(["--path", "/srv", "--indicators", &hashes, "--indicators", &names]);
    assert_eq!(code, 0);
    assert_eq!(made.record("srv/a")["assessment"]["score"], 68);
}

#[test]
fn archive_members_match_by_digest_and_inner_path() {
    let packed = |files: &[(&str, &[u8])]| {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut writer, content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    let made = Made::linux();
    let inner = packed(&[("deep/a.txt", b"abc"), ("tools/EVIL.exe", b"x")]);
    made.put("srv/outer.zip", &packed(&[("inner.zip", &inner), ("good.txt", b"good")]));
    let hashes = list(&made, "hashes.txt", &format!("{MD5};the case\n{};ours\n", Digest::of(b"good")));
    let names = list(&made, "names.txt", "\\\\tools\\\\evil\\.exe$;80\n^/srv/outer\\.zip!;50\n");
    let good = list(&made, "good.txt", &Digest::of(b"good").to_string());
    let arguments =
        ["--path", "/srv", "--indicators", &hashes, "--indicators", &names, "--known-good", &good];
    let (summary, code) = made.collect(arguments);
    assert_eq!(code, 0, "{summary}");
    let record = made.record("srv/outer.zip");
    let met: Vec<_> = record["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| (hit["kind"].as_str().unwrap(), hit["inner"].as_str().unwrap()))
        .collect();
    assert_eq!(met, [("md5", "inner.zip!deep/a.txt"), ("path", "inner.zip!tools/EVIL.exe")], "{record}");
    assert_eq!(record["assessment"]["level"], "alert", "{record}");
}
