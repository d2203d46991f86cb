//! Lines as the programs themselves write them, and logs of several years.

use super::*;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Reads a line: kind, `-` on failure, user, target user, terminal, host and service.
fn said(text_of: &str) -> Option<String> {
    let line = line(text_of.as_bytes()).unwrap_or_else(|| panic!("no line: {text_of}"));
    let event = event(line.program, line.message)?;
    Some(format!(
        "{}{} {}>{} {}@{} {}",
        event.kind,
        if event.failed { "-" } else { "" },
        text(&event.user),
        text(&event.as_user.unwrap_or_default()),
        text(&event.terminal),
        text(&event.host),
        text(&event.service)
    ))
}

#[test]
fn logon_messages_of_each_program_are_read() {
    for (message, wanted) in [
        (
            "sshd[812]: Accepted publickey for anna from 192.0.2.7 port 50022 ssh2: ED25519 SHA256:abc",
            "logon anna> @192.0.2.7 sshd",
        ),
        (
            "sshd-session[812]: Accepted password for root from 2001:db8::7 port 1 ssh2",
            "logon root> @2001:db8::7 sshd-session",
        ),
        ("sshd[1]: Accepted password for anna", "logon anna> @ sshd"),
        (
            "sshd[1]: Failed password for invalid user x from y from 198.51.100.9 port 4 ssh2",
            "logon- x from y> @198.51.100.9 sshd",
        ),
        (
            "sshd[1]: Failed password for root from 198.51.100.9 port 4 ssh2",
            "logon- root> @198.51.100.9 sshd",
        ),
        ("sshd[1]: Invalid user admin from 198.51.100.9 port 4", "logon- admin> @198.51.100.9 sshd"),
        ("sshd[1]: Invalid user  from 198.51.100.9 port 4", "logon- > @198.51.100.9 sshd"),
        (
            "sshd[1]: Connection closed by authenticating user root 198.51.100.9 port 4 [preauth]",
            "logon- root> @198.51.100.9 sshd",
        ),
        ("sshd[1]: Disconnected from user anna 192.0.2.7 port 4", "ended anna> @192.0.2.7 sshd"),
        (
            "sshd[1]: error: maximum authentication attempts exceeded for invalid user pi from 198.51.100.9 port 4 ssh2 [preauth]",
            "logon- pi> @198.51.100.9 sshd",
        ),
        (
            "sshd[1]: User root from 198.51.100.9 not allowed because not listed in AllowUsers",
            "logon- root> @198.51.100.9 sshd",
        ),
        (
            "sshd[1]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.9  user=root",
            "logon- root> ssh@198.51.100.9 sshd",
        ),
        (
            "sshd[1]: PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.9  user=root",
            "logon- root> ssh@198.51.100.9 sshd",
        ),
        (
            "sshd[1]: pam_unix(sshd:session): session opened for user anna(uid=1000) by (uid=0)",
            "session_opened anna> @ sshd",
        ),
        ("sshd[1]: pam_unix(sshd:session): session closed for user anna", "ended anna> @ sshd"),
        (
            "su[1]: pam_unix(su:session): session opened for user root by anna(uid=1000)",
            "session_opened anna>root @ su",
        ),
        (
            "gdm-password]: pam_unix(gdm-password:session): session opened for user anna(uid=1000) by (uid=0)",
            "session_opened anna> @ gdm-password",
        ),
        ("login[9]: LOGIN ON tty1 BY anna", "logon anna> tty1@ login"),
        ("login[9]: ROOT LOGIN  on '/dev/tty1'", "logon root> /dev/tty1@ login"),
        ("login[9]: ROOT LOGIN ON pts/2 FROM 192.0.2.8", "logon root> pts/2@192.0.2.8 login"),
        (
            "login[9]: FAILED LOGIN (2) on '/dev/tty1' FOR 'root', Authentication failure",
            "logon- root> /dev/tty1@ login",
        ),
        ("login[9]: FAILED LOGIN 1 FROM tty1 FOR root, Authentication failure", "logon- root> tty1@ login"),
        ("su[7]: (to root) anna on pts/0", "elevated anna>root pts/0@ su"),
        ("su: FAILED SU (to root) anna on pts/0", "elevated- anna>root pts/0@ su"),
        ("su[7]: Successful su for root by anna", "elevated anna>root @ su"),
        ("su[7]: - /dev/pts/0 anna:root", "elevated- anna>root /dev/pts/0@ su"),
        (
            "sudo:     anna : TTY=pts/0 ; PWD=/home/anna ; USER=root ; COMMAND=/usr/bin/id",
            "elevated anna>root pts/0@ sudo",
        ),
        (
            "sudo[5]:     eve : user NOT in sudoers ; TTY=pts/1 ; PWD=/tmp ; USER=root ; COMMAND=/bin/sh",
            "elevated- eve>root pts/1@ sudo",
        ),
        (
            "sudo: anna : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/a",
            "elevated- anna>root pts/0@ sudo",
        ),
        ("systemd-logind[400]: New session 3 of user anna.", "session_opened anna> @ systemd-logind"),
        (
            "systemd-logind[400]: New session '3' of user 'anna' with class 'user' and type 'tty'.",
            "session_opened anna> @ systemd-logind",
        ),
        ("systemd-logind[400]: Removed session 3.", "ended > @ systemd-logind"),
        (
            "dropbear[30]: Password auth succeeded for 'root' from 192.0.2.1:5000",
            "logon root> @192.0.2.1 dropbear",
        ),
        ("dropbear[30]: Bad password attempt for 'root' from ::1:5000", "logon- root> @::1 dropbear"),
    ] {
        for begin in [
            "Nov  4 03:00:00 host",
            "2024-11-04T03:00:00.123456+01:00 host",
            "Nov  4 03:00:00 host auth.info",
        ] {
            assert_eq!(said(&format!("{begin} {message}")).as_deref(), Some(wanted), "{begin} {message}");
        }
    }
}

#[test]
fn what_is_no_logon_is_none() {
    for message in [
        "sshd[1]: Server listening on 0.0.0.0 port 22.",
        "sshd[1]: Received disconnect from 192.0.2.7 port 4:11: disconnected by user",
        "CRON[5]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
        "systemd: pam_unix(systemd-user:session): session opened for user anna(uid=1000) by (uid=0)",
        "kernel: Accepted password for anna from 192.0.2.7 port 1 ssh2",
        "sudo: pam_unix(sudo:auth): conversation failed",
        "systemd-logind[4]: Watching system buttons on /dev/input/event1",
    ] {
        assert_eq!(said(&format!("Nov  4 03:00:00 host {message}")), None, "{message}");
    }
    for no_line in [
        "",
        "Nov  4",
        "-- MARK --",
        "Foo  4 03:00:00 host x: y",
        "Feb 30 01:00:00 h sshd: x",
        "Nov 4 25:00:00 h x: y",
    ] {
        assert_eq!(line(no_line.as_bytes()), None, "{no_line}");
    }
}

#[test]
fn several_failures_in_one_line_are_counted_and_commands_are_whole() {
    let line = line(b"Nov  4 03:00:00 h sshd[77]: message repeated 5 times: [ Failed password for root from 198.51.100.9 port 4 ssh2]").unwrap();
    let one = event(line.program, line.message).unwrap();
    assert_eq!((line.pid, one.times, text(&one.host)), (Some(77), Some(5), "198.51.100.9".to_owned()));
    let one =
        event(b"sudo", b"anna : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh -c a ; b COMMAND=c").unwrap();
    assert_eq!(text(&one.command.unwrap()), "/bin/sh -c a ; b COMMAND=c");
}

fn moment(text: &str) -> Utc {
    Utc::new(OffsetDateTime::parse(text, &Rfc3339).unwrap())
}

fn times(log: &str, before: &str) -> (Vec<String>, AuthLog) {
    let (all, failure) = read(&mut log.as_bytes(), Some(moment(before)), 100);
    assert!(failure.is_none());
    (
        all.events.iter().map(|event| event.time.map(|time| time.to_string()).unwrap_or_default()).collect(),
        all,
    )
}

#[test]
fn a_year_is_found_from_the_end_of_the_file() {
    let accepted = "h sshd[1]: Accepted password for anna from 192.0.2.7 port 1 ssh2";
    let log = format!(
        "Nov 30 23:00:00 {accepted}\nDec 31 23:59:59 {accepted}\nJan  1 00:00:01 h kernel: x\nJan  2 00:00:00 {accepted}\n"
    );
    let (found, all) = times(&log, "2024-01-03T00:00:00Z");
    assert_eq!(found, ["2023-11-30T23:00:00Z", "2023-12-31T23:59:59Z", "2024-01-02T00:00:00Z"]);
    assert_eq!((all.lines, all.other, all.no_line, all.older), (4, 1, 0, 0));
    assert_eq!(all.begins.unwrap().to_string(), "2023-11-30T23:00:00Z");
    // A line that is later than the modification time of the file is of the year before.
    let (found, _) = times(&format!("Jun  1 10:00:00 {accepted}\n"), "2024-02-01T00:00:00Z");
    assert_eq!(found, ["2023-06-01T10:00:00Z"]);
    // The host's clock may be ahead of UTC, and lines may be slightly out of order.
    let (found, _) = times(
        &format!("Mar  1 00:00:05 {accepted}\nFeb 29 23:59:59 {accepted}\nMar  1 09:00:00 {accepted}\n"),
        "2024-02-29T23:00:00Z",
    );
    assert_eq!(found, ["2024-03-01T00:00:05Z", "2024-02-29T23:59:59Z", "2024-03-01T09:00:00Z"]);
    // The 29th of February determines the year.
    let (found, _) = times(&format!("Feb 29 10:00:00 {accepted}\n"), "2026-05-01T00:00:00Z");
    assert_eq!(found, ["2024-02-29T10:00:00Z"]);
    // A year or time zone in the line is used.
    let (found, all) = times(
        &format!(
            "Nov 24 2019 03:00:00 {accepted}\n2021-11-24T03:00:00+01:00 {accepted}\n2021-11-24T03:00:00+0100 {accepted}\n"
        ),
        "2026-05-01T00:00:00Z",
    );
    assert_eq!(found, ["2019-11-24T03:00:00Z", "2021-11-24T02:00:00Z", "2021-11-24T02:00:00Z"]);
    let zoneless: Vec<_> = all.events.iter().map(|event| event.zoneless).collect();
    assert_eq!(zoneless, [true, false, false]);
}

#[test]
fn without_the_time_of_the_file_a_line_without_a_year_has_no_time() {
    let log = b"Nov 24 03:00:00 h sshd[1]: Accepted password for anna\n2021-11-24T03:00:00Z h sshd[1]: Accepted password for anna\n";
    let (all, _) = read(&mut &log[..], None, 3);
    let times: Vec<_> = all.events.iter().map(|event| event.time.map(|time| time.to_string())).collect();
    assert_eq!(times, [None, Some("2021-11-24T03:00:00Z".to_owned())]);
}

#[test]
fn every_line_is_an_event_or_is_counted() {
    let accepted = "Nov 24 03:00:00 h sshd[1]: Accepted password for anna from 192.0.2.7 port 1 ssh2\n";
    let mut log = accepted.repeat(5).into_bytes();
    log.extend(b"\0\0\0\0\n\nNov 24 03:0\nNov 24 03:00:00 h cron[1]: x\n");
    log.extend(vec![b'x'; 200_000]);
    let (all, failure) = read(&mut &log[..], Some(moment("2024-12-01T00:00:00Z")), 3);
    assert!(failure.is_none());
    assert_eq!((all.events.len(), all.older, all.other), (3, 2, 1));
    let counted = u64::try_from(all.events.len()).unwrap() + all.older + all.other + all.no_line;
    assert_eq!((all.lines, all.events[0].line), (counted, 3));
    for cut in 0..accepted.len() {
        drop(read(&mut &accepted.as_bytes()[..cut], Some(moment("2024-12-01T00:00:00Z")), 3));
    }
}

#[test]
fn lines_in_the_formats_of_other_daemons_are_read() {
    let of = |text: &str| {
        line(text.as_bytes())
            .map(|line| (line.time, self::text(line.program), line.pid, self::text(line.message)))
    };
    let moment = |text: &str| Utc::new(OffsetDateTime::parse(text, &Rfc3339).unwrap());
    for (facts, said) in [
        ("-", "x [y]"),
        ("[a@1 b=\"c ] \\\" d\"][e f=\"\"]", "x [y]"),
        ("-", "\u{feff}x [y]"),
        ("[a]", "x [y]"),
    ] {
        let text = format!("<86>1 2026-11-24T10:00:32+01:00 h sshd 102 ID47 {facts} {said}");
        let wanted = (
            LogTime::Whole(moment("2026-11-24T09:00:32Z")),
            "sshd".to_owned(),
            Some(102),
            "x [y]".to_owned(),
        );
        assert_eq!(of(&text), Some(wanted), "{text}");
    }
    let local = LogTime::Zoneless(moment("2026-11-24T10:00:33Z"));
    for text in [
        "2026-11-24 10:00:33 h sshd[7]: x",
        "Nov 24 2026 10:00:33 h sshd[7]: x",
        "Nov 24 10:00:33 2026 h sshd[7]: x",
    ] {
        assert_eq!(of(text), Some((local, "sshd".to_owned(), Some(7), "x".to_owned())), "{text}");
    }
    let zoned = of("2026-11-24 10:00:33+01:00 h sshd[7]: x").map(|(time, ..)| time);
    assert_eq!(zoned, Some(LogTime::Whole(moment("2026-11-24T09:00:33Z"))));
    for text in [
        "1 2026-11-24T10:00:32Z h sshd 102",
        "1 2026-11-24T10:00:32Z h sshd 1 - [a",
        "2026-11-24 h sshd[7]: x",
    ] {
        let _ = of(text);
    }
    for (message, wanted) in [
        (
            "pkexec[1]: anna: Executing command [USER=root] [TTY=/dev/pts/0] [CWD=/home/anna] [COMMAND=/usr/bin/id]",
            "elevated anna>root /dev/pts/0@ pkexec",
        ),
        (
            "pkexec[1]: anna: Error executing command as another user: Not authorized [USER=root] [TTY=unknown] [CWD=/] [COMMAND=/usr/bin/id]",
            "elevated- anna>root @ pkexec",
        ),
        (
            "vsftpd: pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=admin rhost=192.0.2.9",
            "logon- admin> ftp@192.0.2.9 vsftpd",
        ),
    ] {
        assert_eq!(said(&format!("Nov 24 10:00:00 h {message}")).as_deref(), Some(wanted), "{message}");
    }
}

#[test]
fn zeros_before_a_line_are_skipped() {
    let line = b"2026-11-24T10:00:00Z h sshd[1]: Accepted password for anna from 192.0.2.7 port 1 ssh2\n";
    let log = [&vec![0; 200_000][..], line, b"\0\0\0", line].concat();
    let (all, failure) = read(&mut &log[..], None, 10);
    assert_eq!((all.events.len(), all.lines, all.no_line, failure.is_none()), (2, 2, 0, true));
}
