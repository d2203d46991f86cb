//! Rules against the memory of running processes: only of processes that the test itself has started.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::made::{Made, text};

/// A program that has the marker in its memory and nowhere else: its text and its arguments hold it turned about.
const PROGRAM: &str = "import sys\n\
    marker = bytes(b ^ 0x55 for b in bytes.fromhex(sys.argv[1]))\n\
    keep = [marker * 3 for _ in range(3)]\n\
    print('ready', flush=True)\n\
    sys.stdin.read()\n";

const MARKER: &str = "in memory only: 5e1c";

const RULE: &str =
    "rule in_memory { meta: score = 85 strings: $a = \"in memory only: 5e1c\" condition: #a > 2 }";

/// A process that waits until it is dropped.
struct Waiting(Child);

/// A text turned about, in hexadecimal digits.
fn hidden(marker: &str) -> String {
    marker.bytes().fold(String::new(), |hidden, byte| format!("{hidden}{:02x}", byte ^ 0x55))
}

impl Waiting {
    fn start(marker: &str) -> Self {
        let mut child = Command::new("python3")
            .args(["-c", PROGRAM, &hidden(marker)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self(child)
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        drop(self.0.wait());
    }
}

fn made() -> Made {
    let made = Made::new();
    std::fs::write(made.path().join("memory.yar"), RULE).unwrap();
    made
}

fn lines(stdout: &[u8]) -> Vec<Value> {
    text(stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_marker_in_process_memory_only_is_found_and_a_clean_process_is_not() {
    let made = made();
    let (marked, clean) = (Waiting::start(MARKER), Waiting::start("nothing to be found"));
    let (marked_pid, clean_pid) = (marked.pid(), clean.pid());
    let output = made.veldkit([
        "scan",
        "--pid",
        &marked_pid,
        "--pid",
        &clean_pid,
        "--rules",
        "memory.yar",
        "--json",
        "--exit-on-hit",
    ]);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output.stderr));
    let lines = lines(&output.stdout);
    assert_eq!(lines.len(), 2, "{lines:?}");
    let path = lines[0]["path"].as_str().unwrap();
    assert!(path.starts_with(&format!("live:memory/{marked_pid}/python3")), "{path}");
    assert_eq!((&lines[0]["rule"], &lines[0]["level"]), (&"in_memory".into(), &"alert".into()));
    assert_eq!(lines[1]["scan"]["scanned"], 2);
}

#[test]
fn a_collection_records_the_process_before_anything_else_and_keeps_nothing_of_its_memory() {
    let made = made();
    let marked = Waiting::start(MARKER);
    let (pid, recipient) = (marked.pid(), made.recipient());
    let output = made.veldkit([
        "collect",
        "--pid",
        &pid,
        "--rules",
        "memory.yar",
        "--out",
        "out/",
        "-r",
        &recipient,
        "--json",
        "--quiet",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let records = made.records();
    assert_eq!(records.len(), 1, "{records:?}");
    let record = &records[0];
    assert_eq!((&record["kind"], &record["outcome"]), (&"process".into(), &"collected".into()));
    assert_eq!(record["artifact"], "veldkit:process-memory");
    assert!(record["metadata"]["target"].as_str().unwrap().contains("python3"));
    assert_eq!(record["hits"][0]["rule"], "in_memory");
    assert!(record.get("content").is_none() && record.get("entry").is_none(), "{record}");
    assert!(record["scan"]["bytes"].as_u64().unwrap() > 100_000, "{record}");
}

#[test]
fn a_process_that_is_gone_is_a_record_and_a_tree_has_no_processes() {
    let made = made();
    let gone = {
        let waiting = Waiting::start("x");
        waiting.pid()
    };
    let output = made.veldkit(["scan", "--pid", &gone, "--json"]);
    assert_eq!(output.status.code(), Some(1), "nothing could be seen: {}", text(&output.stderr));
    assert_eq!(lines(&output.stdout)[0]["scan"]["absent"], 1);
    let output = made.veldkit(["collect", "--root", "tree", "--pid", "1", "-r", &made.recipient()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--root"), "{}", text(&output.stderr));
}

/// Somebody else's process, to a user without rights.
#[test]
#[ignore = "needs root"]
fn a_protected_process_has_a_record_and_causes_no_crash() {
    let marked = Waiting::start(MARKER);
    let dir = TempDir::new().unwrap();
    let program = dir.path().join("veldkit");
    std::fs::copy(env!("CARGO_BIN_EXE_veldkit"), &program).unwrap();
    for path in [dir.path(), &program] {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let output = Command::new(&program)
        .args(["scan", "--pid", &marked.pid(), "--json"])
        .env_clear()
        .envs(crate::made::of_gaps())
        .stdin(Stdio::null())
        .current_dir("/")
        .uid(65_534)
        .gid(65_534)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let summary = &lines(&output.stdout)[0];
    assert_eq!((&summary["scan"]["error"], &summary["hits"]), (&1.into(), &0.into()), "{summary}");
}

mod wine {
    use super::*;

    /// The same for Windows. Told to, it gives nobody a right to itself, as a protected process does; it says its number,
    /// and ends with what it reads from.
    const PROGRAM: &str = r#"
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <windows.h>
        #include <aclapi.h>

        int main(int count, char **words) {
            size_t length = strlen(words[1]) / 2;
            char *keep = malloc(3 * length);
            for (size_t at = 0; at < 3 * length; at++) {
                unsigned byte;
                sscanf(words[1] + 2 * (at % length), "%2x", &byte);
                keep[at] = (char)(byte ^ 0x55);
            }
            if (count > 2) {
                ACL nobody;
                InitializeAcl(&nobody, sizeof nobody, ACL_REVISION);
                DWORD failed = SetSecurityInfo(GetCurrentProcess(), SE_KERNEL_OBJECT,
                    DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, NULL, NULL, &nobody, NULL);
                if (failed) return 1;
            }
            printf("%lu\n", GetCurrentProcessId());
            fflush(stdout);
            while (getchar() != EOF) {}
            return keep[0] == 0;
        }
    "#;

    #[test]
    #[ignore = "needs Wine and the collector for Windows"]
    fn a_protected_process_has_a_record_and_an_accessible_one_is_scanned() {
        let made = Made::under_wine();
        std::fs::write(made.path().join("memory.yar"), RULE).unwrap();
        std::fs::write(made.path().join("waiting.c"), PROGRAM).unwrap();
        let program = made.path().join("waiting.exe");
        let compiled = Command::new("x86_64-w64-mingw32-gcc")
            .args(["waiting.c", "-o", "waiting.exe", "-ladvapi32"])
            .current_dir(made.path())
            .output()
            .unwrap();
        assert!(compiled.status.success(), "{}", text(&compiled.stderr));
        let scan = |more: &[&str]| {
            let mut command = crate::wine::started(&program);
            command.arg(hidden(MARKER)).args(more).current_dir(made.path());
            let mut child = Waiting(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
            let mut pid = String::new();
            BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut pid).unwrap();
            let output = made.veldkit([
                "scan",
                "--pid",
                pid.trim(),
                "--rules",
                "memory.yar",
                "--json",
                "--exit-on-hit",
            ]);
            (output.status.code(), lines(&output.stdout))
        };
        let (code, found) = scan(&[]);
        assert_eq!((code, &found[0]["rule"]), (Some(5), &"in_memory".into()), "{found:?}");
        let (code, refused) = scan(&["protected"]);
        assert_eq!(code, Some(1), "nothing could be seen: {refused:?}");
        assert_eq!(
            (&refused[0]["scan"]["error"], &refused[0]["hits"]),
            (&1.into(), &0.into()),
            "{refused:?}"
        );
    }
}
