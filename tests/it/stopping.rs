//! A run that is ended before its end: interrupted, out of time. What was acquired is sealed, and says so.
//!
//! The bundle goes into a pipe that the test does not read at first, so that the run stands still in the middle of
//! its work, with more to come than its memory budget holds, for as long as the test wants.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::collect::noise;
use crate::made::{Made, text};

/// More than all buffers of a run together.
const FILES: usize = 80;

/// A run under way whose bundle nobody reads.
struct Standing {
    child: Child,
    begun: u8,
}

fn standing(made: &Made, arguments: &[&str]) -> Standing {
    // A shell ignores SIGINT in what it runs in the background, and with it the whole of a test run.
    standing_in(made, arguments, &["/usr/bin/env", "--default-signal=INT,TERM,HUP"])
}

/// The same, started by another program.
fn standing_in(made: &Made, arguments: &[&str], starter: &[&str]) -> Standing {
    let block = noise(2 << 20);
    for number in 0..FILES {
        made.put(&format!("data/{number:02}"), &block);
    }
    let recipient = made.recipient();
    let fixed = ["collect", "--root", "tree", "--out", "-", "--path", "/data", "--no-scan", "--json"];
    let command = made.command(fixed.iter().chain(arguments).copied().chain(["-r", &recipient]));
    let mut wrapped = Command::new(starter[0]);
    wrapped.args(&starter[1..]).arg(command.get_program()).args(command.get_args());
    wrapped
        .current_dir(made.path())
        .env_clear()
        .envs(crate::made::of_gaps())
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    let mut child = wrapped.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0];
    // Once a byte is there the run has begun, and listens for signals.
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    Standing { child, begun: first[0] }
}

impl Standing {
    fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until the run has used no time on a processor for a while: its buffers are full, and its items under way.
    fn stands_still(&self) {
        let used = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
            let fields: Vec<String> =
                stat.rsplit(')').next().unwrap().split_whitespace().map(str::to_owned).collect();
            (fields[11].clone(), fields[12].clone())
        };
        let (mut before, mut still) = (used(), 0);
        for _ in 0..1_000 {
            std::thread::sleep(std::time::Duration::from_millis(100));
            let now = used();
            still = if now == before { still + 1 } else { 0 };
            if still == 10 {
                return;
            }
            before = now;
        }
        panic!("it does not stand still");
    }

    /// Lets the run go on to its end; returns how it ended, the bundle and its last words.
    fn finish(mut self, made: &Made) -> (ExitStatus, PathBuf, String) {
        let bundle = made.out().join("b.zip.age");
        let mut file = std::fs::File::create(&bundle).unwrap();
        file.write_all(&[self.begun]).unwrap();
        std::io::copy(self.child.stdout.as_mut().unwrap(), &mut file).unwrap();
        let output = self.child.wait_with_output().unwrap();
        (output.status, bundle, text(&output.stderr))
    }
}

/// What a stopped run must have left behind: a whole bundle that says why it is not complete.
fn sealed_and_marked(made: &Made, bundle: &std::path::Path, event: &str, why: &str) {
    let bundle = bundle.to_str().unwrap();
    let verdict = made.veldkit(["verify", bundle, "-i", "key.txt", "--json"]);
    assert_eq!(verdict.status.code(), Some(0), "{}", text(&verdict.stderr));
    let verdict: serde_json::Value = serde_json::from_slice(&verdict.stdout).unwrap();
    assert_eq!(verdict["integrity"], "whole", "{verdict}");
    let unpacked = made.unpack();
    let manifest = std::fs::read_to_string(unpacked.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["complete"], false, "{manifest}");
    assert!(manifest["incomplete"].as_str().unwrap().contains(why), "{manifest}");
    let collected = manifest["items"]["outcomes"]["collected"].as_u64().unwrap_or(0);
    assert!(collected < u64::try_from(FILES).unwrap(), "it was not stopped: {manifest}");
    let log = std::fs::read_to_string(unpacked.join("log/custody.jsonl")).unwrap();
    assert!(log.contains(&format!("\"event\":\"{event}\"")), "{log}");
}

#[test]
fn an_interrupted_run_is_sealed_and_ends_in_exit_code_130() {
    for signal in ["INT", "TERM", "HUP"] {
        let made = Made::new();
        let run = standing(&made, &[]);
        run.signal(signal);
        let (status, bundle, said) = run.finish(&made);
        assert_eq!(status.code(), Some(130), "{signal}: {said}");
        sealed_and_marked(&made, &bundle, "interrupted", "interrupted");
    }
}

/// A terminal that is closed sends it once by the kernel and once by the shell, and a person may have asked before.
#[test]
fn a_closed_terminal_does_not_end_a_run_unsealed_that_was_asked_to_end_already() {
    let made = Made::new();
    let run = standing(&made, &[]);
    run.signal("INT");
    run.signal("HUP");
    let (status, bundle, said) = run.finish(&made);
    assert_eq!(status.code(), Some(130), "{said}");
    sealed_and_marked(&made, &bundle, "interrupted", "interrupted");
}

#[test]
fn a_signal_that_was_ignored_when_the_run_began_stays_ignored() {
    let made = Made::new();
    let run = standing_in(&made, &[], &["/usr/bin/nohup"]);
    run.signal("HUP");
    let (status, _, said) = run.finish(&made);
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.contains("\"complete\":true"), "{said}");
}

/// The stick is slow, or a read hangs: whatever is not delivered within a second is left behind.
#[test]
fn a_run_that_the_system_ends_is_sealed_without_the_items_under_way() {
    let made = Made::new();
    let run = standing(&made, &[]);
    run.stands_still();
    run.signal("TERM");
    // The run's patience of 2.5 s is of its own clock, and cannot be waited for in another way; on a busy machine it hears of the
    // signal late. It cannot end meanwhile, since nobody reads the pipe.
    std::thread::sleep(std::time::Duration::from_secs(8));
    let (status, bundle, said) = run.finish(&made);
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(said.contains("\"exit\":130") && said.contains("\"seal_code\""), "{said}");
    sealed_and_marked(&made, &bundle, "interrupted", "interrupted");
    let left: Vec<_> = made
        .records()
        .into_iter()
        .filter(|record| record["outcome"] == "skipped" && record["reason"]["code"] == "interrupted")
        .collect();
    assert!(!left.is_empty() && left.iter().all(|record| record["entry"].is_null()), "{left:?}");
}

#[test]
fn a_second_interrupt_ends_the_run_at_once_and_what_was_written_is_read() {
    let made = Made::new();
    let run = standing(&made, &[]);
    run.signal("INT");
    // Another signal than the first, since two of one kind may arrive as one.
    run.signal("TERM");
    let Standing { mut child, .. } = run;
    // Nobody reads the pipe: a run that still wanted to seal would never end.
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn out_of_time_a_run_is_sealed_and_partial() {
    let made = Made::new();
    let run = standing(&made, &["--time-limit", "1s"]);
    // The limit is of the run's own clock, and cannot be waited for in another way.
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    let (status, bundle, said) = run.finish(&made);
    assert_eq!(status.code(), Some(3), "{said}");
    assert!(said.contains("\"limits_reached\":[\"time-limit\"]"), "{said}");
    sealed_and_marked(&made, &bundle, "limit", "time limit");
}

#[test]
fn the_custody_log_covers_the_run_from_start_to_end() {
    let made = Made::linux();
    made.put("srv/eicar.com", &crate::collect::eicar());
    let (json, code) = made.collect(["--path", "/srv", "--artifact", "LinuxAuthLogs"]);
    assert_eq!(code, 0, "{json}");
    let log = std::fs::read_to_string(made.unpack().join("log/custody.jsonl")).unwrap();
    let events: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!((words.first(), words.last()), (Some(&"start"), Some(&"end")), "{log}");
    assert!(words.contains(&"artifact") && words.contains(&"hit"), "{log}");
    let hit = events.iter().find(|event| event["event"] == "hit").unwrap();
    assert!(hit["detail"].as_str().unwrap().contains("srv/eicar.com"), "{hit}");
    let times: Vec<_> = events.iter().map(|event| event["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn at_a_terminal_a_person_sees_the_seal_code_and_the_next_step() {
    let made = Made::linux();
    let tool = env!("CARGO_BIN_EXE_veldkit");
    let line =
        format!("'{tool}' collect --root tree --out out/ --new-identity new.txt --path /etc --lang nl");
    // `script` gives the run a terminal of its own, and hands on its exit code.
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(made.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("zegelcode"), "{said}");
    assert!(said.contains("070 204 55 11"), "{said}");
    let bundle = made.bundle();
    let verdict = made.veldkit(["verify", bundle.to_str().unwrap(), "-i", "new.txt"]);
    assert_eq!(verdict.status.code(), Some(0), "{}", text(&verdict.stderr));
}
