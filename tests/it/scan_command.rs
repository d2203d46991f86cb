//! `veldkit scan`: files and bundles, for a person and for a program; and `collect --sweep`.

use std::fs;
use std::process::Output;

use serde_json::Value;

use crate::made::{Made, assert_golden, text};

const RULES: &str = r#"
rule strong { meta: score = 90 description = "finds alpha" author = "us" reference = "https://example.org/a" license = "EUPL-1.2" strings: $a = "alpha" condition: $a }
rule weak { meta: score = 30 strings: $b = "beta" condition: $b }
"#;

/// A tree with one bad file, one that says little, and good ones; and the rules that tell them apart.
fn made() -> Made {
    let made = Made::linux();
    made.put("srv/bad.txt", b"alpha beta");
    made.put("srv/little [1].txt", b"beta");
    made.put("srv/good.txt", b"gamma");
    fs::write(made.path().join("rules.yar"), RULES).unwrap();
    made
}

fn lines(output: &Output) -> (Vec<Value>, Value) {
    let mut lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().unwrap_or_else(|| panic!("{}", text(&output.stderr)));
    assert_eq!(summary["type"], "summary");
    (lines, summary)
}

#[test]
fn a_scan_prints_one_line_per_hit_and_a_summary_that_adds_up() {
    let made = made();
    let output = made.veldkit(["scan", "tree/srv", "--rules", "rules.yar", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let (hits, summary) = lines(&output);
    assert_eq!(hits.len(), 3, "{hits:?}");
    let strong = hits.iter().find(|hit| hit["rule"] == "strong").unwrap();
    assert!(strong["path"].as_str().unwrap().ends_with("tree/srv/bad.txt"), "{strong}");
    assert_eq!(
        (&strong["score"], &strong["level"], &strong["item_score"]),
        (&90.into(), &"alert".into(), &92.into())
    );
    assert_eq!(strong["description"], "finds alpha");
    assert_eq!(strong["reference"], "https://example.org/a");
    assert!(strong["meta"].to_string().contains("EUPL-1.2") && strong["meta"].to_string().contains("us"));
    assert_eq!(strong["matches"][0]["offset"], 0);
    assert_eq!(strong["sha256"], veldkit::evidence::Digest::of(b"alpha beta").to_string());
    assert_eq!((&summary["scan"]["scanned"], &summary["scan"]["items"]), (&3.into(), &3.into()), "{summary}");
    assert_eq!(
        (&summary["items_with_hits"], &summary["hits"], &summary["exit"]),
        (&2.into(), &3.into(), &0.into())
    );
    assert_eq!(summary["levels"], serde_json::json!({ "alert": 1, "warning": 0, "notice": 0, "info": 1 }));
}

#[test]
fn names_with_globs_in_them_are_names_and_a_missing_path_is_no_success() {
    let made = made();
    let output =
        made.veldkit(["scan", "tree/srv/little [1].txt", "--rules", "rules.yar", "--json", "--exit-on-hit"]);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output.stderr));
    assert_eq!(lines(&output).0.len(), 1);
    let output = made.veldkit(["scan", "tree/nothing", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines(&output).1["scan"]["absent"], 1);
    assert_eq!(made.veldkit(["scan"]).status.code(), Some(2));
    let clean = made.veldkit(["scan", "tree/srv/good.txt", "--rules", "rules.yar", "--exit-on-hit"]);
    assert_eq!(clean.status.code(), Some(0));
}

#[test]
fn what_a_person_reads_of_a_scan_is_the_golden_text() {
    let made = made();
    assert_golden(["nl", "en"].map(|lang| {
        let output = made.veldkit(["scan", "--root", "tree", "/srv", "--rules", "rules.yar", "--lang", lang]);
        (format!("scan.{lang}.txt"), text(&output.stdout) + &text(&output.stderr))
    }));
}

#[test]
fn a_bundle_is_scanned_again_with_new_rules() {
    let made = made();
    made.put("srv/packed.tar", &tar("inside/x.txt", b"alpha"));
    assert_eq!(made.collect(["--path", "/srv"]).1, 0);
    let bundle = made.bundle();
    let bundle = bundle.to_str().unwrap();
    let scan = |further: &[&str]| {
        let fixed = ["scan", "--bundle", bundle, "-i", "key.txt", "--json"];
        made.veldkit(fixed.iter().chain(further))
    };
    let (hits, summary) = lines(&scan(&[]));
    assert!(hits.is_empty(), "{hits:?}");
    assert_eq!(summary["exit"], 0);
    let output = scan(&["--rules", "rules.yar", "--exit-on-hit"]);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output.stderr));
    let (hits, summary) = lines(&output);
    let fields = |hit: &Value| {
        ["path", "rule", "inner"].map(|field| hit[field].as_str().unwrap_or_default().to_owned()).join(" ")
    };
    // A tar holds its files as they are, so a rule may fire on the whole and on the file in it.
    assert_eq!(
        hits.iter().map(fields).collect::<Vec<_>>(),
        [
            "/srv/bad.txt strong ",
            "/srv/bad.txt weak ",
            "/srv/little [1].txt weak ",
            "/srv/packed.tar strong ",
            "/srv/packed.tar strong inside/x.txt",
        ]
    );
    assert!(hits.iter().all(|hit| hit["standing"] == "proved"), "{hits:?}");
    assert_eq!(summary["scan"]["scanned"], 4, "{summary}");

    let mut cut = fs::read(bundle).unwrap();
    cut.truncate(cut.len() - 100);
    fs::write(made.path().join("cut.age"), cut).unwrap();
    let output =
        made.veldkit(["scan", "--bundle", "cut.age", "-i", "key.txt", "--rules", "rules.yar", "--json"]);
    assert_eq!(output.status.code(), Some(4), "a bundle that is not whole is told");
    assert_eq!(made.veldkit(["scan", "--bundle", bundle]).status.code(), Some(2), "it needs a key");
}

#[test]
fn a_sweep_comes_last_collects_matches_and_counts_the_rest() {
    let made = made();
    for n in 0..700 {
        made.put(&format!("data/{n}.txt"), b"nothing here");
    }
    made.put("data/deep/large.bin", &[vec![b'.'; 900_000], b"alpha".to_vec()].concat());
    made.put("data/deep/huge.bin", &vec![b'.'; 40 << 20]);
    let (json, code) =
        made.collect(["--sweep", "/data", "--sweep", "/srv", "--path", "/etc", "--rules", "rules.yar"]);
    assert_eq!(code, 0, "{json}");
    let records = made.records();
    let swept: Vec<_> = records.iter().filter(|record| record["artifact"] == "veldkit:sweep").collect();
    let mut paths: Vec<_> = swept.iter().map(|record| record["origin"]["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["data/deep/large.bin", "srv/bad.txt", "srv/little [1].txt"]);
    assert!(
        swept
            .iter()
            .all(|record| record["outcome"] == "collected" && !record["hits"].as_array().unwrap().is_empty())
    );
    let first = records.iter().position(|record| record["artifact"] == "veldkit:sweep").unwrap();
    assert_eq!(records.len() - first, 3, "sweeps come last");
    let numbers: Vec<_> = records.iter().map(|record| record["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=u64::try_from(records.len()).unwrap()).collect::<Vec<_>>());

    let sweep = &json["sweep"];
    assert_eq!(
        (&sweep["scanned"], &sweep["size"], &sweep["error"]),
        (&701.into(), &1.into(), &0.into()),
        "{sweep}"
    );
    let items: u64 = json["items"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(items, u64::try_from(records.len()).unwrap(), "what is only swept has no record");
    let unpacked = made.unpack();
    assert_eq!(fs::read(unpacked.join("fs/$rootfs$/srv/bad.txt")).unwrap(), b"alpha beta");
    let manifest: Value =
        serde_json::from_str(&fs::read_to_string(unpacked.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["sweep"]["items"], 702);
    let custody = fs::read_to_string(unpacked.join("log/custody.jsonl")).unwrap();
    assert!(custody.contains("702 more scanned by sweeps"), "{custody}");
}

#[test]
fn collected_items_are_not_swept_again_and_an_empty_sweep_is_reported() {
    let made = made();
    let (json, code) =
        made.collect(["--path", "/srv", "--sweep", "/srv", "--sweep", "/not/there", "--rules", "rules.yar"]);
    assert_eq!((code, &json["complete"]), (3, &false.into()), "{json}");
    assert_eq!(json["sweep"]["items"], 0, "{json}");
    let absent = made.record("not/there");
    assert_eq!((&absent["artifact"], &absent["outcome"]), (&"veldkit:sweep".into(), &"missing".into()));
}

/// A tar of one file.
fn tar(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = b'0';
    header[257..263].copy_from_slice(b"ustar\0");
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut out = header.to_vec();
    out.extend(content);
    out.resize(1024, 0);
    out.extend([0; 1024]);
    out
}

/// How many items one run has accounted for: `scan` those of the bundle, `sweep` those that were only looked at.
fn sum(counts: &Value) -> u64 {
    let fates = ["scanned", "size", "type", "time", "error", "absent", "left_out", "off"];
    fates.iter().map(|fate| counts[*fate].as_u64().unwrap_or(0)).sum()
}

#[test]
fn playbook_ransomware_sweeps_the_whole_tree_and_every_item_is_accounted_for() {
    let made = made();
    made.put("opt/deep/below/bad.txt", b"alpha");
    let (json, code) = made.collect(["--playbook", "ransomware", "--rules", "rules.yar"]);
    assert_eq!(code, 0, "{json}");
    let records = made.records();
    let swept: Vec<_> = records.iter().filter(|record| record["artifact"] == "veldkit:sweep").collect();
    let mut paths: Vec<_> = swept.iter().map(|record| record["origin"]["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["opt/deep/below/bad.txt", "srv/bad.txt", "srv/little [1].txt"]);
    assert!(made.unpack().join("fs/$rootfs$/opt/deep/below/bad.txt").is_file());

    let (scan, sweep) = (&json["scan"], &json["sweep"]);
    assert_eq!(sum(scan), u64::try_from(records.len()).unwrap(), "{scan}");
    assert!(sweep["items"].as_u64().unwrap() > 0, "{sweep}");
    assert_eq!(sum(sweep), sweep["items"].as_u64().unwrap(), "{sweep}");
    let taken: u64 = json["items"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(sum(scan), taken, "what the bundle holds and what was scanned of it are one number");
}

#[test]
fn a_given_sweep_replaces_the_playbooks_and_omission_has_a_reason_in_the_manifest() {
    let made = made();
    made.put("opt/bad.txt", b"alpha");
    let swept = |arguments: &[&str]| {
        for bundle in made.bundles() {
            fs::remove_file(bundle).unwrap();
        }
        let all = ["--playbook", "ransomware"].iter().chain(arguments).copied();
        let (json, code) = made.collect(all);
        assert_eq!(code, 0, "{json}");
        let records = made.records().into_iter().filter(|record| record["artifact"] == "veldkit:sweep");
        let paths: Vec<_> =
            records.map(|record| record["origin"]["path"].as_str().unwrap().to_owned()).collect();
        let folder = made.unpack();
        let manifest: Value =
            serde_json::from_str(&fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
        fs::remove_dir_all(folder).unwrap();
        (paths, manifest["excluded"].to_string())
    };
    let (paths, excluded) = swept(&["--rules", "rules.yar", "--sweep", "/opt"]);
    assert_eq!(paths, ["opt/bad.txt"]);
    assert!(!excluded.contains("veldkit:sweep"), "{excluded}");
    for (arguments, reason) in [
        (&["--rules", "rules.yar", "--no-sweep"][..], "--no-sweep leaves it out"),
        (&["--no-scan"], "with --no-scan nothing is swept"),
        (
            &["--rules", "rules.yar", "--exclude-personal-data", "high"],
            "personal data, which may be anywhere",
        ),
    ] {
        let (paths, excluded) = swept(arguments);
        assert_eq!(paths, Vec::<String>::new(), "{arguments:?}");
        assert!(excluded.contains("veldkit:sweep") && excluded.contains(reason), "{arguments:?}: {excluded}");
    }
    let both = made.veldkit(["collect", "--no-sweep", "--sweep", "/srv", "--dry-run"]);
    assert_eq!(both.status.code(), Some(2), "who asks for both is asked back");
}

#[test]
fn a_dry_run_reports_what_is_only_scanned_and_does_not_count_it_as_collected() {
    let made = made();
    made.put("opt/large.bin", &vec![b'.'; 5 << 20]);
    let run = |arguments: &[&str]| {
        let first = ["collect", "--root", "tree", "--playbook", "ransomware", "--dry-run"];
        let output = made.veldkit(first.iter().chain(arguments).copied());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let json: Value = serde_json::from_str(&run(&["--json"])).unwrap();
    assert!(json["swept"]["bytes"].as_u64().unwrap() >= 5 << 20, "{json}");
    assert!(json["bytes"].as_u64().unwrap() < 1 << 20, "{json}");
    let last = json["artifacts"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["artifact"], &last["swept"]), (&"veldkit:sweep".into(), &true.into()));
    let none: Value = serde_json::from_str(&run(&["--json", "--no-sweep"])).unwrap();
    assert_eq!(none["swept"]["items"], 0, "{none}");
    assert!(run(&["--lang", "en"]).contains("scanned, and collected only where a rule matches: "));
    assert!(run(&["--lang", "nl"]).contains("gescand, en alleen bij een treffer verzameld: "));
}

#[test]
fn the_given_files_and_the_matched_data_are_in_the_last_lines_and_in_json() {
    let made = made();
    fs::write(
        made.path().join("iocs.txt"),
        format!("{}\nevil.example.com\n", veldkit::evidence::Digest::of(b"x")),
    )
    .unwrap();
    fs::write(made.path().join("mutex.csv"), "type,value\nmutex,Global\\\\bad\n").unwrap();
    fs::write(made.path().join("good.txt"), veldkit::evidence::Digest::of(b"gamma").to_string()).unwrap();
    let lists = [
        "--rules",
        "rules.yar",
        "--indicators",
        "iocs.txt",
        "--indicators",
        "mutex.csv",
        "--known-good",
        "good.txt",
    ];
    let digest =
        |name: &str| veldkit::evidence::Digest::of(&fs::read(made.path().join(name)).unwrap()).to_string();
    let recipient = made.recipient();
    let scan = ["scan", "tree/srv", "--json", "--lang", "en"];
    let collect = [
        "collect", "--root", "tree", "--path", "/srv", "-r", &recipient, "--out", "out/", "--json", "--lang",
        "en",
    ];
    let with_rows = [&collect[..], &["--artifact", "LiveProcesses"]].concat();
    for (line, rows) in [(&scan[..], false), (&collect, false), (&with_rows, true)] {
        let output = made.veldkit([line, &lists[..]].concat());
        let said = text(&output.stderr);
        let json: Value = serde_json::from_str(text(&output.stdout).lines().last().unwrap()).unwrap();
        let files = json["outside_files"].as_array().unwrap();
        let names: Vec<_> = files
            .iter()
            .map(|file| (file["name"].as_str().unwrap(), file["sha256"].as_str().unwrap().to_owned()))
            .collect();
        let wanted = ["rules.yar", "iocs.txt", "mutex.csv", "good.txt"].map(|name| (name, digest(name)));
        assert_eq!(names, wanted, "{said}");
        for (name, digest) in wanted {
            assert!(said.contains(&format!("{name} sha256 {digest}")), "{said}");
        }
        assert_eq!(json["indicators"]["mutex"]["matched_against"].is_null(), !rows, "{json}");
        assert!(json["indicators"]["sha256"]["matched_against"].is_string(), "{json}");
        if line[0] == "collect" {
            assert!(said.contains("1 mutex: ") && said.contains("1 domain: matched against"), "{said}");
            assert_eq!(said.contains("1 mutex: not matched"), !rows, "{said}");
        }
    }
}
