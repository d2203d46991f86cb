//! `LiveProcesses`: hostile and many processes in a copy of `/proc`, and those of the test's own on the running system.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use super::{live, live_apart, of_kind, rows};
use crate::made::Made;

/// Puts a process into the tree's copy of `/proc`, as proc(5) describes its files.
pub(super) fn put_process(made: &Made, pid: u32, name: &str, arguments: &[&str]) {
    put_stat(made, pid, name);
    let status = format!(
        "Name:\t{name}\nTgid:\t{pid}\nTracerPid:\t0\nUid:\t1000\t1000\t1000\t1000\n\
        Gid:\t1000\t1000\t1000\t1000\nThreads:\t1\nVmRSS:\t  12 kB\nCapEff:\t0000000000000000\nNSpid:\t{pid}\n"
    );
    let line: Vec<u8> = arguments.iter().flat_map(|argument| [argument.as_bytes(), b"\0"].concat()).collect();
    made.put(&format!("proc/{pid}/status"), status.as_bytes());
    made.put(&format!("proc/{pid}/cmdline"), &line);
    symlink(format!("/usr/bin/{name}"), made.tree().join(format!("proc/{pid}/exe"))).unwrap();
    symlink("/", made.tree().join(format!("proc/{pid}/root"))).unwrap();
}

/// The least that a process is known by.
pub(super) fn put_stat(made: &Made, pid: u32, name: &str) {
    let stat =
        format!("{pid} ({name}) S 1 {pid} {pid} 0 -1 4194560 1 0 0 0 25 50 0 0 20 0 1 0 12345 9 8 7\n");
    made.put(&format!("proc/{pid}/stat"), stat.as_bytes());
}

#[test]
fn hostile_processes_have_exact_rows_and_do_not_affect_others() {
    let made = Made::linux();
    made.put("proc/stat", b"cpu 1\nbtime 1700000000\n");
    made.put("proc/loadavg", b"0.00 0.00 0.00 1/4000 9\n");
    for (pid, name) in [(1, "init"), (7, "a) R 1 (b"), (8, "gone"), (9, "huge"), (10, "odd"), (11, "other")] {
        put_process(&made, pid, name, &[name]);
    }
    let proc = made.tree().join("proc");
    fs::remove_file(proc.join("8/stat")).unwrap();
    fs::write(proc.join("9/cmdline"), b"x\0".repeat(1 << 20)).unwrap();
    fs::write(proc.join("10/cmdline"), b"\xff\xfe\0\x1b[2J\0").unwrap();
    fs::remove_file(proc.join("10/exe")).unwrap();
    symlink("/tmp/.x (deleted)", proc.join("10/exe")).unwrap();
    // Another's folder is mounted over this one.
    fs::copy(proc.join("1/stat"), proc.join("11/stat")).unwrap();
    made.put("proc/12/stat", b"not as the kernel writes it");
    made.put("proc/1/mountinfo", b"50 23 0:21 /1 /proc/11 rw - proc proc rw\n");
    symlink("1", proc.join("self")).unwrap();

    let (json, code) = made.collect(["--artifact", "LiveProcesses"]);
    assert_eq!(code, 3, "a process that cannot be read makes the run partial: {json}");
    let rows = rows(&made.unpack(), "derived/LiveProcesses.jsonl");
    let processes = of_kind(&rows, "process");
    let process = |pid: u32| processes.iter().find(|row| row["pid"] == pid).unwrap();
    assert_eq!(
        processes.iter().map(|row| row["pid"].as_u64().unwrap()).collect::<Vec<_>>(),
        [1, 7, 9, 10, 11]
    );
    assert_eq!((&process(7)["name"], &process(7)["parent"]), (&"a) R 1 (b".into(), &1.into()));
    assert_eq!(
        (&process(7)["user"], &process(7)["started"]),
        (&"anna".into(), &"2023-11-14T22:15:23.45Z".into())
    );
    assert_eq!(process(9)["command_line_cut"], true);
    assert_eq!(process(9)["command_line"].as_array().unwrap().len(), 4_096);
    assert_eq!(process(10)["command_line"][0]["base64"], "//4=");
    assert_eq!((&process(10)["program"], &process(10)["program_deleted"]), (&"/tmp/.x".into(), &true.into()));
    assert_eq!(process(11)["told_pid"], 1);
    assert_eq!(of_kind(&rows, "unreadable")[0]["pid"], 12);
    assert_eq!(of_kind(&rows, "mount_over")[0]["place"], "/proc/11");
    let summary = of_kind(&rows, "summary")[0];
    assert_eq!((&summary["processes"], &summary["ended"]), (&5.into(), &1.into()));
    assert_eq!(summary["threads_counted"], 4_000);
}

#[test]
fn ten_thousand_processes_take_little_memory() {
    let made = Made::linux();
    for pid in 1..=10_000 {
        put_stat(&made, pid, "worker");
    }
    let (json, code) = made.collect(["--artifact", "LiveProcesses", "--no-scan"]);
    assert_eq!(code, 0, "{json}");
    let peak = json["peak_memory_bytes"].as_u64().unwrap();
    println!("10,000 processes: {} s, {} MiB at the peak", json["seconds"], peak >> 20);
    assert!(peak < 100 << 20, "{peak}");
    assert_eq!(of_kind(&rows(&made.unpack(), "derived/LiveProcesses.jsonl"), "process").len(), 10_000);
}

#[test]
fn a_running_process_has_a_row_and_a_deleted_program_is_noticed() {
    let made = Made::new();
    let program = made.path().join("sleeper");
    fs::copy("/bin/sleep", &program).unwrap();
    let mut child =
        Command::new(&program).arg("600").stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    fs::remove_file(&program).unwrap();
    // One that has ended and is not yet waited for has no program, and that is no fault.
    let mut ended = Command::new("true").stdout(Stdio::piped()).spawn().unwrap();
    std::io::Read::read_to_end(&mut ended.stdout.take().unwrap(), &mut Vec::new()).unwrap();
    while !fs::read_to_string(format!("/proc/{}/stat", ended.id())).unwrap().contains(") Z ") {}
    let (json, rows) = live(&made, "LiveProcesses");
    ended.wait().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let processes = of_kind(&rows, "process");
    let found = processes.iter().find(|row| row["pid"] == child.id()).unwrap_or_else(|| panic!("{json}"));
    assert_eq!(found["program"], program.to_str().unwrap());
    assert_eq!((&found["program_deleted"], &found["parent"]), (&true.into(), &std::process::id().into()));
    let zombie = processes.iter().find(|row| row["pid"] == ended.id()).unwrap();
    assert!(zombie.get("unread").is_none() && zombie.get("program").is_none(), "{zombie}");
    assert_eq!(found["command_line"][1], "600");
    assert_eq!(processes.iter().filter(|row| row["collector"] == true).count(), 1);
    assert!(json["first_tier_seconds"].as_f64().unwrap() < 5.0, "{json}");
}

#[test]
fn processes_that_live_on_are_those_of_ps_with_their_parents_and_users() {
    let made = Made::new();
    let ps = || -> Vec<(u64, u64, u64, String)> {
        let said = Command::new("ps").args(["-eo", "pid=,ppid=,euid=,comm="]).output().unwrap();
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let numbers = |line: &str| -> Option<_> {
            let mut words = line.split_whitespace();
            let mut number = || words.next()?.parse().ok();
            Some((
                number()?,
                number()?,
                number()?,
                line.split_whitespace().skip(3).collect::<Vec<_>>().join(" "),
            ))
        };
        said.lines().filter_map(numbers).collect()
    };
    let before = ps();
    let (_, rows) = live(&made, "LiveProcesses");
    let after = ps();
    // Those that were there before and after, and are the same, must be here too; others came or went meanwhile.
    let lasting: Vec<_> = before.iter().filter(|process| after.contains(process)).collect();
    assert!(lasting.iter().any(|(pid, ..)| *pid == u64::from(std::process::id())));
    let processes = of_kind(&rows, "process");
    for (pid, parent, user, _) in lasting {
        let row = processes.iter().find(|row| row["pid"] == *pid);
        let row = row.unwrap_or_else(|| panic!("ps names {pid}, we do not"));
        assert_eq!((&row["parent"], &row["users"][1]), (&(*parent).into(), &(*user).into()), "{pid}");
    }
}

#[test]
#[ignore = "needs root"]
fn a_process_with_a_mount_over_its_directory_is_noticed_and_not_called_hidden() {
    let made = Made::new();
    let mut child =
        Command::new("sleep").arg("600").stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let pid = child.id();
    let script = format!("mount --bind /proc/1 /proc/{pid}");
    let rows = live_apart(&made, "--mount", &script, "LiveProcesses");
    child.kill().unwrap();
    child.wait().unwrap();
    let over = of_kind(&rows, "mount_over");
    assert!(over.iter().any(|row| row["place"] == format!("/proc/{pid}")), "{over:?}");
    let processes = of_kind(&rows, "process");
    assert_eq!(processes.iter().find(|row| row["pid"] == pid).unwrap()["told_pid"], 1);
    assert_eq!(of_kind(&rows, "hidden"), Vec::<&serde_json::Value>::new());
    assert!(of_kind(&rows, "summary")[0]["asked_to"].as_u64().unwrap() >= u64::from(pid));
}
