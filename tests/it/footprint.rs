//! What a run leaves on the host: every system call that changes something is traced, and compared with the section
//! "What a run leaves behind" of the README.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::made::{Made, text};

/// System calls by which a process changes files, starts another, or speaks with one.
const TRACED: &str = "open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,unlink,unlinkat,rmdir,\
    link,linkat,symlink,symlinkat,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,truncate,ftruncate,utime,utimes,\
    utimensat,setxattr,lsetxattr,fsetxattr,execve,execveat,fork,vfork,clone,clone3,socket,connect,bind,listen,ptrace,kill,\
    tkill,tgkill,mount,umount2,pivot_root,chroot,setns,unshare,init_module,finit_module,delete_module,swapon,reboot,bpf,\
    perf_event_open,keyctl,ioctl";

/// Requests by which an ioctl only asks.
const ASKS: [&str; 6] =
    ["TCGETS", "TIOCGWINSZ", "FS_IOC_FIEMAP", "FS_IOC_GETFLAGS", "BLKGETSIZE64", "FIONREAD"];

/// What one run did: each thing once, in the README's words.
type Acts = BTreeSet<String>;

/// Traces a run with these arguments.
fn acts(made: &Made, arguments: &[&str]) -> Acts {
    let recipient = made.recipient();
    let collect = made.command(["collect", "--out", "out/", "-r", &recipient, "--json", "--quiet"]);
    let log = made.path().join("strace.log");
    let mut strace = Command::new("strace");
    strace.env_clear().env("PATH", "/usr/bin:/bin").current_dir(made.path());
    strace.args([
        "-f",
        "-qq",
        "-y",
        "-s",
        "300",
        "-e",
        &format!("trace={TRACED}"),
        "-e",
        "signal=none",
        "-o",
    ]);
    strace.arg(&log).arg(collect.get_program()).args(collect.get_args()).args(arguments);
    let output = strace.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", text(&output.stderr));
    let log = fs::read_to_string(log).unwrap();
    let acts: Acts = log.lines().filter_map(act).collect();
    for bundle in made.bundles() {
        fs::remove_file(bundle).unwrap();
    }
    acts
}

/// What a line of the log says was done, where it changes or starts something or speaks with something.
fn act(line: &str) -> Option<String> {
    let call = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    let name = call.split('(').next()?;
    let rest = call.get(name.len()..)?;
    match name {
        // Each call that another thread interrupts in the log is there in two lines, the first of which has what counts.
        _ if call.starts_with("<...") => None,
        "open" | "openat" | "openat2" => {
            let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_TMPFILE"];
            writes.iter().any(|flag| rest.contains(flag)).then(|| file(rest))
        }
        // A thread of the process itself.
        "clone" | "clone3" if rest.contains("CLONE_THREAD") => None,
        "execve" if rest.contains("/veldkit\"") => None,
        "mkdir" | "mkdirat" if rest.contains("EEXIST") => None,
        "ioctl" if ASKS.iter().any(|asks| rest.contains(asks)) => None,
        // Their addresses are those of the bind or connect that follows; a bare socket speaks with nobody.
        "socket" => None,
        "bind" | "connect" if rest.contains("AF_NETLINK") => Some("netlink".to_owned()),
        "connect" if rest.contains("AF_UNIX") => {
            let path = rest.split("sun_path=").nth(1)?.split('"').nth(1)?;
            Some(format!("connect {path}"))
        }
        _ => Some(call.to_owned()),
    }
}

/// A file opened for writing, by its kind.
fn file(rest: &str) -> String {
    let path = rest.split('"').nth(1).unwrap_or_default();
    match path {
        _ if path.starts_with("out/veldkit_") && path.ends_with(".zip.age") => "bundle".to_owned(),
        _ if path.starts_with("out/veldkit_") && path.ends_with(".receipt.txt") => "receipt".to_owned(),
        _ => format!("write {rest}"),
    }
}

fn set(words: &[&str]) -> Acts {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
#[ignore = "needs strace"]
fn a_run_of_quick_over_a_tree_creates_the_bundle_and_its_receipt_and_nothing_else() {
    let made = Made::linux();
    let tree = made.tree();
    let acts = acts(&made, &["--root", tree.to_str().unwrap(), "--playbook", "quick"]);
    assert_eq!(acts, set(&["bundle", "receipt"]));
}

/// The live artifacts of `quick`.
#[test]
#[ignore = "needs strace"]
fn a_run_on_a_live_host_asks_its_own_kernel_and_resolver_and_nobody_else() {
    const LIVE: [&str; 9] = [
        "LiveProcesses",
        "LiveSockets",
        "LiveNetwork",
        "LiveSessions",
        "LiveExecutables",
        "LiveAutostarts",
        "LiveStorage",
        "LiveLogons",
        "LiveAccounts",
    ];
    const RESOLVER: &str = "/run/systemd/resolve/io.systemd.Resolve.Monitor";
    let made = Made::new();
    let named: Vec<&str> = LIVE.iter().flat_map(|artifact| ["--artifact", artifact]).collect();
    let acts = acts(&made, &named);
    let connect = format!("connect {RESOLVER}");
    let allowed = set(&["bundle", "receipt", "netlink", &connect]);
    let others: Vec<&String> = acts.difference(&allowed).collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(acts.is_superset(&set(&["bundle", "receipt"])), "{acts:?}");
    let readme = include_str!("../../README.md");
    let section = readme.split("## What a run leaves behind").nth(1).unwrap().split("\n## ").next().unwrap();
    for said in [RESOLVER, "the bundle and its receipt", "netlink", "processes started | none"] {
        assert!(section.contains(said), "{said}");
    }
}

#[test]
fn what_changes_something_is_seen_in_a_trace_and_what_reads_is_not() {
    assert_eq!(act("12 openat(3</>, \"etc/passwd\", O_RDONLY|O_CLOEXEC) = 4"), None);
    assert_eq!(
        act("12 openat(AT_FDCWD, \"out/veldkit_a_1.zip.age\", O_WRONLY|O_CREAT|O_EXCL, 0600) = 4"),
        Some("bundle".to_owned())
    );
    assert!(act("12 openat(AT_FDCWD, \"/tmp/x\", O_WRONLY|O_CREAT, 0600) = 4").unwrap().starts_with("write"));
    assert!(act("12 execve(\"/bin/sh\", [\"sh\"], 0x1 /* 0 vars */) = 0").is_some());
    assert_eq!(act("12 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x1}, 88) = 5"), None);
    assert!(act("12 clone(child_stack=NULL, flags=SIGCHLD) = 5").is_some());
    assert!(act("12 connect(5, {sa_family=AF_INET, sin_port=htons(53)}, 16) = 0").is_some());
    assert!(act("12 unlink(\"/etc/x\") = 0").is_some());
}
