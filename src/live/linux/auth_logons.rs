//! Logons in text logs and journals, for `LiveLogons`: where wtmp is gone, as on current Debian and RHEL, they are nowhere else.
//!
//! In: `/var/log/auth.log*` and `secure*`, where there is neither `messages*`, packed or not; and journals. Out:
//! [`LogonRow`]s, each with the file that has it, and for each file how many of its lines are of something else. Files of a
//! rotation are read from the newest on, since a line without a year is older than the file after it.

use std::io::{self, BufReader, Cursor, Read as _, Seek as _, SeekFrom};

use super::linux_host::LinuxHost;
use super::started_files::rooted;
use crate::evidence::rows::logons::{LogonFile, LogonRecord, LogonRow};
use crate::evidence::{ReasonCode, Utc};
use crate::formats::auth_log::event::{AuthEvent, event};
use crate::formats::auth_log::{self, LoggedEvent, rotation};
use crate::formats::journald;
use crate::formats::seek::ReadSeek;
use crate::live::Exact;
use crate::sources::rows::{Halt, Lines, code_of};
use crate::sys;

/// Most rows of one file, the last of it.
const MAX_EVENTS: usize = 20_000;

/// Most bytes of one log, unpacked: its end, where it is not packed.
const MAX_LOG: u64 = 1 << 30;

/// Most bytes of a file of records that was packed, which is held in memory.
const MAX_UNPACKED: u64 = 64 << 20;

/// Most files of one log, and most journals.
const MAX_FILES: usize = 400;

/// Who says something of a logon in a journal, by `SYSLOG_IDENTIFIER`.
const IDENTIFIERS: [&[u8]; 15] = [
    b"sshd",
    b"sshd-session",
    b"sshd-auth",
    b"sudo",
    b"su",
    b"su-l",
    b"doas",
    b"login",
    b"systemd-logind",
    b"dropbear",
    b"gdm-password]",
    b"gdm-autologin]",
    b"lightdm",
    b"sddm-helper",
    b"cockpit-session",
];

/// Opens a file of records, unpacked in memory where it is packed.
pub(super) fn opened(reach: &LinuxHost, path: &[u8]) -> io::Result<Box<dyn ReadSeek>> {
    let file = reach.open(path)?;
    if !rotation::is_packed(path) {
        return Ok(file);
    }
    let mut bytes = Vec::new();
    rotation::unpacked(path, file)?.take(MAX_UNPACKED.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_UNPACKED) {
        let why = format!("it unpacks to more than the {MAX_UNPACKED} bytes that are read");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(Box::new(Cursor::new(bytes)))
}

/// Reports a file that holds logons and is not read here.
pub(super) fn not_read(reach: &LinuxHost, path: &[u8], lines: &mut Lines<'_>) -> Result<(), Halt> {
    lines.row(&LogonRow::NotRead { file: rooted(path) })?;
    // A log that SQLite has merged is empty, and its index of one holds nothing of its own.
    let holds = !path.ends_with(b"-shm") && reach.stat(path).is_ok_and(|stat| stat.size != Some(0));
    if holds {
        let what = format!("'/{}' holds logons and is not read", String::from_utf8_lossy(path));
        lines.short(ReasonCode::Unsupported, what);
    }
    Ok(())
}

/// Writes the logons in text logs.
pub(super) fn texts(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut any = false;
    for log in ["var/log/auth.log", "var/log/secure", "var/log/messages"] {
        if any && log.ends_with("messages") {
            break;
        }
        let mut files = reach.matching(&format!("{log}*"));
        files.sort_by_cached_key(|path| (rotation::rotation(log.as_bytes(), path), path.clone()));
        any |= !files.is_empty();
        if files.len() > MAX_FILES {
            lines.short(
                ReasonCode::ArtifactLimit,
                format!("no more than {MAX_FILES} files of '/{log}' are read"),
            );
        }
        let mut newer: Option<Utc> = None;
        for path in files.iter().take(MAX_FILES) {
            if rotation::is_not_read(path) {
                not_read(reach, path, lines)?;
                continue;
            }
            let modified = reach.stat(path).ok().and_then(|stat| stat.modified);
            let bounds = [modified, rotation::before(log.as_bytes(), path), newer];
            let before = bounds.into_iter().flatten().min();
            newer = text(reach, path, before, lines)?.or(newer);
        }
    }
    Ok(())
}

/// Notes what a limit leaves out of a file: what is older than the last ones.
pub(super) fn older(path: &[u8], count: u64, lines: &mut Lines<'_>) {
    if count > 0 {
        let name = String::from_utf8_lossy(path);
        lines.short(ReasonCode::ArtifactLimit, format!("'/{name}': the {count} oldest have no rows"));
    }
}

/// Writes the logons of one text log, and returns when it begins.
fn text(
    reach: &LinuxHost,
    path: &[u8],
    before: Option<Utc>,
    lines: &mut Lines<'_>,
) -> Result<Option<Utc>, Halt> {
    let read = reach.open(path).and_then(|mut file| {
        let packed = rotation::is_packed(path);
        let size = file.seek(SeekFrom::End(0))?;
        let skipped = if packed { 0 } else { size.saturating_sub(MAX_LOG) };
        file.seek(SeekFrom::Start(skipped))?;
        let mut log = BufReader::with_capacity(64 << 10, rotation::unpacked(path, file)?.take(MAX_LOG));
        let read = auth_log::read(&mut log, before, MAX_EVENTS);
        Ok((read, skipped > 0 || log.into_inner().limit() == 0))
    });
    let ((log, failure), cut) = match read {
        Ok(read) => read,
        Err(error) => {
            lines.unread(path, &error);
            return Ok(None);
        }
    };
    let name = String::from_utf8_lossy(path);
    if let Some(error) = failure {
        lines.short(code_of(&error), format!("reading '/{name}': {error}"));
    }
    if cut {
        lines.short(ReasonCode::ArtifactLimit, format!("'/{name}': no more than {MAX_LOG} bytes are read"));
    }
    if log.no_line > 0 {
        lines.short(ReasonCode::ReadError, format!("'/{name}': {} lines are no lines of a log", log.no_line));
    }
    older(path, log.older, lines);
    let file = rooted(path);
    let told = u64::try_from(log.events.len()).unwrap_or(u64::MAX);
    for LoggedEvent { line, time, zoneless, pid, event } in log.events {
        let clock = zoneless.then(|| "local".into());
        let record = LogonRecord { line: Some(line), time, clock, ..record_of(&file, event, pid) };
        lines.row(&LogonRow::Logon(Box::new(record)))?;
    }
    let end = LogonFile {
        file,
        records: log.lines,
        told,
        other: log.other,
        unread: log.no_line,
        ..LogonFile::default()
    };
    lines.row(&LogonRow::File(end))?;
    Ok(log.begins)
}

/// An event as its row.
fn record_of(file: &Exact, event: AuthEvent, pid: Option<u32>) -> LogonRecord {
    LogonRecord {
        file: file.clone(),
        kind: event.kind.into(),
        failed: event.failed,
        user: Exact(event.user),
        as_user: event.as_user.map(Exact),
        method: event.method.map(Exact),
        command: event.command.map(Exact),
        times: event.times,
        terminal: Exact(event.terminal),
        remote: str::from_utf8(&event.host).ok().and_then(|host| host.parse().ok()),
        host: Exact(event.host),
        service: Some(Exact(event.service)).filter(|service| !service.0.is_empty()),
        pid: pid.unwrap_or_default(),
        session_name: event.session.map(Exact),
        ..LogonRecord::default()
    }
}

/// Writes the logons in journals.
pub(super) fn journals(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let places = ["var/log/journal/*/*.journal*", "run/log/journal/*/*.journal*"];
    let files: Vec<_> = places.iter().flat_map(|place| reach.matching(place)).collect();
    if files.len() > MAX_FILES {
        lines.short(ReasonCode::ArtifactLimit, format!("no more than {MAX_FILES} journals are read"));
    }
    for path in files.iter().take(MAX_FILES) {
        journal(reach, path, lines)?;
    }
    Ok(())
}

fn journal(reach: &LinuxHost, path: &[u8], lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut file = match reach.open(path) {
        Ok(file) => file,
        Err(error) => {
            lines.unread(path, &error);
            return Ok(());
        }
    };
    let name = String::from_utf8_lossy(path);
    let mut end = LogonFile { file: rooted(path), ..LogonFile::default() };
    for identifier in IDENTIFIERS {
        let read =
            journald::messages(file.as_mut(), b"SYSLOG_IDENTIFIER", identifier).unwrap_or_else(|error| {
                journald::JournalMessages { short: Some(error), ..journald::JournalMessages::default() }
            });
        end.unread = end.unread.saturating_add(read.compressed);
        if let Some(error) = read.short.filter(|error| !sys::is_nothing(error)) {
            lines.short(code_of(&error), format!("reading the journal '/{name}': {error}"));
        }
        for (moment, message) in read.all {
            end.records = end.records.saturating_add(1);
            let Some(event) = event(identifier.strip_suffix(b"]").unwrap_or(identifier), &message) else {
                end.other = end.other.saturating_add(1);
                continue;
            };
            end.told = end.told.saturating_add(1);
            let seconds = i64::try_from(moment / 1_000_000).unwrap_or_default();
            let nanoseconds = u32::try_from(moment % 1_000_000).unwrap_or_default().saturating_mul(1_000);
            let time = Utc::from_unix(seconds, nanoseconds);
            let record = LogonRecord { time, ..record_of(&end.file, event, None) };
            lines.row(&LogonRow::Logon(Box::new(record)))?;
        }
    }
    end.records = end.records.saturating_add(end.unread);
    if end.unread > 0 {
        let what = format!("the journal '/{name}': {} messages are compressed, and not read", end.unread);
        lines.short(ReasonCode::Unsupported, what);
    }
    lines.row(&LogonRow::File(end))
}
