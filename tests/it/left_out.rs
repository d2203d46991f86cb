//! What cannot be read, or is more than a limit takes, is lacking of the rows that are made of it: in the record, with its
//! path, and in the exit code.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

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
fn a_file_that_rows_are_made_of_and_that_is_no_file_is_named_and_the_run_is_partial() {
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
fn a_tree_of_which_all_is_read_lacks_nothing() {
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
fn what_is_more_than_a_limit_takes_is_named_with_the_limit() {
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
fn what_stands_behind_much_that_says_nothing_is_read_or_the_limit_is_named() {
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
fn a_line_of_passwd_or_group_that_names_nobody_is_counted_with_its_number() {
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

#[test]
#[ignore = "needs root"]
fn directories_whose_access_time_cannot_be_kept_are_counted_and_those_of_root_keep_it() {
    let made = Made::linux();
    let json =
        |out: &std::process::Output| -> serde_json::Value { serde_json::from_slice(&out.stdout).unwrap() };
    let program = made.path().join("collector");
    fs::copy(env!("CARGO_BIN_EXE_veldkit"), &program).unwrap();
    let theirs = made.path().join("theirs");
    fs::create_dir(&theirs).unwrap();
    fs::set_permissions(made.path(), fs::Permissions::from_mode(0o755)).unwrap();
    chown(&theirs, Some(NOBODY), Some(NOBODY)).unwrap();
    let run = |user: u32| {
        let mut command = Command::new(&program);
        command.env_clear().current_dir(made.path()).uid(user).gid(user).args(["collect", "--root", "tree"]);
        command.args(["--path", "/etc", "--no-scan", "--out", "theirs/", "--json", "--quiet", "-r"]);
        command.arg(made.recipient()).arg("--allow-shared-destination").stdin(Stdio::null()).output().unwrap()
    };
    assert_eq!(json(&run(0))["directories_touched"], 0);
    let touched = json(&run(NOBODY))["directories_touched"].as_u64().unwrap();
    assert!(touched > 0, "{touched}");
}
