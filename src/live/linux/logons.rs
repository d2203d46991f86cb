//! `LiveSessions`, who is logged on now, in the first tier; and `LiveLogons`, who was, from where, and who tried.
//!
//! In: `/run/utmp` and the session files of systemd's logind; `/var/log/wtmp*`, `btmp*` and `lastlog`, what keeps the
//! same in SQLite, `wtmpdb` and `lastlog2`, and text logs and journals (`auth_logons`). Out: [`SessionRow`]s and [`LogonRow`]s. Times are those of the records, by the
//! clock of the host.

use std::collections::VecDeque;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use serde::Serialize;

use super::auth_logons;
use super::last_logons::{lastlog, lastlog2};
use super::linux_host::LinuxHost;
use super::started_files::rooted;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::logons::{LogonFile, LogonRecord, LogonRow};
use crate::evidence::rows::sessions::SessionRow;
use crate::evidence::{ReasonCode, Utc};
use crate::formats::auth_log::rotation;
use crate::formats::logind_session::session;
use crate::formats::seek::ReadSeek;
use crate::formats::{sqlite, utmp};
use crate::live::Exact;
use crate::sources::rows::{Halt, Lines, Rows};

/// Most records told of one file, the last of it: who guesses passwords writes millions into btmp, which is stored.
const MAX_RECORDS: u64 = 200_000;

/// Bytes of a file of records that are read at once: a whole number of records of either length.
const CHUNK: u64 = 9_600 * 4;

/// Most bytes of a session's file.
const MAX_FILE: usize = 64 << 10;

/// How the rows of `LiveSessions` are made.
pub(crate) fn sessions(reach: LinuxHost) -> Rows {
    Rows::new(SessionRow::SCHEMA, "utmp", move |lines| {
        for path in reach.matching("run/systemd/sessions/*") {
            // Beside each session stands a pipe that ends with it, and one may have ended.
            if path.ends_with(b".ref") {
                continue;
            }
            let text = reach.whole(&path, MAX_FILE);
            if !text.is_empty() {
                let id = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                lines.row(&SessionRow::Session(Box::new(session(id, &text))))?;
            }
        }
        // `/var/run` is a link to `/run` but on the oldest.
        let all = reach.matching("run/utmp").into_iter().chain(reach.matching("var/run/utmp"));
        all.take(1).try_for_each(|path| records(&reach, &path, (SessionRow::Logon, SessionRow::File), lines))
    })
}

/// How the rows of `LiveLogons` are made.
pub(crate) fn logons(reach: LinuxHost) -> Rows {
    Rows::new(LogonRow::SCHEMA, "utmp", move |lines| {
        for path in ["var/log/wtmp*", "var/log/btmp*"].iter().flat_map(|pattern| reach.matching(pattern)) {
            if path.ends_with(b".db") {
                wtmpdb(&reach, &path, lines)?;
            } else if rotation::is_not_read(&path) {
                auth_logons::not_read(&reach, &path, lines)?;
            } else {
                records(&reach, &path, (LogonRow::Logon, LogonRow::File), lines)?;
            }
        }
        for path in reach.matching("var/lib/wtmpdb/*") {
            if path.ends_with(b".db") {
                wtmpdb(&reach, &path, lines)?;
            } else {
                auth_logons::not_read(&reach, &path, lines)?;
            }
        }
        lastlog(&reach, lines)?;
        for path in reach.matching("var/lib/lastlog/*") {
            if path.ends_with(b".db") {
                lastlog2(&reach, &path, lines)?;
            } else {
                auth_logons::not_read(&reach, &path, lines)?;
            }
        }
        auth_logons::texts(&reach, lines)?;
        auth_logons::journals(&reach, lines)
    })
}

/// Makes rows of a record and of the end of its file.
type ToRow<R> = (fn(Box<LogonRecord>) -> R, fn(LogonFile) -> R);

/// Writes the records of one file as they are read, the last of them where there are many.
fn records<R: Serialize>(
    reach: &LinuxHost,
    path: &[u8],
    (record_row, end_row): ToRow<R>,
    lines: &mut Lines<'_>,
) -> Result<(), Halt> {
    let (mut file, layout, count) = match open_records(reach, path) {
        Ok(parts) => parts,
        Err(error) => {
            lines.unread(path, &error);
            return Ok(());
        }
    };
    let failed = path.rsplit(|byte| *byte == b'/').next().is_some_and(|name| name.starts_with(b"btmp"));
    let mut end = LogonFile { file: rooted(path), ..LogonFile::default() };
    let mut bytes = Vec::new();
    loop {
        let read = file.by_ref().take(CHUNK).read_to_end(&mut bytes);
        let is_last = !matches!(read, Ok(count) if count > 0);
        let mut written = Ok(());
        let used = utmp::parts(&bytes, layout, is_last, &mut |part| match part {
            utmp::UtmpPart::Empty => end.empty = end.empty.saturating_add(1),
            utmp::UtmpPart::NoRecord(bytes) => {
                end.no_record_bytes = end.no_record_bytes.saturating_add(bytes);
            }
            utmp::UtmpPart::Record(record) if written.is_ok() => {
                end.told = end.told.saturating_add(1);
                let kind = utmp::kind_name(record.kind).unwrap_or_default();
                written = lines.row(&record_row(Box::new(record_of(&end.file, kind, failed, *record))));
            }
            utmp::UtmpPart::Record(_) => {}
        });
        written?;
        bytes.drain(..used.min(bytes.len()));
        match read {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                lines.unread(path, &error);
                break;
            }
        }
    }
    end.records = count;
    auth_logons::older(path, count.saturating_sub(MAX_RECORDS), lines);
    if end.no_record_bytes > 0 {
        let what =
            format!("'/{}': {} bytes are no record", String::from_utf8_lossy(path), end.no_record_bytes);
        lines.short(ReasonCode::ReadError, what);
    }
    lines.row(&end_row(end))
}

/// Opens a file of records where those that get a row begin; how they are laid out, and how many there are by its size.
fn open_records(reach: &LinuxHost, path: &[u8]) -> io::Result<(Box<dyn ReadSeek>, utmp::UtmpLayout, u64)> {
    let mut file = auth_logons::opened(reach, path)?;
    let size = file.seek(SeekFrom::End(0))?;
    let mut sample = |from: u64| {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.by_ref().take(CHUNK).read_to_end(&mut bytes)?;
        Ok::<_, io::Error>(bytes)
    };
    // A file that begins with zeros shows at its end what it is.
    let (head, tail) = (sample(0)?, sample(size.saturating_sub(CHUNK))?);
    let layout = utmp::UtmpLayout::of_records(&[&head, &tail]);
    let length = u64::try_from(layout.record_length()).unwrap_or(u64::MAX);
    let count = size.checked_div(length).unwrap_or(0);
    file.seek(SeekFrom::Start(count.saturating_sub(MAX_RECORDS).saturating_mul(length)))?;
    Ok((file, layout, count))
}

/// A record of utmp, wtmp or btmp as its row.
fn record_of(file: &Exact, kind: &'static str, failed: bool, record: utmp::LoginRecord) -> LogonRecord {
    LogonRecord {
        file: file.clone(),
        kind: kind.into(),
        failed,
        time: record.time,
        user: Exact(record.user),
        terminal: Exact(record.line),
        host: Exact(record.host),
        remote: record.address,
        pid: record.pid,
        session: record.session,
        ..LogonRecord::default()
    }
}

/// Tells the records of a database of wtmpdb, the last of them where there are many. Its table is that of
/// <https://github.com/thkukuk/wtmpdb/blob/main/lib/sqlite.c>: number, kind, user, begin and end in millionths of a second since
/// 1970, terminal, host, service.
fn wtmpdb(reach: &LinuxHost, path: &[u8], lines: &mut Lines<'_>) -> Result<(), Halt> {
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
        lines.unread(path, &error);
    }
    let told = u64::try_from(kept.len()).unwrap_or(u64::MAX);
    if told >= MAX_RECORDS {
        auth_logons::older(path, records.saturating_sub(told), lines);
    }
    kept.into_iter().try_for_each(|logon| lines.row(&LogonRow::Logon(Box::new(logon))))?;
    lines.row(&LogonRow::File(LogonFile { file: rooted(path), records, told, ..LogonFile::default() }))
}

/// A record of wtmpdb.
fn logon(path: &[u8], row: &sqlite::TableRow<'_>) -> Option<LogonRecord> {
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
    Some(LogonRecord {
        file: rooted(path),
        kind: kind.into(),
        time: time(3),
        user: text(2),
        terminal: text(5),
        remote: str::from_utf8(&host.0).ok().and_then(|host| host.parse().ok()),
        host,
        service: Some(text(7)).filter(|service| !service.0.is_empty()),
        until: time(4),
        ..LogonRecord::default()
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sources::target::Target;

    /// Nothing is read further ahead than rows are taken, so what is gone from the file after the first row is not in the
    /// others.
    #[test]
    fn records_become_rows_while_their_file_is_read() {
        const ALL: usize = 20_000;
        let dir = tempfile::TempDir::new().unwrap();
        let mut record = vec![b'h'; 384];
        record[..8].copy_from_slice(&[7, 0, 0, 0, 1, 0, 0, 0]);
        record[332..].fill(0);
        let paths = ["run/utmp", "var/log/wtmp"];
        for path in paths {
            let file = dir.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, record.repeat(ALL)).unwrap();
        }
        let host = LinuxHost::of(&Target::tree(dir.path()).unwrap()).unwrap();
        for (path, rows) in paths.into_iter().zip([sessions(host.clone()), logons(host)]) {
            let file = dir.path().join(path);
            let mut reader = rows.open().unwrap();
            let (mut text, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
            loop {
                match reader.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(count) => text.extend_from_slice(&buffer[..count]),
                    Err(error) => assert_eq!(error.kind(), io::ErrorKind::Interrupted),
                }
                if !text.is_empty() {
                    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(0).unwrap();
                }
            }
            let text = String::from_utf8(text).unwrap();
            let logons = text.lines().filter(|line| line.contains("\"row\":\"logon\"")).count();
            assert!((1..ALL / 2).contains(&logons), "{path}: {logons}");
            let end = format!("\"records\":{ALL},\"told\":{logons}}}");
            assert!(text.trim_end().ends_with(&end), "{path}: {:?}", text.lines().last());
            assert!(reader.finish().is_none());
        }
    }
}
