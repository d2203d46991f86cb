//! What cannot be read, or is more than a limit takes, is lacking of the rows that are made of it: in the record, with its
//! path, and in the exit code.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output, Stdio};

use crate::made::Made;

/// Takes the rows of an artifact; the reason in its record, and the exit code.
fn lacking(made: &Made, artifact: &str) -> (String, i32) {
    let (_, code) = made.collect(["--artifact", artifact, "--no-scan"]);
    let records = made.records();
    let rows =
        records.iter().find(|record| record["artifact"] == artifact && record["kind"] == "rows").unwrap();
    let outcome = rows["outcome"].as_str().unwrap();
    let reason = rows["reason"]["detail"].as_str().unwrap_or_default().to_owned();
    assert_eq!(outcome, if reason.is_empty() { "collected" } else { "partial" }, "{rows}");
    (reason, code)
}

#[test]
fn a_source_of_rows_that_is_not_a_file_is_reported_and_the_run_is_partial() {
    for (artifact, path) in [
        ("LiveNetwork", "etc/hosts"),
        ("LiveNetwork", "etc/resolv.conf"),
        ("LiveNetwork", "etc/environment"),
        ("LiveNetwork", "etc/NetworkManager/system-connections/office"),
        ("LiveNetwork", "etc/exports.d/a.exports"),
        ("LiveNetwork", "etc/samba/smb.conf"),
        ("LiveStorage", "etc/crypttab"),
        ("LiveStorage", "var/log/kern.log"),
        ("LiveAccounts", "etc/group"),
        ("LiveAccounts", "etc/shadow"),
        ("LiveAccounts", "etc/sudoers"),
        ("LiveAccounts", "etc/ssh/sshd_config.d/10-keys.conf"),
        ("LiveAccounts", "etc/ssh/host.pub"),
        ("LiveAccounts", "root/.ssh/authorized_keys"),
        ("LiveSessions", "run/systemd/sessions/7"),
    ] {
        let made = Made::linux();
        let place = made.tree().join(path);
        if place.exists() {
            fs::remove_file(&place).unwrap();
        }
        fs::create_dir_all(&place).unwrap();
        let (reason, code) = lacking(&made, artifact);
        assert!(reason.contains(&format!("'/{path}'")), "{path}: {reason}");
        assert_eq!(code, 3, "{path}");
    }
}

#[test]
fn a_completely_read_tree_lacks_nothing() {
    for artifact in ["LiveNetwork", "LiveStorage", "LiveAccounts", "LiveSessions", "LiveLogons"] {
        let made = Made::linux();
        made.put("etc/hosts", b"127.0.0.1 localhost\n");
        made.put("etc/NetworkManager/system-connections/office", b"[wifi]\nssid=office\n");
        // What is not there, and a link that leads nowhere, is no gap.
        symlink("/nowhere", made.tree().join("etc/crypttab")).unwrap();
        assert_eq!(lacking(&made, artifact), (String::new(), 0), "{artifact}");
    }
}

#[test]
fn items_above_a_limit_are_reported_with_the_limit() {
    let made = Made::linux();
    let hosts = made.put("etc/hosts", b"192.0.2.1 first\n");
    fs::OpenOptions::new().write(true).open(hosts).unwrap().set_len(17 << 20).unwrap();
    let (reason, code) = lacking(&made, "LiveNetwork");
    assert!(reason.contains("'/etc/hosts': it is longer than 16777216 bytes"), "{reason}");
    assert_eq!(code, 3);

    let made = Made::linux();
    let places: Vec<String> = (0..70).map(|number| format!("/etc/keys/{number}")).collect();
    let config = format!("AuthorizedKeysFile {}\n", places.join(" "));
    made.put("etc/ssh/sshd_config", config.as_bytes());
    let (reason, code) = lacking(&made, "LiveAccounts");
    assert!(reason.contains("more than 64 places of SSH keys"), "{reason}");
    assert_eq!(code, 3);

    let made = Made::linux();
    made.put("etc/sudoers", b"@includedir /etc/sudoers.d\n");
    for number in 0..1_005 {
        made.put(&format!("etc/sudoers.d/{number}"), b"anna ALL=(ALL) ALL\n");
    }
    let (reason, code) = lacking(&made, "LiveAccounts");
    assert!(reason.contains("sudoers has more than 1000 files"), "{reason}");
    assert_eq!(code, 3);

    let made = Made::linux();
    let long = format!("anna ALL=(ALL) /bin/{}\n", "x".repeat(20_000));
    made.put("etc/sudoers", long.as_bytes());
    let (reason, code) = lacking(&made, "LiveAccounts");
    assert!(reason.contains("no more than 16384 are in its row"), "{reason}");
    assert_eq!(code, 3);
}

#[test]
fn content_after_long_filler_is_read_or_the_limit_is_reported() {
    let made = Made::linux();
    // More lines than anybody writes, and more bytes than a crontab has.
    made.put(
        "etc/cron.d/quiet",
        &["\n".repeat(60_000), "* * * * * root /tmp/hidden\n".to_owned()].concat().into_bytes(),
    );
    let (reason, code) = lacking(&made, "LiveAutostarts");
    let rows = fs::read_to_string(made.unpack().join("derived/LiveAutostarts.jsonl")).unwrap();
    assert!(rows.contains("/tmp/hidden") && reason.is_empty() && code == 0, "{reason} {rows}");

    let made = Made::linux();
    let padding = "#\n".repeat(1 << 20);
    made.put("etc/cron.d/long", [&padding, "* * * * * root /tmp/hidden\n"].concat().as_bytes());
    let (reason, code) = lacking(&made, "LiveAutostarts");
    assert!(reason.contains("'/etc/cron.d/long': it is longer than 1048576 bytes"), "{reason}");
    assert_eq!(code, 3);

    let made = Made::linux();
    made.put("etc/cron.d/many", "* * * * * root /bin/x\n".repeat(51_000).as_bytes());
    let (reason, code) = lacking(&made, "LiveAutostarts");
    assert!(reason.contains("longer than 1048576") || reason.contains("only the first 50000"), "{reason}");
    assert_eq!(code, 3);

    let made = Made::linux();
    made.put("etc/cron.d/x", b"");
    fs::remove_file(made.tree().join("etc/cron.d/x")).unwrap();
    symlink("y", made.tree().join("etc/cron.d/x")).unwrap();
    symlink("x", made.tree().join("etc/cron.d/y")).unwrap();
    let (reason, code) = lacking(&made, "LiveAutostarts");
    assert!(reason.contains("its links lead round in a circle"), "{reason}");
    assert_eq!(code, 3);
}

#[test]
fn a_malformed_line_of_passwd_or_group_is_counted_with_its_number() {
    let made = Made::linux();
    let passwd = fs::read_to_string(made.tree().join("etc/passwd")).unwrap();
    let lines = passwd.lines().count();
    made.put("etc/passwd", format!("{passwd}hidden:x:0x0:0::/:/bin/sh\n+::::::\n").as_bytes());
    made.put("etc/group", b"root:x:0:\nwheel:x:\n");
    let (reason, code) = lacking(&made, "LiveAccounts");
    assert!(reason.contains(&format!("'/etc/passwd', line {}", lines + 1)), "{reason}");
    assert!(reason.contains("the first of 3"), "{reason}");
    assert_eq!(code, 3);
}

/// Somebody who owns nothing.
const NOBODY: u32 = 65_534;

/// Collects from the tree as a user, with a copy of the program, to a directory of that user.
fn collect_as(made: &Made, user: u32, arguments: &[&str]) -> Output {
    let program = made.path().join("collector");
    fs::copy(env!("CARGO_BIN_EXE_veldkit"), &program).unwrap();
    let theirs = made.path().join("theirs");
    fs::create_dir_all(&theirs).unwrap();
    fs::set_permissions(made.path(), fs::Permissions::from_mode(0o755)).unwrap();
    chown(&theirs, Some(NOBODY), Some(NOBODY)).unwrap();
    let mut command = Command::new(&program);
    command
        .env_clear()
        .envs(crate::made::of_gaps())
        .current_dir(made.path())
        .uid(user)
        .gid(user)
        .args(["collect", "--root", "tree"]);
    command.args(["--out", "theirs/", "--json", "--quiet", "-r"]).arg(made.recipient());
    command.arg("--allow-shared-destination").args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[test]
#[ignore = "needs root"]
fn directories_whose_access_time_cannot_be_kept_are_counted_and_those_of_root_keep_it() {
    let made = Made::linux();
    let touched = |user: u32| {
        let output = collect_as(&made, user, &["--path", "/etc", "--no-scan"]);
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        json["directories_touched"].as_u64().unwrap()
    };
    assert_eq!(touched(0), 0);
    assert!(touched(NOBODY) > 0);
}

/// The records of what could not be learned about the target, and the exit code.
fn unlearned(made: &Made) -> (Vec<(String, String)>, i32) {
    let (_, code) = made.collect(["--artifact", "LinuxAuthLogs", "--no-scan"]);
    let records = made.records();
    let records = records.iter().filter(|record| record["artifact"] == "veldkit:target");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let named = records.map(|record| {
        assert_eq!(record["outcome"], "failed", "{record}");
        (text(&record["origin"]["path"]), text(&record["reason"]["detail"]))
    });
    (named.collect(), code)
}

#[test]
fn accounts_homes_and_configuration_that_cannot_be_learned_have_a_record_each() {
    let made = Made::linux();
    made.put("var/log/auth.log", b"x\n");
    assert_eq!(unlearned(&made), (Vec::new(), 0));

    // Longer than any list of accounts: what is in it would be left out with all homes that it names.
    let made = Made::linux();
    made.put("var/log/auth.log", b"x\n");
    let passwd = made.put("etc/passwd", b"anna:x:1000:1000::/srv/anna:/bin/sh\n");
    fs::OpenOptions::new().write(true).open(passwd).unwrap().set_len(5 << 20).unwrap();
    let (records, code) = unlearned(&made);
    assert_eq!((records[0].0.as_str(), records.len(), code), ("etc/passwd", 1, 3), "{records:?}");
    assert!(records[0].1.contains("longer than 4194304 bytes"), "{records:?}");

    let made = Made::linux();
    made.put("var/log/auth.log", b"x\n");
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    fs::create_dir_all(made.tree().join("home").join(name)).unwrap();
    let mut passwd = fs::read(made.tree().join("etc/passwd")).unwrap();
    passwd.extend_from_slice(b"bob:x:1001:1001::/srv/b\xf6b:/bin/sh\n");
    made.put("etc/passwd", &passwd);
    let (records, code) = unlearned(&made);
    assert_eq!((records.len(), code), (2, 3), "{records:?}");
    assert!(records.iter().all(|(_, why)| why.contains("is not Unicode")), "{records:?}");

    for path in ["etc/group", "etc/nginx/conf.d/site.conf", "etc/apache2/sites-enabled/site.conf"] {
        let made = Made::linux();
        made.put("var/log/auth.log", b"x\n");
        let place = made.tree().join(path);
        if place.exists() {
            fs::remove_file(&place).unwrap();
        }
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        // A socket: what would hang if it was read as a file.
        drop(UnixListener::bind(&place).unwrap());
        let (records, code) = unlearned(&made);
        assert_eq!((records.len(), code), (1, 3), "{path}: {records:?}");
        assert_eq!(records[0].0, path);
    }
}

#[test]
#[ignore = "needs root"]
fn what_a_sweep_may_not_read_has_a_record_and_the_run_is_partial() {
    let made = Made::linux();
    let secret = made.put("etc/secret", b"x");
    made.put("etc/plain", b"x");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let output = collect_as(&made, NOBODY, &["--path", "/etc/hostname", "--sweep", "/etc"]);
    assert_eq!(output.status.code(), Some(3), "{}", crate::made::text(&output.stderr));
    let bundle = fs::read_dir(made.path().join("theirs")).unwrap().map(|entry| entry.unwrap().path());
    let bundle = bundle.into_iter().find(|path| path.extension().is_some_and(|end| end == "age")).unwrap();
    let listed = made.veldkit(["list", bundle.to_str().unwrap(), "-i", "key.txt", "--json"]);
    let listed = crate::made::text(&listed.stdout);
    let denied = listed.lines().filter(|line| line.contains("\"denied\"")).collect::<Vec<_>>();
    assert!(denied.len() == 1 && denied[0].contains("etc/secret"), "{listed}");
}

#[test]
fn files_that_a_configuration_includes_beyond_the_limit_are_lacking_of_the_autostarts() {
    let included = |count: usize| {
        let made = Made::new();
        let line = |number| format!("Include /etc/ssh/more/{number}.conf\n");
        let lines = (0..count).map(line).collect::<Vec<_>>();
        made.put("etc/ssh/sshd_config", lines.concat().as_bytes());
        lacking(&made, "LiveAutostarts")
    };
    assert_eq!(included(100), (String::new(), 0));
    let (reason, code) = included(101);
    assert_eq!(code, 3, "{reason}");
    assert!(reason.contains("more than 100 files that one file includes"), "{reason}");
}
