//! What a system tells of itself: rows of a tree with a copy of `/proc`, and of the running system with processes that
//! the test starts. A live run here takes named artifacts only, and its bundle goes with the test's folder.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::made::{Made, text};

mod autostarts;
mod commands;
mod executables;
mod firewall;
mod memory;
mod network;
mod people;
mod processes;
mod seam;
mod storage;
mod wine;

/// The rows of an artifact in an unpacked bundle, the schema's own first.
fn rows(unpacked: &Path, entry: &str) -> Vec<Value> {
    let content = fs::read_to_string(unpacked.join(entry)).unwrap();
    content.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Collects one artifact of the running system; returns the JSON object, and its rows. Unpacks on the way, and so
/// verifies. The bundle is gone when this returns.
fn live(made: &Made, artifact: &str) -> (Value, Vec<Value>) {
    let (json, _) = run(made, &["--artifact", artifact]);
    let unpacked = made.unpack();
    let rows = rows(&unpacked, &format!("live/{artifact}.jsonl"));
    fs::remove_dir_all(&unpacked).unwrap();
    clear(made);
    (json, rows)
}

/// Collects from the running system with these arguments; returns the JSON object, and the exit code.
fn run(made: &Made, arguments: &[&str]) -> (Value, i32) {
    let recipient = made.recipient();
    let fixed = ["collect", "--out", "out/", "-r", &recipient, "--json", "--quiet"];
    let output = made.veldkit(fixed.iter().chain(arguments));
    let json = serde_json::from_slice(&output.stdout);
    let json = json.unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    (json, output.status.code().unwrap())
}

/// Removes the bundle and what stands beside it.
fn clear(made: &Made) {
    for entry in fs::read_dir(made.out()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
}

/// Collects with these arguments in name spaces of its own (`--mount`, `--net`), which go with it, after a shell's `script`
/// succeeded there. Needs root.
fn apart(made: &Made, space: &str, script: &str, arguments: &[&str]) -> Output {
    let recipient = made.recipient();
    let collect = made.command(["collect", "--out", "out/", "-r", &recipient, "--quiet"]);
    let mut apart = Command::new("unshare");
    apart
        .env_clear()
        .envs(crate::made::of_gaps())
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C")
        .current_dir(made.path());
    apart.args([space, "sh", "-c", &format!("{script} && exec \"$@\""), "sh"]);
    apart.arg(collect.get_program()).args(collect.get_args()).args(arguments).output().unwrap()
}

/// The rows of one artifact of the running system, collected as [`apart`] does.
fn live_apart(made: &Made, space: &str, script: &str, artifact: &str) -> Vec<Value> {
    let output = apart(made, space, script, &["--artifact", artifact]);
    assert!(output.status.code().is_some_and(|code| code == 0 || code == 3), "{output:?}");
    rows(&made.unpack(), &format!("live/{artifact}.jsonl"))
}

/// The rows of one kind.
fn of_kind<'a>(rows: &'a [Value], kind: &str) -> Vec<&'a Value> {
    rows.iter().filter(|row| row["row"] == kind).collect()
}
