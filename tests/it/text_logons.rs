//! Logons in text logs, journals and packed records of a made host: each is a row, or is counted with its reason.

use std::fs;

use serde_json::Value;

use crate::host_faults::Collected;
use crate::made::Made;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// Sets the moment at which a file was changed last.
fn changed_at(path: &std::path::Path, seconds: i64) {
    filetime::set_file_mtime(path, filetime::FileTime::from_unix_time(seconds, 0)).unwrap();
}

/// User, time and file of the rows of logons in texts and journals.
fn logged(found: &Collected) -> Vec<String> {
    let logons = found.of_kind("logon").into_iter();
    let of = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    logons
        .map(|row| format!("{} {} {} {}", of(row, "kind"), of(row, "user"), of(row, "time"), of(row, "file")))
        .collect()
}

/// 2024-01-10, in seconds since 1970.
const JANUARY: i64 = 1_704_844_800;

#[test]
fn logons_of_texts_and_their_rotations_have_the_year_that_their_order_leads_to() {
    let made = Made::linux();
    let accepted =
        |user: &str| format!("h sshd[7]: Accepted password for {user} from 192.0.2.7 port 1 ssh2\n");
    let log = made.put("var/log/auth.log", format!("Jan  8 01:00:00 {}", accepted("new")).as_bytes());
    // Copied today, as the times of a copy are: the order says that it is older.
    let older = format!("Dec 30 01:00:00 {}Jan  2 01:00:00 {}", accepted("last"), accepted("turn"));
    let first = made.put("var/log/auth.log.1", older.as_bytes());
    let packed = made.put(
        "var/log/auth.log.2.gz",
        &gzip(format!("Dec 31 01:00:00 {}Feb  3 01:00:00 {}", accepted("old"), accepted("gone")).as_bytes()),
    );
    for path in [&log, &first, &packed] {
        changed_at(path, JANUARY);
    }
    let found = Collected::of(&made, "LiveLogons");
    assert_eq!(found.code, 0, "{}", found.json);
    assert_eq!(
        logged(&found),
        [
            "logon new 2024-01-08T01:00:00Z /var/log/auth.log",
            "logon last 2023-12-30T01:00:00Z /var/log/auth.log.1",
            "logon turn 2024-01-02T01:00:00Z /var/log/auth.log.1",
            "logon old 2022-12-31T01:00:00Z /var/log/auth.log.2.gz",
            "logon gone 2023-02-03T01:00:00Z /var/log/auth.log.2.gz",
        ]
    );
    let row = found.of_kind("logon")[0];
    assert_eq!(
        (&row["clock"], &row["line"], &row["remote"]),
        (&"local".into(), &1.into(), &"192.0.2.7".into())
    );
}

#[test]
fn every_line_of_a_log_is_a_row_or_is_counted() {
    let made = Made::linux();
    fs::remove_file(made.tree().join("var/log/auth.log")).unwrap();
    let secure = "2024-11-24T03:00:00.5+01:00 h sshd[1]: Failed password for invalid user x from 198.51.100.9 port 2 ssh2\n\
        2024-11-24T03:00:01+01:00 h sudo[2]:  anna : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/tmp/k\n\
        2024-11-24T03:00:02+01:00 h crond[3]: x\n";
    made.put("var/log/secure", secure.as_bytes());
    let found = Collected::of(&made, "LiveLogons");
    assert_eq!(found.code, 0, "{}", found.json);
    assert_eq!(
        logged(&found),
        [
            "logon x 2024-11-24T02:00:00.5Z /var/log/secure",
            "elevated anna 2024-11-24T02:00:01Z /var/log/secure"
        ]
    );
    let end = found.of_kind("file")[0].clone();
    assert_eq!((&end["records"], &end["told"], &end["other"]), (&3.into(), &2.into(), &1.into()));
    assert_eq!(found.of_kind("logon")[1]["command"], "/tmp/k");
    // Torn lines, a gzip that is cut, and what is packed otherwise.
    for (path, content, wanted) in [
        ("var/log/secure", [secure.as_bytes(), b"\0\0torn\n"].concat(), "1 lines are no lines of a log"),
        (
            "var/log/secure.1.gz",
            gzip(&secure.repeat(900).into_bytes())[..200].to_vec(),
            "/var/log/secure.1.gz",
        ),
        (
            "var/log/secure-20241101.zst",
            b"\x28\xb5\x2f\xfd".to_vec(),
            "secure-20241101.zst' holds logons and is not read",
        ),
        ("var/log/secure-20241102.xz", XZ[..60].to_vec(), "reading '/var/log/secure-20241102.xz'"),
        (
            // A dictionary of 4 GiB is not made.
            "var/log/secure-20241102.lzma",
            [&[0x5d, 0xff, 0xff, 0xff, 0xff], &LZMA[5..]].concat(),
            "reading '/var/log/secure-20241102.lzma'",
        ),
        ("var/log/wtmp.1.gz", b"\x1f\x8b\x08".to_vec(), "var/log/wtmp.1.gz"),
        ("var/log/btmp-20241101.zst", b"\x28\xb5\x2f\xfd".to_vec(), "btmp-20241101.zst' holds logons"),
        (
            "var/log/journal/a/system.journal",
            b"no journal".repeat(40),
            "reading the journal '/var/log/journal/a/system",
        ),
    ] {
        let made = Made::linux();
        made.put(path, &content);
        made.collect(["--artifact", "LiveLogons", "--no-scan"]);
        let record = &made.records()[0];
        let reason = record["reason"]["detail"].as_str().unwrap_or_default().to_owned();
        assert!(record["outcome"] == "partial" && reason.contains(wanted), "{path}: {record}");
        fs::remove_file(made.bundle()).unwrap();
        assert_eq!(Collected::of(&Made::linux(), "LiveLogons").code, 0);
    }
}

/// One line of a log, as `xz` and `xz --format=lzma` of Debian pack it.
const XZ: &[u8] = b"\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00\x74\x2f\xe5\xa3\xe0\x00\x5b\x00\x5a\x5d\x00\x19\x0c\x02\x92\x83\x80\x46\x14\xad\x10\xa6\x78\xac\xe7\x1d\x87\xaa\x14\x4a\x13\xed\x84\x1f\x05\xb8\x46\x18\x1d\xb3\x7a\x0e\x20\xf7\xcf\x58\x34\x69\xcd\xe4\x99\xd4\x32\x8b\x4a\xfa\xdf\x69\x94\x18\x16\x5e\xce\xc1\xc0\x9a\x24\xa8\x06\x4a\xfe\x50\xf3\x95\x9c\xf5\x86\x6a\x3a\x51\xb7\xe8\xc9\x0d\x64\xa3\xc2\x6e\xab\xfa\xe3\xcd\xfa\x4b\x91\x34\xae\xec\x16\x44\x00\x00\x00\x00\x88\x74\xb8\x9c\x2a\x9c\x44\x83\x00\x01\x76\x5c\x84\x76\x3e\x3b\x1f\xb6\xf3\x7d\x01\x00\x00\x00\x00\x04\x59\x5a";
const LZMA: &[u8] = b"\x5d\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x19\x0c\x02\x92\x83\x80\x46\x14\xad\x10\xa6\x78\xac\xe7\x1d\x87\xaa\x14\x4a\x13\xed\x84\x1f\x05\xb8\x46\x18\x1d\xb3\x7a\x0e\x20\xf7\xcf\x58\x34\x69\xcd\xe4\x99\xd4\x32\x8b\x4a\xfa\xdf\x69\x94\x18\x16\x5e\xce\xc1\xc0\x9a\x24\xa8\x06\x4a\xfe\x50\xf3\x95\x9c\xf5\x86\x6a\x3a\x51\xb7\xe8\xc9\x0d\x64\xa3\xc2\x6e\xab\xfa\xe3\xcd\xfa\x4b\x91\x34\xae\xed\x0e\x65\x0a\xc8\xff\xaf\xa5\x80\x00";

#[test]
fn a_log_that_xz_or_lzma_has_packed_is_read() {
    let made = Made::linux();
    fs::remove_file(made.tree().join("var/log/auth.log")).unwrap();
    made.put("var/log/secure.1.xz", &[XZ, XZ].concat());
    made.put("var/log/secure-20241201.lzma", LZMA);
    let found = Collected::of(&made, "LiveLogons");
    assert_eq!(found.code, 0, "{}", found.json);
    let of = |file: &str| {
        logged(&found)
            .into_iter()
            .filter(|row| *row == format!("elevated anna 2024-11-24T02:00:01Z {file}"))
            .count()
    };
    assert_eq!(
        (of("/var/log/secure.1.xz"), of("/var/log/secure-20241201.lzma")),
        (2, 1),
        "{:?}",
        logged(&found)
    );
}

#[test]
fn a_compressed_wtmp_is_read() {
    let made = Made::linux();
    let mut record = vec![0; 384];
    record[0] = 7;
    record[8..13].copy_from_slice(b"pts/0");
    record[44..48].copy_from_slice(b"anna");
    record[340..344].copy_from_slice(&1_700_000_100_i32.to_le_bytes());
    made.put("var/log/wtmp.2.gz", &gzip(&record.repeat(3)));
    let found = Collected::of(&made, "LiveLogons");
    let rows = logged(&found);
    let wanted = "logon anna 2023-11-14T22:15:00Z /var/log/wtmp.2.gz";
    assert_eq!((found.code, rows.iter().filter(|row| *row == wanted).count()), (0, 3), "{rows:?}");
}

/// What systemd's own program writes into a journal, in either of its forms: one message is long enough to be compressed.
#[test]
#[ignore = "needs systemd-journal-remote"]
fn logons_of_a_journal_are_rows_and_what_is_compressed_is_counted() {
    use std::fmt::Write as _;

    let mut export = String::new();
    let long = format!("anna : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/echo {}", "abcdefgh".repeat(400));
    for (moment, identifier, message) in [
        (1, "sshd-session", "Accepted publickey for anna from 192.0.2.7 port 1 ssh2: ED25519 SHA256:x"),
        (2, "sshd-session", "Connection closed by authenticating user root 198.51.100.9 port 4 [preauth]"),
        (3, "sudo", "anna : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id"),
        (4, "sudo", long.as_str()),
        (5, "systemd-logind", "New session 3 of user anna."),
        (6, "systemd-logind", "Watching system buttons on /dev/input/event1"),
        (7, "kernel", "Accepted password for x from 192.0.2.7 port 1 ssh2"),
    ] {
        writeln!(
            export,
            "__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={moment}\n_BOOT_ID={:032x}\nSYSLOG_IDENTIFIER={identifier}\n\
             MESSAGE={message}\n",
            1_700_000_000_000_000_u64 + moment * 1_000_000,
            1
        )
        .unwrap();
    }
    for compact in ["0", "1"] {
        let made = Made::linux();
        fs::remove_file(made.tree().join("var/log/auth.log")).unwrap();
        fs::write(made.path().join("export"), &export).unwrap();
        let journal = made.tree().join("var/log/journal/0123/system.journal");
        fs::create_dir_all(journal.parent().unwrap()).unwrap();
        let written = std::process::Command::new("/lib/systemd/systemd-journal-remote")
            .env("SYSTEMD_JOURNAL_COMPACT", compact)
            .arg("--output")
            .args([journal.as_os_str(), made.path().join("export").as_os_str()])
            .output()
            .unwrap();
        assert!(written.status.success(), "{}", crate::made::text(&written.stderr));
        let found = Collected::of(&made, "LiveLogons");
        let place = "/var/log/journal/0123/system.journal";
        assert_eq!(
            logged(&found),
            [
                format!("logon anna 2023-11-14T22:13:21Z {place}"),
                format!("logon root 2023-11-14T22:13:22Z {place}"),
                format!("elevated anna 2023-11-14T22:13:23Z {place}"),
                format!("session_opened anna 2023-11-14T22:13:25Z {place}"),
            ]
        );
        let end = found.of_kind("file")[0].clone();
        assert_eq!(
            (&end["records"], &end["told"], &end["other"], &end["unread"]),
            (&6.into(), &4.into(), &1.into(), &1.into())
        );
        assert_eq!(found.code, 3, "{}", found.json);
    }
}

/// A record of wtmp as `bits/utmp.h` lays it out on x86-64.
fn record(kind: u8, user: &str, line: &str, host: &str, seconds: i32) -> Vec<u8> {
    let mut bytes = vec![0; 384];
    bytes[0] = kind;
    bytes[4..8].copy_from_slice(&4242_u32.to_le_bytes());
    for (at, text) in [(8, line), (40, "ts/0"), (44, user), (76, host)] {
        bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    bytes[340..344].copy_from_slice(&seconds.to_le_bytes());
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        bytes[348..352].copy_from_slice(&address.octets());
    }
    bytes
}

/// `[7] [04242] [ts/0] [anna    ] [pts/0       ] [10.0.0.1 ] [10.0.0.1 ] [2023-11-14T22:13:20,000000+00:00]` for each record.
#[test]
#[ignore = "needs utmpdump"]
fn every_record_of_wtmp_is_the_one_that_utmpdump_prints() {
    let made = Made::linux();
    fs::remove_file(made.tree().join("var/log/auth.log")).unwrap();
    let kinds = [
        "",
        "run_level",
        "boot",
        "new_time",
        "old_time",
        "init",
        "login_prompt",
        "logon",
        "ended",
        "accounting",
    ];
    let mut bytes = Vec::new();
    for number in 0..90_i32 {
        let kind = u8::try_from(number % 9 + 1).unwrap();
        let (user, host) = (format!("u{number}"), format!("10.0.{number}.7"));
        bytes.extend(record(kind, &user, &format!("pts/{number}"), &host, 1_700_000_000 + number * 3_600));
    }
    let file = made.put("var/log/wtmp", &bytes);
    let output = std::process::Command::new("utmpdump").arg(&file).env("TZ", "UTC").output().unwrap();
    let printed = crate::made::text(&output.stdout);
    let theirs: Vec<String> = printed
        .lines()
        .map(|line| {
            let parts: Vec<&str> = line.split(['[', ']']).skip(1).step_by(2).map(str::trim).collect();
            let kind = kinds[parts[0].parse::<usize>().unwrap()];
            let time = parts[7].split(',').next().unwrap();
            format!(
                "{kind} {} {} {} {} {time}Z",
                parts[1].trim_start_matches('0'),
                parts[3],
                parts[4],
                parts[6]
            )
        })
        .collect();
    let found = Collected::of(&made, "LiveLogons");
    let ours: Vec<String> = found
        .of_kind("logon")
        .iter()
        .map(|row| {
            let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
            format!(
                "{} {} {} {} {} {}",
                text("kind"),
                row["pid"],
                text("user"),
                text("terminal"),
                text("remote"),
                text("time")
            )
        })
        .collect();
    assert_eq!((ours.len(), &ours), (90, &theirs), "{printed}");
}
