//! What a running Windows tells of itself, as far as Wine is one: what the test puts there must be among the rows, and what
//! Wine lacks is named here, so that a change of either is seen.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{live, of_kind, rows, run};
use crate::made::{Made, text};

mod registry;

/// What Wine 8 has no rows for, each with the artifact: its functions for them are there and tell nothing. A real Windows
/// tells of each one at least.
const LACKING: [(&str, &str); 6] = [
    ("LiveNetwork", "cached_name"),
    ("LiveObjects", "pipe"),
    ("LiveAccounts", "account"),
    ("LiveAccounts", "group"),
    ("LiveSessions", "session"),
    ("LiveSessions", "logon_session"),
];

/// A program that listens on a port of this machine alone, says which, names a mutex and a pipe, and ends with what it
/// reads from.
const LISTENER: &str = r#"
    #include <stdio.h>
    #include <winsock2.h>

    int main(void) {
        WSADATA data;
        WSAStartup(MAKEWORD(2, 2), &data);
        SOCKET listener = socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int length = sizeof own;
        if (bind(listener, (struct sockaddr *)&own, length) || listen(listener, 1)) return 1;
        getsockname(listener, (struct sockaddr *)&own, &length);
        CreateMutexA(NULL, FALSE, "VeldkitProefMutex");
        CreateNamedPipeA("\\\\.\\pipe\\veldkit-proef", PIPE_ACCESS_DUPLEX, 0, 1, 512, 512, 0, NULL);
        printf("%lu %d\n", GetCurrentProcessId(), ntohs(own.sin_port));
        fflush(stdout);
        while (getchar() != EOF) {}
        return 0;
    }
"#;

struct Listener {
    child: Child,
    pid: u64,
    port: u64,
}

impl Listener {
    fn start(made: &Made) -> Self {
        Self::compile(made);
        Self::start_program(&made.path().join("veldkit-listener.exe"))
    }

    /// Makes the program `veldkit-listener.exe`.
    fn compile(made: &Made) {
        fs::write(made.path().join("listener.c"), LISTENER).unwrap();
        done(
            Command::new("x86_64-w64-mingw32-gcc")
                .args(["listener.c", "-o", "veldkit-listener.exe", "-lws2_32"])
                .current_dir(made.path()),
        );
    }

    fn start_program(program: &Path) -> Self {
        let mut child = crate::wine::started(program)
            .env("VELDKIT_PROEF", "een waarde")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let mut numbers = line.split_whitespace().map(|number| number.parse().unwrap());
        let (pid, port) = (numbers.next().unwrap(), numbers.next().unwrap());
        Self { child, pid, port }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

/// Runs a program of this system that must succeed.
fn done(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// Sets a value of Wine's registry.
fn set(key: &str, value: &str, kind: &str, data: &str) {
    let output = crate::wine::started(Path::new("reg.exe"))
        .args(["add", key, "/v", value, "/t", kind, "/d", data, "/f"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{key}: {}{}", text(&output.stdout), text(&output.stderr));
}

fn find<'a>(rows: &'a [Value], fits: impl Fn(&Value) -> bool, what: &str) -> &'a Value {
    rows.iter().find(|row| fits(row)).unwrap_or_else(|| panic!("no {what} among {} rows", rows.len()))
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn a_process_its_modules_and_its_socket_have_rows() {
    let made = Made::under_wine();
    let listener = Listener::start(&made);
    let (json, rows) = live(&made, "LiveProcesses");
    assert_eq!(json["exit"], 0, "{json}");
    let process = find(&rows, |row| row["pid"] == listener.pid && row["row"] == "process", "process");
    assert_eq!(process["name"], "veldkit-listener.exe", "{process}");
    assert!(process["program"].as_str().unwrap().ends_with("veldkit-listener.exe"), "{process}");
    assert!(process["command_line"][0].as_str().unwrap().contains("veldkit-listener.exe"), "{process}");
    for fact in ["started", "sid", "integrity", "session", "resident", "folder"] {
        assert!(!process[fact].is_null(), "{fact}: {process}");
    }
    assert!(rows.iter().any(|row| row["collector"] == true));

    let (_, rows) = live(&made, "LiveSockets");
    let socket = find(&rows, |row| row["local_port"] == listener.port, "socket");
    // Wine does not know whose a socket is, since its server holds them all.
    let told = (&socket["protocol"], &socket["state"], &socket["local"], &socket["pid"]);
    assert_eq!(told, (&"tcp".into(), &"listen".into(), &"127.0.0.1".into(), &0.into()), "{socket}");

    let (_, rows) = live(&made, "LiveObjects");
    let mutex = find(&rows, |row| row["name"] == "VeldkitProefMutex", "mutex");
    assert_eq!((&mutex["row"], &mutex["kind"]), (&"object".into(), &"mutex".into()), "{mutex}");
    let folder = mutex["folder"].as_str().unwrap();
    assert!(folder.ends_with("\\BaseNamedObjects"), "{mutex}");

    let (_, rows) = live(&made, "LiveExecutables");
    let files = of_kind(&rows, "file");
    let named = |name: &str| {
        let fits = |row: &Value| {
            let path = row["path"].as_str().unwrap_or_default().to_lowercase();
            path.ends_with(name)
                && row["pids"].as_array().is_some_and(|pids| pids.contains(&listener.pid.into()))
        };
        files.iter().copied().find(|row| fits(row)).unwrap_or_else(|| panic!("no {name} is loaded"))
    };
    let program = named("veldkit-listener.exe");
    let digest = veldkit::evidence::Digest::of(&fs::read(made.path().join("veldkit-listener.exe")).unwrap());
    assert_eq!(
        (&program["program"], &program["sha256"]),
        (&true.into(), &digest.to_string().into()),
        "{program}"
    );
    assert!(named("kernel32.dll")["sha256"].is_string());

    fs::write(made.path().join("list.csv"), "type,value\nmutex,veldkitproefmutex\n").unwrap();
    let (json, _) = run(&made, &["--artifact", "LiveObjects", "--indicators", "list.csv"]);
    assert_eq!(json["hits"], 1, "{json}");
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn services_tasks_run_keys_and_software_of_the_test_have_rows_with_their_targets() {
    let made = Made::under_wine();
    let target = crate::wine::prefix().join("drive_c/veldkit-proef.exe");
    fs::write(&target, "MZ no program").unwrap();
    let digest = veldkit::evidence::Digest::of(b"MZ no program").to_string();
    let run = r"Software\Microsoft\Windows\CurrentVersion\Run";
    set(&format!(r"HKLM\{run}"), "VeldkitProef", "REG_SZ", r#""C:\veldkit-proef.exe" /all"#);
    set(&format!(r"HKCU\{run}"), "VeldkitProef", "REG_SZ", r"C:\veldkit-proef.exe /own");
    let service = r"HKLM\System\CurrentControlSet\Services\VeldkitProef";
    set(service, "ImagePath", "REG_EXPAND_SZ", r"%SystemDrive%\veldkit-proef.exe -service");
    set(service, "Type", "REG_DWORD", "16");
    set(service, "Start", "REG_DWORD", "2");
    let uninstall = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\VeldkitProef";
    set(uninstall, "DisplayName", "REG_SZ", "Veldkit proef");
    set(uninstall, "DisplayVersion", "REG_SZ", "1.2.3");
    let tasks = crate::wine::prefix().join("drive_c/windows/system32/Tasks");
    fs::create_dir_all(&tasks).unwrap();
    let task = r#"<?xml version="1.0"?><Task xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task"><Triggers><LogonTrigger/></Triggers><Actions><Exec><Command>C:\veldkit-proef.exe</Command><Arguments>-task</Arguments></Exec></Actions></Task>"#;
    fs::write(tasks.join("Veldkit proef"), task).unwrap();

    let (_, rows) = live(&made, "LiveAutostarts");
    let of = |kind: &str, command: &str| {
        let fits = |row: &Value| {
            row["kind"] == kind && row["command"].as_str().is_some_and(|text| text.contains(command))
        };
        find(&rows, fits, command)
    };
    for start in [of("run", "/all"), of("run", "/own"), of("service", "-service"), of("task", "-task")] {
        assert_eq!(start["target"].as_str().unwrap().to_lowercase(), r"c:\veldkit-proef.exe", "{start}");
        assert_eq!(start["sha256"], digest, "{start}");
    }
    assert!(of("run", "/own")["user"].as_str().unwrap().starts_with("S-1-"));
    assert_eq!(of("service", "-service")["schedule"], "auto");
    assert!(rows.iter().any(|row| row["kind"] == "service" && row["state"] == "running"), "no service runs");

    let (json, rows) = live(&made, "LiveSoftware");
    assert_eq!(json["exit"], 0, "{json}");
    let software = find(&rows, |row| row["name"] == "Veldkit proef", "software");
    assert_eq!(
        (&software["version"], &software["sort"]),
        (&"1.2.3".into(), &"software".into()),
        "{software}"
    );
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn adapters_volumes_accounts_and_sessions_give_rows_and_what_wine_lacks_is_as_listed() {
    let made = Made::under_wine();
    let mut lacking = Vec::new();
    for (artifact, kinds) in [
        ("LiveNetwork", &["interface", "address", "route", "cached_name"][..]),
        ("LiveObjects", &["object", "pipe"]),
        ("LiveStorage", &["file_system"]),
        ("LiveAccounts", &["account", "group", "profile"]),
        ("LiveSessions", &["session", "logon_session"]),
    ] {
        let (_, rows) = live(&made, artifact);
        lacking.extend(
            kinds.iter().filter(|kind| of_kind(&rows, kind).is_empty()).map(|kind| (artifact, *kind)),
        );
        if artifact == "LiveNetwork" {
            let own = |row: &Value| row["row"] == "address" && row["address"] == "127.0.0.1";
            find(&rows, own, "address of this machine itself");
        }
        if artifact == "LiveStorage" {
            let drive = find(&rows, |row| row["place"] == "C:\\", "drive C");
            assert!(drive["free"].as_u64().is_some(), "{drive}");
        }
    }
    assert_eq!(lacking, LACKING);
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn a_firewall_rule_of_the_test_has_a_row() {
    let made = Made::under_wine();
    let place =
        r"HKLM\System\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules";
    set(
        place,
        "VeldkitProef",
        "REG_SZ",
        r"v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=4444|Name=Proef|",
    );
    let (_, rows) = live(&made, "LiveNetwork");
    let rule = find(&rows, |row| row["id"] == "VeldkitProef", "the rule");
    assert_eq!((&rule["protocol"], &rule["local_ports"][0]), (&17.into(), &"4444".into()), "{rule}");
}

#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn the_environment_of_a_process_is_only_in_the_artifact_that_was_requested() {
    let made = Made::under_wine();
    let listener = Listener::start(&made);
    let (_, rows) = live(&made, "LiveEnvironments");
    let environment = find(&rows, |row| row["pid"] == listener.pid, "the process");
    let variables = environment["variables"].as_array().unwrap();
    let mine: Vec<_> =
        variables.iter().filter(|one| one.as_str().is_some_and(|one| one.starts_with("VELDKIT_"))).collect();
    assert_eq!(mine, ["VELDKIT_PROEF=een waarde"]);
    assert!(environment.get("truncated").is_none() && environment["started"].is_string());
    let (_, rows) = live(&made, "LiveProcesses");
    let process = find(&rows, |row| row["pid"] == listener.pid, "the process");
    assert_eq!(process["started"], environment["started"]);
    assert!(rows.iter().all(|row| !row.to_string().contains("VELDKIT_PROEF")));
}

/// Wine trusts whoever signs, and has no catalogs in which one without a signature could stand. It is a Windows 7 without
/// the functions that came with SHA-2, so what it says against a signature is not used.
#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn signatures_have_their_status_and_signer() {
    let made = Made::under_wine();
    Listener::compile(&made);
    let run = |program: &str, arguments: &str| {
        done(Command::new(program).args(arguments.split(' ')).current_dir(made.path()));
    };
    run(
        "openssl",
        "req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 3650 -subj /CN=Veldkit-proef",
    );
    run("osslsigncode", "sign -certs c.pem -key k.pem -in veldkit-listener.exe -out veldkit-signed.exe");
    let mut altered = fs::read(made.path().join("veldkit-signed.exe")).unwrap();
    // In the words that DOS would have shown, which the signature covers and nobody reads.
    assert_eq!(&altered[0x4e..0x52], b"This");
    altered[0x4e] = b't';
    fs::write(made.path().join("veldkit-altered.exe"), altered).unwrap();
    let programs = ["veldkit-listener.exe", "veldkit-signed.exe", "veldkit-altered.exe"];
    let _running = programs.map(|program| Listener::start_program(&made.path().join(program)));
    let (_, rows) = live(&made, "LiveExecutables");
    let said = programs.map(|program| {
        let fits = |row: &Value| row["path"].as_str().is_some_and(|path| path.ends_with(program));
        find(&rows, fits, program)["signature"].clone()
    });
    assert_eq!(said[0], serde_json::json!({"error": "0x2"}));
    let root = Command::new("openssl")
        .args(["x509", "-in", "c.pem", "-noout", "-fingerprint", "-sha1"])
        .current_dir(made.path())
        .output()
        .unwrap();
    let root = text(&root.stdout);
    let root = root.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase();
    assert_eq!(said[1], serde_json::json!({"status": "valid", "signer": "Veldkit-proef", "root": root}));
    assert_eq!(said[2]["status"], Value::Null, "{}", said[2]);
    assert!(said[2]["error"].as_str().unwrap().contains("SHA-2"), "{}", said[2]);
}

/// A function of Windows' own library that does nothing and returns success, in the place of the one that decides: every
/// file was called valid.
#[test]
#[ignore = "needs Wine and the collector for Windows"]
fn where_another_function_judges_signatures_no_file_is_called_valid() {
    let made = Made::under_wine_apart();
    let judge = r"HKLM\SOFTWARE\Microsoft\Cryptography\Providers\Trust\FinalPolicy\{00AAC56B-CD44-11D0-8CC2-00C04FC295EE}";
    let set = made
        .windows_program("reg.exe")
        .args(["add", judge, "/v", "$Function", "/t", "REG_SZ", "/d", "SoftpubCleanup", "/f"])
        .output()
        .unwrap();
    assert!(set.status.success(), "{}", text(&set.stderr));
    let (json, code) = run(&made, &["--artifact", "LiveExecutables"]);
    let record = made.records_natively().remove(0);
    let unpacked = made.unpack();
    let rows = rows(&unpacked, "live/LiveExecutables.jsonl");
    let files: Vec<_> = rows.iter().filter(|row| row["row"] == "file").collect();
    assert!(files.iter().any(|row| row["sha256"].is_string()), "{rows:#?}");
    assert!(files.iter().all(|row| row["signature"]["status"].is_null()), "{files:#?}");
    assert_eq!((code, &record["outcome"]), (3, &"partial".into()), "{json} {record}");
    let why = record["reason"]["detail"].as_str().unwrap();
    assert!(why.contains("'SoftpubCleanup'") && why.contains("'SoftpubAuthenticode'"), "{why}");
}
