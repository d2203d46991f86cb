//! `LiveSessions`, `LiveLogons` and `LiveAccounts`: of a made system, and held against what `last`, `lastlog` and `ssh-keygen` say.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::{live, of_kind, rows};
use crate::made::{Made, text};

/// A record of wtmp as `bits/utmp.h` lays it out on x86-64.
fn record(kind: u8, user: &str, line: &str, host: &str, seconds: i32) -> Vec<u8> {
    let mut bytes = vec![0; 384];
    bytes[0] = kind;
    bytes[4..8].copy_from_slice(&4242_u32.to_le_bytes());
    bytes[8..8 + line.len()].copy_from_slice(line.as_bytes());
    bytes[40..40 + 4].copy_from_slice(b"ts/0");
    bytes[44..44 + user.len()].copy_from_slice(user.as_bytes());
    bytes[76..76 + host.len()].copy_from_slice(host.as_bytes());
    bytes[340..344].copy_from_slice(&seconds.to_le_bytes());
    bytes
}

fn wtmp() -> Vec<u8> {
    [
        record(2, "reboot", "~", "6.1.0-18-amd64", 1_700_000_000),
        record(7, "anna", "pts/0", "10.10.10.200", 1_700_000_100),
        record(8, "", "pts/0", "", 1_700_003_700),
        record(7, "root", "tty1", "", 1_700_004_000),
    ]
    .concat()
}

#[test]
fn who_was_logged_on_is_what_last_says() {
    let made = Made::linux();
    let file = made.put("var/log/wtmp", &wtmp());
    made.put("var/log/btmp", &record(7, "admin", "ssh:notty", "198.51.100.9", 1_700_000_050));
    made.put("var/log/wtmp.1.zst", b"\x28\xb5\x2f\xfd");
    let mut lastlog = vec![0; 292];
    lastlog[..4].copy_from_slice(&1_700_004_000_u32.to_le_bytes());
    lastlog[4..8].copy_from_slice(b"tty1");
    made.put("var/log/lastlog", &lastlog);
    let (json, code) = made.collect(["--artifact", "LiveLogons"]);
    // What is not read is in a row, and the item is partial.
    assert_eq!(code, 3, "{json}");
    let rows = rows(&made.unpack(), "derived/LiveLogons.jsonl");
    let ours: Vec<_> = of_kind(&rows, "logon")
        .iter()
        .filter(|row| row["kind"] == "logon" && row["failed"].is_null() && row["file"] == "/var/log/wtmp")
        .map(|row| {
            format!(
                "{} {} {}",
                row["user"].as_str().unwrap(),
                row["terminal"].as_str().unwrap(),
                row["time"].as_str().unwrap()
            )
        })
        .collect();
    let said = Command::new("last")
        .args(["--time-format", "iso", "-f"])
        .arg(&file)
        .env("TZ", "UTC")
        .output()
        .unwrap();
    let said = text(&said.stdout);
    // last tells the newest first, and of a logon from elsewhere the host between terminal and time.
    let mut theirs: Vec<_> = said
        .lines()
        .filter(|line| line.starts_with("anna") || line.starts_with("root"))
        .map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            let time = words.iter().find(|word| word.contains('T') && word.contains(':')).unwrap();
            format!("{} {} {}", words[0], words[1], time.replace("+00:00", "Z"))
        })
        .collect();
    theirs.reverse();
    assert_eq!(ours, theirs, "{said}");
    assert_eq!(ours.len(), 2);
    let failed = of_kind(&rows, "logon").into_iter().find(|row| row["failed"] == true).unwrap();
    assert_eq!((&failed["user"], &failed["host"]), (&"admin".into(), &"198.51.100.9".into()));
    let last = of_kind(&rows, "last_logon")[0];
    assert_eq!((&last["user"], &last["time"]), (&"root".into(), &"2023-11-14T23:20:00Z".into()));
    assert_eq!(of_kind(&rows, "not_read")[0]["file"], "/var/log/wtmp.1.zst");
    let files = of_kind(&rows, "file");
    assert!(
        files.iter().any(|row| row["file"] == "/var/log/wtmp" && row["records"] == 4 && row["told"] == 4)
    );
}

#[test]
#[ignore = "needs Python"]
fn logons_in_sqlite_databases_have_rows() {
    let made = Made::linux();
    fs::create_dir_all(made.tree().join("var/lib/wtmpdb")).unwrap();
    let write = r#"
import os, sqlite3
os.makedirs("tree/var/lib/lastlog", exist_ok=True)
all = sqlite3.connect("tree/var/lib/wtmpdb/wtmp.db")
all.execute("CREATE TABLE IF NOT EXISTS wtmp(ID INTEGER PRIMARY KEY, Type INTEGER, User TEXT NOT NULL, Login INTEGER, Logout INTEGER, TTY TEXT, RemoteHost TEXT, Service TEXT)")
add = "INSERT INTO wtmp (Type,User,Login,Logout,TTY,RemoteHost,Service) VALUES(?,?,?,?,?,?,?)"
all.execute(add, (1, "reboot", 1700000000123456, None, "~", "6.12.48", None))
for number in range(30000):
    end = 1700000500000000 if number == 29998 else None
    all.execute(add, (3, "anna", 1700000001000000 + number, end, "pts/0", "198.51.100.7", "sshd"))
all.commit()
all.close()
last = sqlite3.connect("tree/var/lib/lastlog/lastlog2.db")
last.execute("CREATE TABLE IF NOT EXISTS Lastlog2(Name TEXT PRIMARY KEY, Time INTEGER, TTY TEXT, RemoteHost TEXT, Service TEXT)")
last.execute("INSERT INTO Lastlog2 VALUES('root',1700000300,'tty1',NULL,'login')")
last.execute("INSERT INTO Lastlog2 VALUES('gone',1700000400,'pts/1','host.example.org','sshd')")
last.commit()
"#;
    let output = Command::new("python3").args(["-c", write]).current_dir(made.path()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    // SQLite itself takes away a log that is none.
    made.put("var/lib/wtmpdb/wtmp.db-wal", b"log");
    let (json, code) = made.collect(["--artifact", "LiveLogons"]);
    // The log of the database that is not merged may hold more.
    assert_eq!(code, 3, "{json}");
    let rows = rows(&made.unpack(), "derived/LiveLogons.jsonl");
    let logons = of_kind(&rows, "logon");
    let logons: Vec<_> = logons.into_iter().filter(|row| row["file"] == "/var/lib/wtmpdb/wtmp.db").collect();
    assert_eq!(logons.len(), 30_001);
    let (ended, last) = (logons[29_999], logons[30_000]);
    assert_eq!((&last["time"], &last["until"]), (&"2023-11-14T22:13:21.029999Z".into(), &Value::Null));
    assert_eq!((&ended["until"], &ended["service"]), (&"2023-11-14T22:21:40Z".into(), &"sshd".into()));
    assert_eq!((&last["user"], &last["remote"]), (&"anna".into(), &"198.51.100.7".into()));
    assert_eq!(of_kind(&rows, "file")[0]["records"], 30_001);
    let last = of_kind(&rows, "last_logon");
    assert_eq!((&last[0]["user"], &last[0]["user_id"]), (&"root".into(), &0.into()));
    assert_eq!((&last[0]["time"], &last[0]["host"]), (&"2023-11-14T22:18:20Z".into(), &"".into()));
    assert_eq!((&last[1]["user"], &last[1]["user_id"]), (&"gone".into(), &Value::Null));
    assert_eq!(of_kind(&rows, "not_read")[0]["file"], "/var/lib/wtmpdb/wtmp.db-wal");
}

#[test]
fn thousands_of_attempts_have_a_row_each() {
    let made = Made::linux();
    let many: Vec<u8> =
        (0..30_000).flat_map(|n| record(7, "root", "ssh:notty", "198.51.100.9", 1_700_000_000 + n)).collect();
    made.put("var/log/btmp", &many);
    let (json, code) = made.collect(["--artifact", "LiveLogons"]);
    assert_eq!(code, 0, "{json}");
    let rows = rows(&made.unpack(), "derived/LiveLogons.jsonl");
    let logons = of_kind(&rows, "logon");
    let logons: Vec<_> = logons.into_iter().filter(|row| row["file"] == "/var/log/btmp").collect();
    assert_eq!((logons.len(), &logons[29_999]["time"]), (30_000, &"2023-11-15T06:33:19Z".into()));
    assert_eq!(of_kind(&rows, "file")[0]["records"], 30_000);
}

#[test]
fn sessions_of_logind_and_utmp_are_in_the_first_tier() {
    let made = Made::linux();
    made.put("run/utmp", &record(7, "anna", "pts/0", "10.10.10.200", 1_700_000_100));
    made.put(
        "run/systemd/sessions/3",
        b"UID=1000\nUSER=anna\nSTATE=active\nTTY=pts/0\nSERVICE=sshd\nLEADER=812\nREMOTE_HOST=10.10.10.200\n",
    );
    made.put("run/systemd/sessions/3.ref", b"");
    let (json, code) = made.collect(["--artifact", "LiveSessions", "--path", "/etc/passwd"]);
    assert_eq!(code, 0, "{json}");
    assert!(json["first_tier_seconds"].as_f64().is_some(), "{json}");
    let rows = rows(&made.unpack(), "derived/LiveSessions.jsonl");
    let sessions = of_kind(&rows, "session");
    assert_eq!(sessions.len(), 1);
    assert_eq!(
        (&sessions[0]["id"], &sessions[0]["pid"], &sessions[0]["service"]),
        (&"3".into(), &812.into(), &"sshd".into())
    );
    assert_eq!(of_kind(&rows, "logon")[0]["user"], "anna");
}

#[test]
fn accounts_keys_and_rights_have_rows_without_password_hashes() {
    let made = Made::linux();
    made.put("etc/passwd", b"root:x:0:0:root:/root:/bin/bash\ntoor::0:0::/root:/bin/sh\nanna:x:1000:1000:A:/home/anna:/bin/bash\nwww:x:33:33::/var/www:/usr/sbin/nologin\n");
    made.put("etc/shadow", b"root:$y$j9T$salt$SECRETHASH:19700:0:99999:7:::\nanna:!$6$salt$SECRETHASH:19701::::::\nwww:*:19000::::::\n");
    made.put("etc/sudoers", b"Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n");
    made.put("etc/sudoers.d/backdoor", b"www ALL=(ALL) NOPASSWD: ALL\n");
    made.put("etc/sudoers.d/left.bak", b"x ALL=ALL\n");
    made.put("etc/ssh/sshd_config", b"AuthorizedKeysFile .ssh/authorized_keys /etc/keys/%u\n");
    let key = made.path().join("key");
    let ran = Command::new("ssh-keygen")
        .args(["-q", "-t", "rsa", "-b", "2048", "-N", "", "-C", "a@b", "-f"])
        .arg(&key)
        .status();
    assert!(ran.unwrap().success());
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    made.put("etc/keys/anna", public.as_bytes());
    made.put("root/.ssh/authorized_keys2", format!("command=\"/x y\" {public}").as_bytes());
    let (json, code) = made.collect(["--artifact", "LiveAccounts"]);
    assert_eq!(code, 0, "{json}");
    let unpacked = made.unpack();
    let told = fs::read_to_string(unpacked.join("derived/LiveAccounts.jsonl")).unwrap();
    assert!(!told.contains("SECRETHASH") && !told.contains("salt"), "{told}");
    let rows = rows(&unpacked, "derived/LiveAccounts.jsonl");
    let accounts: Vec<_> = of_kind(&rows, "account")
        .iter()
        .map(|row| {
            (
                row["name"].as_str().unwrap().to_owned(),
                row["password"].as_str().unwrap().to_owned(),
                row["method"].as_str().map(str::to_owned),
            )
        })
        .collect();
    let one = |name: &str, state: &str, method: Option<&str>| {
        (name.to_owned(), state.to_owned(), method.map(str::to_owned))
    };
    assert_eq!(
        accounts,
        [
            one("root", "set", Some("yescrypt")),
            one("toor", "none", None),
            one("anna", "locked", Some("sha512crypt")),
            one("www", "unusable", None),
        ]
    );
    let said =
        text(&Command::new("ssh-keygen").arg("-lf").arg(key.with_extension("pub")).output().unwrap().stdout);
    let keys = of_kind(&rows, "ssh_key");
    assert_eq!(keys.len(), 2, "{keys:?}");
    for key in &keys {
        assert!(said.contains(key["fingerprint"].as_str().unwrap()), "{said} {key}");
    }
    assert!(keys.iter().any(|key| key["account"] == "anna" && key["file"] == "/etc/keys/anna"), "{keys:?}");
    assert!(
        keys.iter().any(|key| key["account"] == "root" && key["options"] == "command=\"/x y\""),
        "{keys:?}"
    );
    let sudo: Vec<_> =
        of_kind(&rows, "sudo").iter().map(|row| row["who"].as_str().unwrap().to_owned()).collect();
    assert_eq!(sudo, ["root", "www"]);
}

#[test]
#[ignore = "needs root"]
fn the_running_system_has_rows_of_its_accounts() {
    let made = Made::new();
    let (json, rows) = live(&made, "LiveAccounts");
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let names: Vec<_> = passwd.lines().filter_map(|line| line.split(':').next()).collect();
    let ours: Vec<_> =
        of_kind(&rows, "account").iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ours, names, "{json}");
    assert!(of_kind(&rows, "account").iter().all(|row| row["password"].is_string()), "root reads shadow");
}
