//! `LiveSessions`, who is logged on now, in the first tier; and `LiveLogons`, who was, from where, and who tried.
//!
//! In: `/run/utmp` and the session files of systemd's logind; `/var/log/wtmp*`, `btmp*` and `lastlog`, and what keeps the
//! same in SQLite, `wtmpdb` and `lastlog2`. Out: a row each of [`Row`]. The moments are those the records have, by the clock of the host.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::net::IpAddr;

use serde::Serialize;

use super::Exact;
use super::files::rooted;
use super::reach::Reach;
use crate::evidence::Utc;
use crate::formats::{sqlite, utmp};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys::is_nothing;

/// Most records told of one file, the last of it: who guesses passwords writes millions into btmp, which is stored.
const MAX_RECORDS: u64 = 20_000;

/// Most bytes of a session's file.
const MAX_FILE: usize = 64 << 10;

/// Most users that are looked up in lastlog.
const MAX_USERS: usize = 100_000;

/// A row of `LiveSessions`, schema `urn:veldkit:live:sessions:1`, or of `LiveLogons`, schema `urn:veldkit:live:logons:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// A record of utmp, wtmp or btmp.
    Logon(Box<Logon>),
    /// A session that logind keeps.
    Session(Box<Session>),
    /// The last logon of a user.
    LastLogon {
        /// Number of the user; left out where the record has a name that no account has.
        #[serde(skip_serializing_if = "Option::is_none")]
        user_id: Option<u32>,
        /// The user's name, in the record or in the target's own accounts.
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        /// When.
        #[serde(skip_serializing_if = "Option::is_none")]
        time: Option<Utc>,
        /// Terminal.
        terminal: Exact,
        /// From where.
        host: Exact,
    },
    /// The end of a file of records.
    File {
        /// The file.
        file: Exact,
        /// Records in it.
        records: u64,
        /// Of them, those that have a row here: the last.
        told: u64,
    },
    /// A file that keeps logons and is not read here: compressed, or a log that SQLite has not written over yet.
    NotRead {
        /// The file.
        file: Exact,
    },
}

/// A record of utmp, wtmp or btmp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Logon {
    /// The file it stands in.
    pub file: Exact,
    /// `boot`, `run_level`, `new_time`, `old_time`, `init`, `login_prompt`, `logon`, `ended` or `accounting`.
    pub kind: &'static str,
    /// Whether it was refused: it stands in btmp.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Utc>,
    /// The user as given; at a failed logon often a password, typed in the wrong place.
    pub user: Exact,
    /// Terminal, or the service.
    pub terminal: Exact,
    /// The other's name or address as it was given.
    pub host: Exact,
    /// The other's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<IpAddr>,
    /// The service that it came by, where the record says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Exact>,
    /// When it ended, where the record itself says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Utc>,
    /// The process, by its number in `LiveProcesses` where it still runs; 0 where the record has none.
    pub pid: u32,
    /// Number of the session.
    pub session: i64,
}

/// A session that logind keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Session {
    /// Its name.
    pub id: Exact,
    /// The user.
    pub user: Exact,
    /// Number of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u32>,
    /// `active`, `online` or `closing`.
    pub state: Exact,
    /// `tty`, `x11`, `wayland` …
    pub kind: Exact,
    /// `user`, `greeter`, `background` …
    pub class: Exact,
    /// The service that opened it: `sshd`, `login` …
    pub service: Exact,
    /// Terminal.
    pub terminal: Exact,
    /// The other's name or address.
    pub remote: Exact,
    /// The process that leads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Utc>,
}

/// How the rows of `LiveSessions` are made.
pub(crate) fn sessions(reach: Reach) -> Rows {
    Rows::new("urn:veldkit:live:sessions:1", "utmp", move |lines| {
        for path in reach.matching("run/systemd/sessions/*") {
            // Beside each session stands a pipe that ends with it, and one may have ended.
            if path.ends_with(b".ref") {
                continue;
            }
            if let Ok(text) = reach.read_bytes(&path, MAX_FILE) {
                let id = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                lines.row(&Row::Session(Box::new(session(id, &text))))?;
            }
        }
        // `/var/run` is a link to `/run` but on the oldest.
        let all = reach.matching("run/utmp").into_iter().chain(reach.matching("var/run/utmp"));
        all.take(1).try_for_each(|path| file(&reach, &path, lines))
    })
}

/// How the rows of `LiveLogons` are made.
pub(crate) fn logons(reach: Reach) -> Rows {
    Rows::new("urn:veldkit:live:logons:1", "utmp", move |lines| {
        for path in ["var/log/wtmp*", "var/log/btmp*"].iter().flat_map(|pattern| reach.matching(pattern)) {
            let packed = [&b".gz"[..], b".xz", b".zst", b".bz2", b".db-wal", b".db-journal", b".db-shm"];
            if path.ends_with(b".db") {
                wtmpdb(&reach, &path, lines)?;
            } else if packed.iter().any(|end| path.ends_with(end)) {
                lines.row(&Row::NotRead { file: rooted(&path) })?;
            } else {
                file(&reach, &path, lines)?;
            }
        }
        for path in reach.matching("var/lib/wtmpdb/*") {
            if path.ends_with(b".db") {
                wtmpdb(&reach, &path, lines)?;
            } else {
                lines.row(&Row::NotRead { file: rooted(&path) })?;
            }
        }
        lastlog(&reach, lines)?;
        for path in reach.matching("var/lib/lastlog/*") {
            if path.ends_with(b".db") {
                lastlog2(&reach, &path, lines)?;
            } else {
                lines.row(&Row::NotRead { file: rooted(&path) })?;
            }
        }
        Ok(())
    })
}

/// Reads the session's file, assignments as for a shell.
#[must_use]
pub fn session(id: &[u8], text: &[u8]) -> Session {
    let mut session = Session { id: Exact::from(id), ..Session::default() };
    for line in text.split(|byte| *byte == b'\n').take(1_000) {
        let Some(cut) = line.iter().position(|byte| *byte == b'=') else { continue };
        let (key, value) =
            (line.get(..cut).unwrap_or_default(), line.get(cut.saturating_add(1)..).unwrap_or_default());
        let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
        let number = || str::from_utf8(value).ok()?.parse::<u64>().ok();
        let exact = || Exact::from(value);
        match key {
            b"USER" => session.user = exact(),
            b"UID" => session.user_id = number().and_then(|uid| uid.try_into().ok()),
            b"STATE" => session.state = exact(),
            b"TYPE" => session.kind = exact(),
            b"CLASS" => session.class = exact(),
            b"SERVICE" => session.service = exact(),
            b"TTY" => session.terminal = exact(),
            b"REMOTE_HOST" => session.remote = exact(),
            b"LEADER" => session.pid = number().and_then(|pid| pid.try_into().ok()),
            b"REALTIME" => {
                let seconds = number().and_then(|micros| i64::try_from(micros / 1_000_000).ok());
                session.since = seconds.and_then(|seconds| Utc::from_unix(seconds, 0));
            }
            _ => {}
        }
    }
    session
}

/// Tells the records of one file, the last of them where there are many.
fn file(reach: &Reach, path: &[u8], lines: &mut Lines<'_>) -> Result<(), Halt> {
    let read = || {
        let mut file = reach.open(path)?;
        let size = file.seek(SeekFrom::End(0))?;
        file.rewind()?;
        let mut head = Vec::new();
        // A number of bytes that is a whole number of records of either length.
        file.by_ref().take(9_600 * 4).read_to_end(&mut head)?;
        let length = utmp::record_length(&head);
        let one = u64::try_from(length).unwrap_or(384);
        let count = size.checked_div(one).unwrap_or(0);
        let told = count.min(MAX_RECORDS);
        file.seek(SeekFrom::Start(count.saturating_sub(told).saturating_mul(one)))?;
        let mut bytes = Vec::new();
        file.take(told.saturating_mul(one)).read_to_end(&mut bytes)?;
        Ok::<_, io::Error>((bytes, length, count))
    };
    let (bytes, length, count) = match read() {
        Ok(read) => read,
        Err(error) => {
            unread(path, &error, lines);
            return Ok(());
        }
    };
    let failed = path.rsplit(|byte| *byte == b'/').next().is_some_and(|name| name.starts_with(b"btmp"));
    let mut told = 0_u64;
    for record in utmp::records(&bytes, length) {
        told = told.saturating_add(1);
        let Some(kind) = utmp::kind_name(record.kind) else { continue };
        lines.row(&Row::Logon(Box::new(Logon {
            file: rooted(path),
            kind,
            failed,
            time: record.time,
            user: Exact(record.user),
            terminal: Exact(record.line),
            host: Exact(record.host),
            remote: record.address,
            service: None,
            until: None,
            pid: record.pid,
            session: record.session,
        })))?;
    }
    lines.row(&Row::File { file: rooted(path), records: count, told })
}

/// Says that a file could not be read; one that has gone meanwhile is no fault.
fn unread(path: &[u8], error: &io::Error, lines: &mut Lines<'_>) {
    if !is_nothing(error) {
        lines.short(code_of(error), format!("reading '/{}': {error}", String::from_utf8_lossy(path)));
    }
}

/// Tells the records of a database of wtmpdb, the last of them where there are many. Its table is that of
/// <https://github.com/thkukuk/wtmpdb/blob/main/lib/sqlite.c>: number, kind, user, begin and end in millionths of a second since
/// 1970, terminal, host, service.
fn wtmpdb(reach: &Reach, path: &[u8], lines: &mut Lines<'_>) -> Result<(), Halt> {
    let (mut records, mut kept) = (0_u64, VecDeque::new());
    let read = reach.open(path).and_then(|mut file| {
        sqlite::rows(&mut file, "wtmp", &mut |row| {
            records = records.saturating_add(1);
            kept.extend(logon(path, &row));
            if u64::try_from(kept.len()).is_ok_and(|kept| kept > MAX_RECORDS) {
                kept.pop_front();
            }
            true
        })
    });
    if let Err(error) = read {
        unread(path, &error, lines);
    }
    let told = u64::try_from(kept.len()).unwrap_or(u64::MAX);
    kept.into_iter().try_for_each(|logon| lines.row(&Row::Logon(Box::new(logon))))?;
    lines.row(&Row::File { file: rooted(path), records, told })
}

/// A record of wtmpdb.
fn logon(path: &[u8], row: &sqlite::Row<'_>) -> Option<Logon> {
    let time = |column: usize| {
        let micros = sqlite::integer(row.column(column).filter(|bytes| !bytes.is_empty())?);
        let nanoseconds = u32::try_from(micros.checked_rem(1_000_000)?).ok()?.checked_mul(1_000)?;
        Utc::from_unix(i64::try_from(micros.checked_div(1_000_000)?).ok()?, nanoseconds)
    };
    let text = |column: usize| Exact::from(row.column(column).unwrap_or_default());
    // The kinds have the numbers of utmp's first ones.
    let kind = match sqlite::integer(row.column(1)?) {
        1 => "boot",
        2 => "run_level",
        3 => "logon",
        _ => return None,
    };
    let host = text(6);
    Some(Logon {
        file: rooted(path),
        kind,
        failed: false,
        time: time(3),
        user: text(2),
        terminal: text(5),
        remote: str::from_utf8(&host.0).ok().and_then(|host| host.parse().ok()),
        host,
        service: Some(text(7)).filter(|service| !service.0.is_empty()),
        until: time(4),
        pid: 0,
        session: 0,
    })
}

/// Tells the last logons that a database of lastlog2 has: name, second since 1970, terminal, host, service
/// (<https://github.com/util-linux/util-linux/blob/master/liblastlog2/src/lastlog2.c>).
fn lastlog2(reach: &Reach, path: &[u8], lines: &mut Lines<'_>) -> Result<(), Halt> {
    let ids = reach.user_ids().into_iter().take(MAX_USERS);
    let ids: BTreeMap<String, u32> = ids.filter_map(|id| Some((reach.user(id)?, id))).collect();
    let mut all = Vec::new();
    let read = reach.open(path).and_then(|mut file| {
        sqlite::rows(&mut file, "Lastlog2", &mut |row| {
            let text = |column: usize| row.column(column).unwrap_or_default();
            let user = String::from_utf8_lossy(text(0)).into_owned();
            all.push(Row::LastLogon {
                user_id: ids.get(&user).copied(),
                user: Some(user),
                time: i64::try_from(sqlite::integer(text(1))).ok().and_then(|time| Utc::from_unix(time, 0)),
                terminal: text(2).into(),
                host: text(3).into(),
            });
            all.len() < MAX_USERS
        })
    });
    if let Err(error) = read {
        unread(path, &error, lines);
    }
    all.iter().try_for_each(|row| lines.row(row))
}

/// Tells the last logons of the target's own accounts: the file has a place for every number, nearly all of it a hole.
fn lastlog(reach: &Reach, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let Ok(mut file) = reach.open(b"var/log/lastlog") else { return Ok(()) };
    let Ok(size) = file.seek(SeekFrom::End(0)) else { return Ok(()) };
    let length = utmp::lastlog_length(size);
    for user_id in reach.user_ids().into_iter().take(MAX_USERS) {
        let at = u64::from(user_id).saturating_mul(length);
        if at >= size || file.seek(SeekFrom::Start(at)).is_err() {
            continue;
        }
        let mut record = Vec::new();
        if file.by_ref().take(length).read_to_end(&mut record).is_err() {
            continue;
        }
        if let Some(utmp::Last { time, line, host }) = utmp::last(&record) {
            let user = reach.user(user_id);
            let user_id = Some(user_id);
            lines.row(&Row::LastLogon { user_id, user, time, terminal: Exact(line), host: Exact(host) })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form that `session_save` of systemd's `logind-session.c` writes.
    #[test]
    fn a_session_of_logind_is_read() {
        let text = b"# This is private data. Do not parse.\nUID=1000\nUSER=anna\nACTIVE=1\nSTATE=active\nREMOTE=1\nTYPE=tty\n\
            CLASS=user\nSCOPE=session-3.scope\nTTY=pts/0\nREMOTE_HOST=10.10.10.200\nSERVICE=sshd\nLEADER=812\n\
            REALTIME=1700000000500000\nMONOTONIC=12\nnonsense\n";
        let read = session(b"3", text);
        assert_eq!((read.user, read.user_id, read.pid), (Exact::from("anna"), Some(1000), Some(812)));
        assert_eq!(
            (read.remote, read.service, read.class),
            ("10.10.10.200".into(), "sshd".into(), "user".into())
        );
        assert_eq!(read.since.unwrap().to_string(), "2023-11-14T22:13:20Z");
        assert_eq!(session(b"c1", b"UID=x\n=\n").user_id, None);
    }
}
