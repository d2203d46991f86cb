//! The last logon of each user, for `LiveLogons`: `/var/log/lastlog`, and `lastlog2`, which keeps the same in SQLite.
//!
//! In: the files of a target. Out: a [`LastLogon`] for each user that has one, and what was not read.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use super::linux_host::LinuxHost;
use crate::evidence::rows::logons::{LastLogon, LogonRow};
use crate::evidence::{Range, ReasonCode, Utc};
use crate::formats::lastlog::LastlogLayout;
use crate::formats::seek::ReadSeek;
use crate::formats::{lastlog, sqlite};
use crate::live::Exact;
use crate::sources::rows::{Halt, Lines};
use crate::sys;

/// Most bytes read of a lastlog, the holes left out that the file system reports: 14 million users.
const MAX_LASTLOG: u64 = 4 << 30;

/// Most stretches of a lastlog between its holes.
const MAX_STRETCHES: usize = 1 << 20;

/// A multiple of the lengths of a record of lastlog in either layout.
const LASTLOG_STEP: u64 = 292 * 296;

/// Most users that are looked up in lastlog2.
const MAX_USERS: usize = 100_000;

/// Tells the last logons that a database of lastlog2 has: name, second since 1970, terminal, host, service
/// (<https://github.com/util-linux/util-linux/blob/master/liblastlog2/src/lastlog2.c>).
pub(super) fn lastlog2(reach: &LinuxHost, path: &[u8], lines: &mut Lines<'_>) -> Result<(), Halt> {
    let ids = reach.gaps().at_most(MAX_USERS, "accounts", reach.user_ids());
    let ids: BTreeMap<String, u32> = ids.filter_map(|id| Some((reach.user(id)?, id))).collect();
    let mut all = Vec::new();
    let read = reach.open(path).and_then(|mut file| {
        sqlite::rows(&mut file, "Lastlog2", &mut |row| {
            let text = |column: usize| row.column(column).unwrap_or_default();
            let user = String::from_utf8_lossy(text(0)).into_owned();
            all.push(LogonRow::LastLogon(LastLogon {
                user_id: ids.get(&user).copied(),
                user: Some(user),
                time: i64::try_from(sqlite::integer(text(1))).ok().and_then(|time| Utc::from_unix(time, 0)),
                terminal: text(2).into(),
                host: text(3).into(),
            }));
            all.len() < MAX_USERS
        })
    });
    if let Err(error) = read {
        lines.unread(path, &error);
    }
    all.iter().try_for_each(|row| lines.row(row))
}

/// Writes the last logons of all users: the file has a place for every number, nearly all of it a hole. Users whom the
/// target's own accounts do not name were deleted, or are those of a directory service.
pub(super) fn lastlog(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let path = b"var/log/lastlog";
    let written = reach.open(path).and_then(|mut file| {
        let size = file.seek(SeekFrom::End(0))?;
        let stretches = lastlog_stretches(reach, path, size, lines);
        let mut sample = Vec::new();
        if let Some(first) = stretches.first() {
            file.seek(SeekFrom::Start(first.offset.saturating_sub(first.offset % LASTLOG_STEP)))?;
            file.by_ref().take(LASTLOG_STEP * 4).read_to_end(&mut sample)?;
        }
        let layout = LastlogLayout::of(size, &sample);
        last_logons(reach, file.as_mut(), (layout, &stretches), lines)
    });
    match written {
        Ok(result) => result,
        Err(error) => {
            lines.unread(path, &error);
            Ok(())
        }
    }
}

/// The stretches of a lastlog that may hold records: those that the file system keeps, where it reports them.
fn lastlog_stretches(reach: &LinuxHost, path: &[u8], size: u64, lines: &mut Lines<'_>) -> Vec<Range> {
    let known = reach.open_file(path).ok().and_then(|file| sys::data_ranges(&file, size, MAX_STRETCHES));
    let (mut stretches, _) = known.unwrap_or_else(|| (vec![Range::from((0, size))], false));
    let (mut room, mut lost) = (MAX_LASTLOG, 0_u64);
    for stretch in &mut stretches {
        let kept = stretch.length.min(room);
        room = room.saturating_sub(kept);
        lost = lost.saturating_add(stretch.length.saturating_sub(kept));
        stretch.length = kept;
    }
    if lost > 0 {
        let what = format!("'/var/log/lastlog': {lost} bytes were not read, at most {MAX_LASTLOG} are");
        lines.short(ReasonCode::Unsupported, what);
    }
    stretches.retain(|stretch| stretch.length > 0);
    stretches
}

/// Writes the records in stretches of a lastlog.
fn last_logons(
    reach: &LinuxHost,
    file: &mut dyn ReadSeek,
    (layout, stretches): (LastlogLayout, &[Range]),
    lines: &mut Lines<'_>,
) -> io::Result<Result<(), Halt>> {
    let length = u64::try_from(layout.record_length()).unwrap_or(u64::MAX);
    let mut next = 0_u64;
    for stretch in stretches {
        // A record may begin before the block that holds the rest of it.
        let first = stretch.offset.checked_div(length).unwrap_or(0).max(next);
        next = stretch.offset.saturating_add(stretch.length).div_ceil(length).max(next);
        file.seek(SeekFrom::Start(first.saturating_mul(length)))?;
        let mut file = (&mut *file).take(next.saturating_sub(first).saturating_mul(length));
        let mut user_id = first;
        loop {
            let mut bytes = Vec::new();
            file.by_ref().take(length.saturating_mul(1_024)).read_to_end(&mut bytes)?;
            if bytes.is_empty() {
                break;
            }
            for record in bytes.chunks(layout.record_length()) {
                let last = lastlog::last(record, layout).zip(u32::try_from(user_id).ok());
                user_id = user_id.saturating_add(1);
                let Some((lastlog::Last { time, line, host }, user_id)) = last else { continue };
                let (user, user_id) = (reach.user(user_id), Some(user_id));
                let last = LastLogon { user_id, user, time, terminal: Exact(line), host: Exact(host) };
                if let Err(halt) = lines.row(&LogonRow::LastLogon(last)) {
                    return Ok(Err(halt));
                }
            }
        }
    }
    Ok(Ok(()))
}
