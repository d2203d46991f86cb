//! The program itself on a host that is not to be trusted: what its file shows to others, and what it leaves.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use aho_corasick::AhoCorasick;

use crate::collect::noise;
use crate::made::{Made, text};

/// Shorter pieces of rules occur anywhere by chance.
const LEAST: usize = 20;

#[test]
fn the_program_file_contains_no_text_of_a_rule() {
    let program = fs::read(env!("CARGO_BIN_EXE_veldkit")).unwrap();
    // UTF-16 has a zero behind each character of such text.
    let wide: Vec<u8> = program.iter().copied().filter(|byte| *byte != 0).collect();
    // The search finds what is there: the list of words is carried as it is.
    let mut searched = vec!["abandon\nability\nable".to_owned()];
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap() {
        let rules = fs::read_to_string(entry.unwrap().path()).unwrap();
        searched.extend(rules.lines().map(str::trim).filter(|line| line.len() >= LEAST).map(str::to_owned));
    }
    assert!(searched.len() > 300, "{}", searched.len());
    let search = AhoCorasick::builder().ascii_case_insensitive(true).build(&searched).unwrap();
    for bytes in [&program, &wide] {
        let found: BTreeSet<_> =
            search.find_iter(bytes).map(|found| searched[found.pattern().as_usize()].as_str()).collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [searched[0].as_str()]);
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn bundle_parts_receipt_signature_and_keys_are_their_owners_alone() {
    let made = Made::linux();
    made.put("data/large", &noise(300_000));
    assert!(made.veldkit(["keygen", "--sign-out", "cert.key"]).status.success());
    let certified = ["keygen", "--sign-out", "kit.key", "--sign-with", "cert.key", "--kit", "7"];
    assert!(made.veldkit(certified).status.success());
    let (json, code) = made.collect(["--path", "/", "--sign", "kit.key", "--split", "100K"]);
    assert_eq!(code, 0, "{json}");
    let files: Vec<_> = fs::read_dir(made.out()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    for file in ["key.txt", "cert.key", "cert.pub", "kit.key", "kit.cert", "kit.cert.minisig"] {
        assert_eq!(mode(&made.path().join(file)), 0o600, "{file}");
    }
}

#[test]
fn while_it_runs_a_crash_would_leave_no_core_and_its_key_is_not_swapped_out() {
    let made = Made::linux();
    assert!(made.veldkit(["keygen", "--sign-out", "kit.key"]).status.success());
    made.put("data/large", &noise(4 << 20));
    let recipient = made.recipient();
    let mut command = made.command([
        "collect", "--root", "tree", "--out", "-", "-r", &recipient, "--path", "/", "--sign", "kit.key",
    ]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // The bundle has begun, and does not fit in the pipe: the program waits.
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 16]).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    drop(stdout);
    child.wait().unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap();
    assert_ne!(locked.trim(), "0 kB", "{status}");
}

#[test]
fn while_a_bundle_is_read_its_key_is_not_swapped_out() {
    let made = Made::linux();
    // More lines than a pipe holds.
    for number in 0..1_500 {
        made.put(&format!("data/{number:0>60}"), b"");
    }
    let (json, code) = made.collect(["--path", "/data", "--no-scan"]);
    assert_eq!(code, 0, "{json}");
    let bundle = made.bundle();
    let locked_by = |key: &[&str]| {
        let fixed = ["list", bundle.to_str().unwrap(), "--json"];
        let mut command = made.command(fixed.iter().chain(key));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut [0; 1]).unwrap();
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        drop(stdout);
        child.wait().unwrap();
        let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap();
        locked.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    assert!(locked_by(&["-i", "key.txt"]) > 0);
}

#[test]
#[ignore = "needs root"]
fn with_root_a_directory_that_others_can_write_is_refused_unless_it_is_asked_for() {
    let made = Made::linux();
    let recipient = made.recipient();
    fs::set_permissions(made.out(), fs::Permissions::from_mode(0o777)).unwrap();
    let fixed = ["collect", "--root", "tree", "--path", "/etc", "-r", &recipient, "--quiet", "--out"];
    let collect = |further: &[&str]| made.veldkit(fixed.iter().chain(further));
    for further in [&["out/"][..], &["out/new/"], &["-", "--sidecar", "out/"]] {
        let output = collect(further);
        assert_eq!(output.status.code(), Some(2), "{further:?}");
        assert!(text(&output.stderr).contains("others than root can replace"), "{}", text(&output.stderr));
    }
    assert_eq!(made.bundles().len(), 0);
    assert_eq!(collect(&["out/", "--allow-shared-destination"]).status.code(), Some(0));
    // Where only the owner of a file may replace it, as in /tmp, that is enough.
    fs::set_permissions(made.out(), fs::Permissions::from_mode(0o1777)).unwrap();
    assert_eq!(collect(&["out/sticky.zip.age"]).status.code(), Some(0));
}

#[test]
fn evidence_that_acts_on_a_desktop_is_unpacked_under_a_harmless_name() {
    let made = Made::linux();
    for path in ["home/anna/a.lnk", "home/anna/Desktop.ini", "home/anna/nul.txt", "home/anna/plain.txt"] {
        made.put(path, path.as_bytes());
    }
    let (json, code) = made.collect(["--path", "/home"]);
    assert_eq!(code, 0, "{json}");
    let bundle = made.bundle();
    let fixed = ["unpack", bundle.to_str().unwrap(), "-i", "key.txt", "--json", "--out"];
    let unpack = |further: &[&str]| -> serde_json::Value {
        serde_json::from_slice(&made.veldkit(fixed.iter().chain(further)).stdout).unwrap()
    };
    let (plain, defanged) = (unpack(&["plain"]), unpack(&["defanged", "--defang", "--portable"]));
    assert_eq!(
        (&plain["unpacked"]["defanged"], &plain["unpacked"]["mapped"]),
        (&0.into(), &0.into()),
        "{plain}"
    );
    assert_eq!(defanged["unpacked"]["defanged"], 2, "{defanged}");
    let folder = made.path().join("defanged/fs/$rootfs$/home/anna");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [".bash_history", "Desktop.ini.defanged", "_nul.txt", "a.lnk.defanged", "plain.txt"];
    assert_eq!(names, expected);
    let mapped = fs::read_to_string(made.path().join("defanged/mapped.jsonl")).unwrap();
    assert!(mapped.contains("it acts on a Windows desktop") && mapped.contains("a.lnk.defanged"), "{mapped}");
    let sums = std::process::Command::new("sha256sum")
        .args(["--check", "--quiet", "SHA256SUMS"])
        .current_dir(made.path().join("defanged"))
        .status();
    assert!(sums.unwrap().success());
}
