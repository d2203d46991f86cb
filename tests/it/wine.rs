//! The collector for Windows, as `cargo xtask dist` built it, run by Wine on this machine: what it collects, and that this
//! system's own build and public tools read what it made. What Wine has not (raw volumes, shadow copies, NTFS's own
//! metadata) is not shown here; the README lists it.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;

use crate::collect::{eicar, noise};
use crate::made::{Made, text};

/// Where `cargo xtask dist` leaves the program.
pub fn program() -> PathBuf {
    let name = format!("veldkit-{}-x86_64-win7-windows-gnu.exe", env!("CARGO_PKG_VERSION"));
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/dist").join(name)
}

/// Wine's own world, below `target/`, so that nobody's is touched.
pub fn prefix() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/wine")
}

fn wine(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", prefix()).env("WINEPREFIX", prefix());
    // No messages of its own, no offer to install what this program does not need.
    command.env("WINEDEBUG", "-all").env("WINEDLLOVERRIDES", "mscoree,mshtml=");
    command
}

/// Makes Wine's world once.
pub fn ready() {
    static READY: Once = Once::new();
    READY.call_once(|| {
        let program = program();
        assert!(program.is_file(), "{} is not there: `cargo xtask ci windows` makes it", program.display());
        if !prefix().join("system.reg").is_file() {
            fs::create_dir_all(prefix()).unwrap();
            let made = wine("/usr/bin/wineboot").arg("--init").stdin(Stdio::null()).output().unwrap();
            assert!(made.status.success(), "{}", text(&made.stderr));
        }
    });
}

/// Copies Wine's world into a directory; returns the copy, which goes with the directory.
pub fn copied(to: &Path) -> PathBuf {
    let world = to.join("wine");
    let copied = Command::new("cp").args(["--archive", "--reflink=auto"]).arg(prefix()).arg(&world).status();
    assert!(copied.unwrap().success());
    world
}

/// The program, its arguments still to come.
pub fn command() -> Command {
    started(&program())
}

/// Any program for Windows, its arguments still to come.
pub fn started(program: &Path) -> Command {
    let mut command = wine("/usr/lib/wine/wine64");
    command.arg(program);
    command
}

/// A Windows system in a folder `C`, as far as a tree can show one.
fn windows() -> Made {
    let made = Made::under_wine();
    made.put("C/Windows/System32/drivers/etc/hosts", b"127.0.0.1 localhost\r\n");
    made.put("C/Users/anna/Documents/brief.txt", "geachte heer\r\n".repeat(5_000).as_bytes());
    made.put("C/Users/anna/Documents/foto.bin", &noise(3 << 20));
    made.put("C/Users/anna/Downloads/sample.com", &eicar());
    made
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn a_tree_is_collected_verified_listed_and_unpacked() {
    let made = windows();
    let (json, code) = made.collect(["--path", "\\Users"]);
    assert_eq!(code, 0, "{json}");
    assert_eq!(json["hits"], 1, "{json}");
    let verdict = made.veldkit(["verify", &made.bundle_argument(), "-i", "key.txt", "--json"]);
    let verdict: serde_json::Value = serde_json::from_slice(&verdict.stdout).unwrap();
    assert_eq!(verdict["integrity"], "whole", "{verdict}");
    let record = made.record("Users/anna/Downloads/sample.com");
    assert_eq!(record["origin"]["volume"]["drive"], "C", "{record}");
    for fact in ["modified", "born", "attributes", "inode", "links"] {
        assert!(!record["metadata"][fact].is_null(), "{fact}: {record}");
    }
    let unpacked = made.unpack();
    for path in ["Users/anna/Documents/brief.txt", "Users/anna/Documents/foto.bin"] {
        let same = fs::read(unpacked.join("fs/C").join(path)).unwrap()
            == fs::read(made.tree().join("C").join(path)).unwrap();
        assert!(same, "{path}");
    }
    let sums = ["--check", "--quiet", "SHA256SUMS"];
    let sums = Command::new("sha256sum").args(sums).current_dir(&unpacked).output().unwrap();
    assert!(sums.status.success(), "{}", text(&sums.stdout));
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn its_bundle_is_read_by_this_systems_build_and_by_public_tools() {
    let made = windows();
    let (json, _) = made.collect(["--path", "\\Users"]);
    let records = made.records_natively();
    assert_eq!(u64::try_from(records.len()).unwrap(), json["items"]["collected"].as_u64().unwrap(), "{json}");
    let zip = made.path().join("bundle.zip");
    let decrypted = Command::new("age")
        .args(["--decrypt", "--identity", "key.txt", "--output", "bundle.zip"])
        .arg(made.bundle())
        .current_dir(made.path())
        .output()
        .unwrap();
    assert!(decrypted.status.success(), "{}", text(&decrypted.stderr));
    let tested = Command::new("unzip").arg("-tqq").arg(zip).output().unwrap();
    assert!(tested.status.success(), "{}{}", text(&tested.stdout), text(&tested.stderr));
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn a_path_of_the_running_system_is_collected_as_it_is_spelled_on_its_disk() {
    let made = Made::under_wine();
    let folder = prefix().join("drive_c/Veldkit Proef");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("Notitie.TXT"), "inhoud").unwrap();
    let recipient = made.recipient();
    let path = "C:\\veldkit proef\\NOTITIE.txt";
    let output = made.veldkit([
        "collect",
        "--out",
        "out/",
        "--json",
        "--quiet",
        "-r",
        &recipient,
        "--path",
        path,
        "--no-scan",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let record = made.record("Veldkit Proef/Notitie.TXT");
    assert_eq!(
        (&record["outcome"], &record["origin"]["volume"]["drive"]),
        (&"collected".into(), &"C".into())
    );
    let unpacked = made.unpack();
    assert_eq!(fs::read(unpacked.join("fs/C/Veldkit Proef/Notitie.TXT")).unwrap(), b"inhoud");
    let opening = fs::read_to_string(unpacked.join("veldkit.json")).unwrap();
    let opening: serde_json::Value = serde_json::from_str(&opening).unwrap();
    assert_eq!(opening["target"], "live", "{opening}");
    assert!(!opening["privileges"]["integrity"].is_null(), "{opening}");
    assert_ne!(opening["host"]["name"], "tree", "{opening}");
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn an_artifact_of_the_running_system_is_found_where_its_registry_says() {
    let made = Made::under_wine();
    let recipient = made.recipient();
    let fixed = ["collect", "--out", "out/", "--json", "--quiet", "--no-scan", "-r", &recipient];
    let output = made.veldkit(fixed.into_iter().chain(["--artifact", "WindowsHostsFile"]));
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let records = made.records();
    let hosts = records.iter().find(|record| {
        let path = record["origin"]["path"].as_str().unwrap_or_default();
        path.eq_ignore_ascii_case("Windows/System32/drivers/etc/hosts")
    });
    let hosts = hosts.unwrap_or_else(|| panic!("no hosts file in {records:?}"));
    assert_eq!(hosts["outcome"], "collected", "{hosts}");
    assert!(hosts["metadata"]["owner"].as_str().unwrap().starts_with("S-1-"), "{hosts}");
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn rules_are_matched_against_a_tree_and_against_a_bundle() {
    let made = windows();
    fs::write(made.path().join("letter.yar"), "rule letter { strings: $a = \"geachte\" condition: $a }")
        .unwrap();
    let scan = |what: &[&str]| {
        let rules = ["--rules", "letter.yar", "--json", "--exit-on-hit"];
        let output = made.veldkit(["scan"].iter().chain(what).chain(&rules));
        assert_eq!(output.status.code(), Some(5), "{}", text(&output.stderr));
        text(&output.stdout).lines().filter(|line| line.contains("\"letter\"")).count()
    };
    assert_eq!(scan(&["tree"]), 1);
    let (_, code) = made.collect(["--path", "\\Users", "--no-scan"]);
    assert_eq!(code, 0);
    assert_eq!(scan(&["--bundle", &made.bundle_argument(), "-i", "key.txt"]), 1);
}

/// One that the test starts holds the marker in its arguments, and stands still because nobody reads what it writes.
#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn rules_are_matched_against_the_memory_of_a_process() {
    let made = windows();
    made.put("C/data/block", &noise(8 << 20));
    fs::write(
        made.path().join("memory.yar"),
        "rule in_memory { strings: $a = \"only-in-memory-5e1c\" ascii wide condition: $a }",
    )
    .unwrap();
    let recipient = made.recipient();
    let fixed =
        ["collect", "--root", "tree", "--out", "-", "--path", "\\data", "--no-scan", "-r", &recipient];
    let mut child = made
        .command(fixed.into_iter().chain(["--case", "only-in-memory-5e1c"]))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    let output = made.veldkit(["scan", "--scan-processes", "--rules", "memory.yar", "--json"]);
    drop(child.kill());
    drop(child.wait());
    let lines: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let hits: Vec<_> = lines.iter().filter(|line| line["rule"] == "in_memory").collect();
    assert_eq!(hits.len(), 1, "{lines:?} {}", text(&output.stderr));
    let path = hits[0]["path"].as_str().unwrap();
    assert!(path.starts_with("live:memory/") && path.contains("veldkit-"), "{path}");
    // Wine's own processes are looked at too, and have nothing of the kind.
    let scanned = lines.last().unwrap()["scan"]["scanned"].as_u64().unwrap();
    assert!(scanned > 1, "{lines:?}");
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn reading_leaves_access_times_as_they_were() {
    let made = windows();
    let path = made.tree().join("C/Users/anna/Documents/brief.txt");
    let old = filetime::FileTime::from_unix_time(1_500_000_000, 0);
    filetime::set_file_times(&path, old, old).unwrap();
    let (_, code) = made.collect(["--path", "\\Users\\anna\\Documents", "--no-scan"]);
    assert_eq!(code, 0);
    let after = fs::metadata(&path).unwrap();
    let accessed = filetime::FileTime::from_last_access_time(&after);
    let noted = made.record("Users/anna/Documents/brief.txt");
    let says_so =
        noted["notes"].as_array().is_some_and(|notes| notes.iter().any(|note| note == "access_time_touched"));
    assert!(accessed == old || says_so, "{accessed:?} {noted}");
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn long_paths_and_awkward_names_are_read() {
    let made = windows();
    let deep = format!("C/Users/anna/{}", "een map met een lange naam/".repeat(20));
    made.put(&format!("{deep}diep.txt"), b"diep");
    for name in ["\u{1f600}.txt", "één.txt", "con.txt", "a b.txt"] {
        made.put(&format!("C/Users/anna/namen/{name}"), name.as_bytes());
    }
    let (json, code) = made.collect(["--path", "\\Users\\anna", "--no-scan"]);
    assert_eq!(code, 0, "{json}");
    let records = made.records_natively();
    let path = format!("{}diep.txt", deep.strip_prefix("C/").unwrap());
    assert!(path.len() > 300);
    for path in [path.as_str(), "Users/anna/namen/\u{1f600}.txt", "Users/anna/namen/con.txt"] {
        let record = records.iter().find(|record| record["origin"]["path"] == path);
        assert_eq!(record.unwrap_or_else(|| panic!("no {path}"))["outcome"], "collected");
    }
    let mapped = fs::read_to_string(made.unpack().join("mapped.jsonl")).unwrap();
    assert!(mapped.contains("_con.txt"), "{mapped}");
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn limits_cut_and_say_so() {
    let made = windows();
    let (json, code) = made.collect(["--path", "\\Users", "--max-file-size", "1M", "--no-scan"]);
    assert_eq!(code, 3, "{json}");
    let record = made.record("Users/anna/Documents/foto.bin");
    assert_eq!(
        (&record["outcome"], &record["reason"]["code"]),
        (&"skipped".into(), &"operator_limit".into())
    );
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn ctrl_c_seals_what_there_is() {
    let made = windows();
    let block = noise(2 << 20);
    for number in 0..80 {
        made.put(&format!("C/data/{number:02}"), &block);
    }
    let recipient = made.recipient();
    let fixed = ["collect", "--root", "tree", "--out", "-", "--path", "\\data", "--no-scan", "--json"];
    let mut child = made
        .command(fixed.into_iter().chain(["-r", &recipient]))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut bundle = vec![0];
    // Once a byte is there the run has begun, and nobody reads on: it stands still until it is told to stop.
    child.stdout.as_mut().unwrap().read_exact(&mut bundle).unwrap();
    // Wine gives a program Ctrl-C where Unix gives it SIGINT.
    let status = Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    child.stdout.as_mut().unwrap().read_to_end(&mut bundle).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    fs::write(made.out().join("b.zip.age"), bundle).unwrap();
    let verdict = made.veldkit(["verify", "out/b.zip.age", "-i", "key.txt", "--json"]);
    let verdict: serde_json::Value = serde_json::from_slice(&verdict.stdout).unwrap();
    assert_eq!(verdict["integrity"], "whole", "{verdict}");
    let manifest = fs::read_to_string(made.unpack().join("manifest.json")).unwrap();
    assert!(manifest.contains("interrupted"), "{manifest}");
}

/// Wine gives the access lists that correspond to the modes.
#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn a_directory_and_recipients_that_others_can_change_are_refused_with_all_rights() {
    use std::os::unix::fs::PermissionsExt as _;

    let made = windows();
    let recipient = made.recipient();
    fs::write(made.path().join("recipients.txt"), format!("{recipient}\n")).unwrap();
    fs::write(made.path().join("own.yar"), "rule own { condition: false }").unwrap();
    let permit = |name: &str, mode| {
        fs::set_permissions(made.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    let collect = |further: &[&str]| {
        let fixed = ["collect", "--root", "tree", "--path", "\\Users", "--lang", "en", "--out", "out\\"];
        let output = made.veldkit(fixed.iter().chain(further));
        (output.status.code(), text(&output.stderr))
    };
    let refused = |further: &[&str], why: &str| {
        let (code, said) = collect(further);
        assert!(code == Some(2) && said.contains(why), "{further:?}: {said}");
        assert_eq!(fs::read_dir(made.out()).unwrap().count(), 0, "{said}");
    };
    permit("out", 0o777);
    refused(&["-r", &recipient], "others than administrators can replace files in");
    permit("out", 0o755);
    permit("recipients.txt", 0o666);
    refused(&["-R", "recipients.txt"], "others than you and the administrators can change or replace");
    permit("recipients.txt", 0o644);
    permit("own.yar", 0o666);
    refused(&["-R", "recipients.txt", "--rules", "own.yar"], "'own.yar' is not used");
    permit("own.yar", 0o644);
    let (code, said) = collect(&["-R", "recipients.txt", "--rules", "own.yar"]);
    assert_eq!(code, Some(0), "{said}");
}
