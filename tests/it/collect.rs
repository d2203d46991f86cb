//! `veldkit collect` as responders and operators meet it: what comes out, and what is refused before anything starts.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;

use crate::made::{Made, text};

#[test]
fn every_file_of_a_tree_comes_back_with_its_bytes_and_its_time() {
    let made = Made::linux();
    let file = made.put("srv/blob.bin", &noise(3 << 20));
    made.put("srv/text.txt", "regel\n".repeat(400_000).as_bytes());
    filetime::set_file_mtime(&file, filetime::FileTime::from_unix_time(1_600_000_000, 0)).unwrap();
    let (json, code) = made.collect(["--path", "/"]);
    assert_eq!(code, 0, "{json}");
    assert_eq!(json["complete"], true);
    assert_eq!(json["exit"], 0);

    let unpacked = made.unpack().join("fs/$rootfs$");
    let mut compared = 0;
    for entry in walkdir::WalkDir::new(made.tree()).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let relative = entry.path().strip_prefix(made.tree()).unwrap();
            let same = fs::read(entry.path()).unwrap() == fs::read(unpacked.join(relative)).unwrap();
            assert!(same, "{}", relative.display());
            compared += 1;
        }
    }
    assert_eq!(compared, json["items"]["collected"].as_u64().unwrap());
    let restored = fs::metadata(unpacked.join("srv/blob.bin")).unwrap();
    assert_eq!(filetime::FileTime::from_last_modification_time(&restored).unix_seconds(), 1_600_000_000);
}

#[test]
fn any_number_of_workers_gives_the_same_records_in_the_same_order() {
    let mut all = Vec::new();
    for threads in ["1", "2", "7"] {
        let made = Made::new();
        for number in 0..300 {
            made.put(&format!("many/{number:03}"), format!("{number}").repeat(number * 17).as_bytes());
        }
        made.put("many/150a", &"lang en samendrukbaar ".repeat(200_000).into_bytes());
        made.put("many/150b", &noise(2 << 20));
        let (json, code) = made.collect(["--path", "/many", "--threads", threads]);
        assert_eq!(code, 0, "{json}");
        let records: Vec<_> = made
            .records()
            .into_iter()
            .map(|record| (record["origin"]["path"].clone(), record["content"].clone()))
            .collect();
        assert_eq!(records.len(), 302);
        all.push(records);
    }
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
}

#[test]
fn a_hit_is_in_the_record_and_the_exit_code_is_0() {
    let made = Made::linux();
    made.put("tmp/sample.com", &eicar());
    let (json, code) = made.collect(["--path", "/tmp"]);
    assert_eq!(code, 0, "{json}");
    assert_eq!(json["hits"], 1, "{json}");
    let record = made.record("tmp/sample.com");
    assert!(record["hits"][0]["rule"].as_str().unwrap().to_lowercase().contains("eicar"), "{record}");
}

#[test]
fn without_scanning_no_record_claims_a_scan() {
    let made = Made::linux();
    let (_, code) = made.collect(["--path", "/etc", "--no-scan"]);
    assert_eq!(code, 0);
    assert!(made.records().iter().all(|record| record.get("scan").is_none()));
}

#[test]
fn a_rule_file_that_does_not_compile_is_reported_and_the_run_goes_on() {
    let made = Made::linux();
    let rules = made.path().join("rules");
    fs::create_dir(&rules).unwrap();
    fs::write(rules.join("good.yar"), "rule finds_anna { strings: $a = \"anna\" condition: $a }").unwrap();
    fs::write(rules.join("bad.yar"), "rule broken { condition: \n no_such_thing }").unwrap();
    let recipient = made.recipient();
    let output = made.veldkit([
        "collect",
        "--root",
        "tree",
        "--out",
        "out/",
        "-r",
        &recipient,
        "--path",
        "/etc/passwd",
        "--rules",
        "rules",
    ]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("bad.yar"), "{}", text(&output.stderr));
    assert_eq!(made.record("etc/passwd")["hits"][0]["rule"], "finds_anna");
}

#[test]
fn a_lastlog_of_450_gb_of_holes_costs_as_much_as_its_data() {
    let made = Made::linux();
    let path = made.put("var/log/lastlog", b"");
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(450 << 30).unwrap();
    file.write_at(b"pts/0 from 10.0.0.5", 292 * 1000).unwrap();
    let (json, code) = made.collect(["--path", "/var/log/lastlog"]);
    assert_eq!(code, 0, "{json}");
    assert!(json["bytes_written"].as_u64().unwrap() < 1 << 20, "{json}");
    let record = made.record("var/log/lastlog");
    assert_eq!(record["metadata"]["size"], 450_u64 << 30);
    assert!(record["entry"].as_str().unwrap().starts_with("sparse/"), "{record}");
    assert!(record["notes"].as_array().unwrap().iter().any(|note| note == "sparse"), "{record}");
    assert!(record["content"]["size_stored"].as_u64().unwrap() <= 1 << 20, "{record}");
}

#[test]
fn a_name_that_is_not_text_is_kept_exactly() {
    use std::os::unix::ffi::OsStrExt as _;
    let made = Made::linux();
    let name = std::ffi::OsStr::from_bytes(b"tmp/\xff\xfe name");
    fs::write(made.tree().join(name), "inhoud").unwrap();
    let (json, code) = made.collect(["--path", "/tmp"]);
    assert_eq!(code, 0, "{json}");
    let records = made.records();
    let record = records.iter().find(|record| record["origin"].get("path_base64").is_some()).unwrap();
    assert_eq!(record["origin"]["path_base64"], "dG1wL//+IG5hbWU=");
    assert_eq!(record["entry"], "fs/$rootfs$/tmp/%FF%FE name");
}

#[test]
fn with_nobody_to_encrypt_to_and_no_terminal_nothing_is_written() {
    let made = Made::linux();
    let output = made.veldkit(["collect", "--root", "tree", "--out", "out/"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--passphrase-file"), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(made.out()).unwrap().count(), 0);
}

#[test]
fn recipients_and_a_passphrase_together_are_refused() {
    let made = Made::linux();
    fs::write(made.path().join("pass.txt"), "correct horse\n").unwrap();
    let recipient = made.recipient();
    let output = made.veldkit([
        "collect",
        "--root",
        "tree",
        "--out",
        "out/",
        "-r",
        &recipient,
        "--passphrase-file",
        "pass.txt",
    ]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(made.out()).unwrap().count(), 0);
}

#[test]
fn a_bad_recipient_is_reported_by_its_position_and_never_repeated() {
    let made = Made::linux();
    let output = made.veldkit(["collect", "--root", "tree", "--out", "out/", "-r", "age1notakey"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains("age1notakey"), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(made.out()).unwrap().count(), 0);
}

#[test]
fn an_output_directory_inside_the_target_is_refused_and_not_created() {
    let made = Made::linux();
    let recipient = made.recipient();
    let output = made.veldkit(["collect", "--root", "tree", "--out", "tree/tmp/new/", "-r", &recipient]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("inside the target"), "{}", text(&output.stderr));
    assert!(!made.tree().join("tmp/new").exists());
}

#[test]
fn an_unknown_playbook_or_artifact_is_a_wrong_command_line() {
    let made = Made::linux();
    for (option, name) in [("--playbook", "ransomwear"), ("--artifact", "LinuxNoSuchThing")] {
        let recipient = made.recipient();
        let output =
            made.veldkit(["collect", "--root", "tree", "--out", "out/", "-r", &recipient, option, name]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(name), "{}", text(&output.stderr));
    }
}

#[test]
fn an_existing_file_at_the_destination_is_never_overwritten() {
    let made = Made::linux();
    let there = made.out().join("there.zip.age");
    fs::write(&there, "evidence of last night").unwrap();
    let recipient = made.recipient();
    let output = made.veldkit(["collect", "--root", "tree", "--out", "out/there.zip.age", "-r", &recipient]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(fs::read(&there).unwrap(), b"evidence of last night");
}

#[test]
fn a_run_that_collects_nothing_ends_in_exit_code_1_and_says_so() {
    let made = Made::linux();
    let recipient = made.recipient();
    let output = made.veldkit([
        "collect",
        "--root",
        "tree",
        "--out",
        "out/",
        "-r",
        &recipient,
        "--path",
        "/no/such/place",
    ]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("nothing was collected"), "{}", text(&output.stderr));
}

#[test]
fn standard_output_has_only_the_bundle_and_standard_error_the_json() {
    let made = Made::linux();
    let recipient = made.recipient();
    let output = made.veldkit([
        "collect",
        "--root",
        "tree",
        "--out",
        "-",
        "--sidecar",
        "out",
        "--json",
        "--quiet",
        "-r",
        &recipient,
        "--path",
        "/etc",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(json["sha256"], veldkit::evidence::Digest::of(&output.stdout).to_string());
    fs::write(made.out().join("stream.zip.age"), &output.stdout).unwrap();
    assert!(made.unpack().join("fs/$rootfs$/etc/passwd").exists());
    let receipts = fs::read_dir(made.out())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".receipt.txt"));
    assert_eq!(receipts.count(), 1);
}

#[test]
fn split_parts_joined_by_cat_are_the_bundle_of_the_receipt() {
    let made = Made::linux();
    made.put("data/noise", &noise(700_000));
    let (json, code) = made.collect(["--path", "/data", "--split", "256K"]);
    assert_eq!(code, 0, "{json}");
    let mut parts: Vec<_> = fs::read_dir(made.out())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().unwrap().to_string_lossy().parse::<u16>().is_ok())
        .collect();
    parts.sort();
    assert!(parts.len() >= 3, "{parts:?}");
    let joined: Vec<u8> = parts.iter().flat_map(|part| fs::read(part).unwrap()).collect();
    assert_eq!(json["sha256"], veldkit::evidence::Digest::of(&joined).to_string());
}

#[test]
fn a_dry_run_counts_and_collects_nothing() {
    let made = Made::linux();
    let output = made.veldkit(["collect", "--root", "tree", "--dry-run", "--json", "--path", "/etc"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["items"], 6, "{json}");
    assert_eq!(json["artifacts"][0]["personal_data"], "high");
    assert_eq!(fs::read_dir(made.out()).unwrap().count(), 0);
}

#[test]
fn a_class_of_personal_data_that_is_left_out_is_listed_in_the_manifest() {
    let made = Made::linux();
    let (json, code) = made.collect(["--playbook", "linux-server", "--exclude-personal-data", "high"]);
    assert_eq!(code, 0, "{json}");
    assert!(made.records().iter().all(|record| record["personal_data"] != "high"));
    let manifest = fs::read_to_string(made.unpack().join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_ne!(manifest["excluded"], serde_json::json!([]), "{manifest}");
}

#[test]
#[ignore = "needs root"]
fn a_full_destination_ends_in_exit_code_6_and_what_was_flushed_comes_back() {
    let made = Made::linux();
    for number in 0..40 {
        made.put(&format!("data/{number:02}"), &noise(300_000));
    }
    // A checkpoint ends after 500 items: the medium is full somewhere behind it.
    for number in 0..700 {
        made.put(&format!("a/{number:03}"), format!("{number}").as_bytes());
    }
    let script = format!(
        "mount -t tmpfs -o size=6m tmpfs out && '{}' collect --root tree --out out/ -r {} --path /a --path /data \
         --no-scan --json; code=$?; cp out/* kept/; exit $code",
        env!("CARGO_BIN_EXE_veldkit"),
        made.recipient()
    );
    fs::create_dir(made.path().join("kept")).unwrap();
    let output = std::process::Command::new("unshare")
        .args(["-m", "bash", "-c", &script])
        .current_dir(made.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("--salvage"), "{}", text(&output.stderr));
    let kept = fs::read_dir(made.path().join("kept")).unwrap().next().unwrap().unwrap().path();
    let salvaged =
        made.veldkit(["unpack", kept.to_str().unwrap(), "-i", "key.txt", "--salvage", "--out", "salvaged"]);
    assert_eq!(salvaged.status.code(), Some(4), "{}", text(&salvaged.stderr));
    assert_eq!(fs::read(made.path().join("salvaged/fs/$rootfs$/a/000")).unwrap(), b"0");
}

#[test]
fn quiet_means_that_only_the_json_object_is_printed() {
    let made = Made::linux();
    let recipient = made.recipient();
    let output = made.veldkit([
        "collect", "--root", "tree", "--out", "out/", "-r", &recipient, "--path", "/etc", "--json", "--quiet",
    ]);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout).lines().count(), 1);
}

/// The test file of EICAR, which an anti-virus program would remove from this source.
pub fn eicar() -> Vec<u8> {
    [&b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EI"[..], b"CAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat()
}

/// Bytes that do not shrink, the same each time: splitmix64 (Steele, Lea, Flood 2014).
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.write_all(&(word ^ (word >> 31)).to_le_bytes()).unwrap();
    }
    bytes.truncate(length);
    bytes
}
