//! What a run leaves on the host: every system call that changes something is traced, and compared with the section
//! "What a run leaves behind" of `src/docs/hostile_host.md`.

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

/// What one run did: each thing once, in the words of that section.
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
    let document = include_str!("../../src/docs/hostile_host.md");
    let section =
        document.split("## What a run leaves behind").nth(1).unwrap().split("\n## ").next().unwrap();
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

/// The same on Windows, as far as Wine is one: every call that may change something is traced by Wine's relay, with the
/// program that makes it.
mod wine {
    use std::process::Stdio;

    use super::*;

    /// What is traced, as Wine's registry takes it.
    const TRACED: &str = "ntdll.NtCreateFile;ntdll.NtOpenProcess;ntdll.NtCreateUserProcess;ntdll.NtCreateKey;\
        ntdll.NtSetValueKey;ntdll.NtDeleteKey;ntdll.NtDeleteFile;ntdll.NtSetInformationFile;ntdll.NtWriteVirtualMemory;\
        ntdll.NtLoadDriver;kernel32.CreateFileW;kernel32.CreateDirectoryW;kernel32.DeleteFileW;kernel32.MoveFileExW;\
        kernel32.CreateProcessW;advapi32.RegCreateKeyExW;advapi32.RegSetValueExW;advapi32.CreateServiceW;\
        advapi32.StartServiceW;ws2_32.*;wininet.*;winhttp.*;dnsapi.DnsQuery_A;\
        dnsapi.DnsQuery_W;dnsapi.DnsQuery_UTF8;dnsapi.DnsQueryEx";

    /// Calls of `NtSetInformationFile` that change nothing: the position, a port for what is done, the access time that is
    /// left alone (`FileBasicInformation`), and the mode.
    const HARMLESS: [u64; 4] = [0x4, 0xe, 0x17, 0x1e];

    /// The right to read the memory of a process.
    const VM_READ: u64 = 0x10;

    /// Beginning of the addresses of the collector's own code.
    const OWN_CODE: &str = "ret=14";

    /// Traces a run of the collector; what it did, each thing once.
    fn acts(made: &Made, arguments: &[&str]) -> Acts {
        let recipient = made.recipient();
        let mut run = made.command(["collect", "--out", "out/", "-r", &recipient, "--json", "--quiet"]);
        let log = made.path().join("relay.log");
        let output = run
            .args(arguments)
            .env("WINEDEBUG", "+relay,+pid")
            .stderr(Stdio::from(fs::File::create(&log).unwrap()))
            .output()
            .unwrap();
        let log = String::from_utf8_lossy(&fs::read(log).unwrap()).into_owned();
        let said = || log.lines().rev().take(5).collect::<Vec<_>>().join("\n");
        assert!(matches!(output.status.code(), Some(0 | 3)), "{}", said());
        // Other programs of this world are in the log too; only the collector looks for a kit next to itself.
        let own = log.lines().find(|line| line.contains("kit.json")).unwrap_or_else(|| panic!("{}", said()));
        let pid = own.split(':').next().unwrap();
        let mine = log.lines().filter(|line| line.split(':').next() == Some(pid));
        // What comes before its first call is Wine's own beginning of a program.
        let acts = mine.skip_while(|line| !line.contains("kit.json")).filter_map(act).collect();
        for bundle in made.bundles() {
            fs::remove_file(bundle).unwrap();
        }
        acts
    }

    /// What a line of the log says was done, where it changes or starts something or speaks with something.
    fn act(line: &str) -> Option<String> {
        let call = line.split(":Call ").nth(1)?;
        let (name, rest) = call.split_once('(')?;
        let arguments: Vec<&str> = rest.rsplit_once(") ret=")?.0.split(',').collect();
        // Of a number that takes less than a register the rest of that is whatever was there.
        let number = |index: usize| {
            let digits = arguments.get(index)?.split(' ').next()?;
            Some(u64::from_str_radix(digits, 16).ok()? & 0xffff_ffff)
        };
        let own = rest.contains(OWN_CODE);
        match name.split('.').next_back()? {
            // What Windows' own libraries open for themselves (the store of catalogs) is not the collector's.
            _ if name.starts_with("PE ") => None,
            "CreateFileW" if own && number(4) != Some(3) => Some(created(rest)),
            "NtCreateFile" if own && number(7) != Some(1) => Some(call.to_owned()),
            // The directory of `--out`, which is there.
            "CreateDirectoryW" if rest.contains("\\out\",") => None,
            "CreateDirectoryW" | "RegCreateKeyExW" | "RegSetValueExW" | "NtCreateKey" | "NtSetValueKey"
                if !own =>
            {
                None
            }
            "NtOpenProcess" => {
                number(1).filter(|access| access & VM_READ != 0).map(|_| "memory of a process".to_owned())
            }
            "NtSetInformationFile" if number(4).is_some_and(|class| HARMLESS.contains(&class)) => None,
            // Opened, and not created; of sockets what gives no address away and asks for none.
            "CreateFileW" | "NtCreateFile" | "WSAStartup" | "WSACleanup" => None,
            _ => Some(call.to_owned()),
        }
    }

    fn created(rest: &str) -> String {
        let name = rest.split('"').nth(1).and_then(|path| path.rsplit('\\').next()).unwrap_or_default();
        match name {
            _ if name.starts_with("veldkit_") && name.ends_with(".zip.age") => "bundle".to_owned(),
            _ if name.starts_with("veldkit_") && name.ends_with(".receipt.txt") => "receipt".to_owned(),
            _ => format!("create {rest}"),
        }
    }

    #[test]
    #[ignore = "needs Wine and the collector for Windows"]
    fn a_run_creates_the_bundle_and_its_receipt_and_nothing_else() {
        let made = Made::under_wine_apart();
        made.put("C/Windows/System32/drivers/etc/hosts", b"127.0.0.1 localhost\r\n");
        made.put("C/Users/anna/NTUSER.DAT", b"regf");
        let place = "HKEY_CURRENT_USER\\Software\\Wine\\Debug";
        let set = made
            .windows_program("reg")
            .args(["add", place, "/v", "RelayInclude", "/d", TRACED, "/f"])
            .output();
        assert!(set.unwrap().status.success());
        let wanted = super::set(&["bundle", "receipt"]);
        assert_eq!(acts(&made, &["--root", "tree", "--playbook", "quick"]), wanted);
        let live = [
            "LiveSockets",
            "LiveNetwork",
            "LiveSessions",
            "LiveAutostarts",
            "LiveSoftware",
            "LiveStorage",
            "LiveAccounts",
        ];
        let live: Vec<&str> = live.iter().flat_map(|artifact| ["--artifact", artifact]).collect();
        assert_eq!(acts(&made, &live), wanted);
        // Wine reports no command lines by its calls, as Windows before 8.1: there they are in a process's memory alone.
        let mut processes = acts(&made, &["--artifact", "LiveProcesses"]);
        assert!(processes.remove("memory of a process"), "{processes:?}");
        assert_eq!(processes, wanted);
        let document = include_str!("../../src/docs/hostile_host.md");
        let section =
            document.split("## What a run leaves behind").nth(1).unwrap().split("\n## ").next().unwrap();
        let windows = section.split("| Windows").nth(1).unwrap();
        for said in
            ["files created | the bundle and its receipt", "processes started | none", "connections | none"]
        {
            assert!(windows.contains(said), "{said}");
        }
    }

    #[test]
    fn what_changes_something_is_seen_in_a_relay_and_what_reads_is_not() {
        let seen = |call: &str| act(&format!("0020:0024:Call {call}"));
        let open = "KERNEL32.CreateFileW(0037 L\"Z:\\\\x\",80000000,00000007,00000000,00000003,02200000,0) ret=1404468ff";
        assert_eq!(seen(open), None);
        let new = open.replace(",00000003,", ",200000001,");
        assert_eq!(
            seen(&new),
            Some(created("0037 L\"Z:\\\\x\",80000000,00000007,00000000,200000001,02200000,0) ret=1404468ff"))
        );
        assert_eq!(seen("ntdll.NtOpenProcess(01,00000400,02,03) ret=7b05ad4f"), None);
        assert!(seen("ntdll.NtOpenProcess(01,00000410,02,03) ret=7b05ad4f").is_some());
        assert!(seen("ntdll.NtSetInformationFile(01,02,03,04,10000000a) ret=7b05ad4f").is_some());
        assert_eq!(seen("ntdll.NtSetInformationFile(01,02,03,04,10000000e) ret=7b05ad4f"), None);
        for call in ["ws2_32.connect(1,2,3)", "KERNEL32.CreateProcessW(1,2)", "kernelbase.MoveFileExW(1,2,3)"]
        {
            assert!(seen(&format!("{call} ret=1404468ff")).is_some(), "{call}");
        }
        assert!(seen("advapi32.RegSetValueExW(1,2,3) ret=1404468ff").is_some());
    }
}
