//! The files of one log by their names, as logrotate and others call them: which is the newest, and how each is packed.
//!
//! In: paths. Out: their order, and for a name with a day the end of that day; and for a file its unpacked bytes. Pure, and
//! never a panic.

use std::io::{Read, Result};

use flate2::read::MultiGzDecoder;
use lzma_rust2::{LzmaReader, XzReader};
use time::{Date, Duration, Month};

use crate::evidence::Utc;

/// What a file's name says of its place in a rotation. The order is that of age: the file that is written to is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rotation {
    /// It is written to.
    Current,
    /// It is so many rotations old.
    Number(u64),
    /// It was rotated on a day, as days before the year 9999.
    Day(i64),
    /// Its name says nothing of it.
    Unknown,
}

/// The endings of files that are packed in a way that is not read here, and of what a database has not merged yet.
const NOT_READ: [&[u8]; 6] = [b".zst", b".bz2", b".lz4", b".db-wal", b".db-journal", b".db-shm"];

/// Most KiB that unpacking takes: `xz -9` asks for 64 MiB.
const MAX_DICTIONARY: u32 = 128 << 10;

/// Whether a file is packed in a way that is not read here.
#[must_use]
pub fn is_not_read(path: &[u8]) -> bool {
    NOT_READ.iter().any(|end| path.ends_with(end))
}

/// The path without the ending of a packed file that is read here.
fn bare(path: &[u8]) -> &[u8] {
    [&b".gz"[..], b".xz", b".lzma"].into_iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path)
}

/// Whether a file is packed in a way that is read here: with gzip, xz or lzma.
#[must_use]
pub fn is_packed(path: &[u8]) -> bool {
    bare(path).len() < path.len()
}

/// What a file holds, unpacked where it is packed.
///
/// # Errors
/// Its beginning is none of its kind.
pub(crate) fn unpacked<'a>(path: &[u8], file: impl Read + 'a) -> Result<Box<dyn Read + 'a>> {
    Ok(if path.ends_with(b".gz") {
        Box::new(MultiGzDecoder::new(file))
    } else if path.ends_with(b".xz") {
        Box::new(XzReader::new_mem_limit(file, true, MAX_DICTIONARY))
    } else if path.ends_with(b".lzma") {
        Box::new(LzmaReader::new_mem_limit(file, MAX_DICTIONARY, None)?)
    } else {
        Box::new(file)
    })
}

/// The place of a file in the rotation of a log whose own path is `log`.
#[must_use]
pub fn rotation(log: &[u8], path: &[u8]) -> Rotation {
    let rest = path.strip_prefix(log).unwrap_or(path);
    let rest = bare(rest);
    let number = |text: &[u8]| str::from_utf8(text).ok()?.parse::<u64>().ok();
    match rest {
        b"" => Rotation::Current,
        [b'.', digits @ ..] if digits.len() < 6 && number(digits).is_some() => {
            Rotation::Number(number(digits).unwrap_or_default().saturating_add(1))
        }
        _ => day(rest).map_or(Rotation::Unknown, |date| {
            let last = Date::MAX.to_julian_day();
            Rotation::Day(i64::from(last).saturating_sub(i64::from(date.to_julian_day())))
        }),
    }
}

/// The end of the day in a file's name, two days more for the zone of the host; none where it has no day.
#[must_use]
pub fn before(log: &[u8], path: &[u8]) -> Option<Utc> {
    let rest = path.strip_prefix(log)?;
    let date = day(bare(rest))?.checked_add(Duration::days(2))?;
    Some(Utc::new(date.midnight().assume_utc()))
}

/// `-20241124`, `.2024-11-24`, and with a time behind the day.
fn day(text: &[u8]) -> Option<Date> {
    let digits: Vec<u8> = text.iter().copied().filter(u8::is_ascii_digit).take(8).collect();
    let begins = matches!(text.first(), Some(b'-' | b'.' | b'_'));
    let digits = str::from_utf8(&digits).ok().filter(|digits| begins && digits.len() == 8)?;
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<u16>().ok();
    let month = Month::try_from(u8::try_from(number(4..6)?).ok()?).ok()?;
    Date::from_calendar_date(number(0..4)?.into(), month, u8::try_from(number(6..8)?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_log_are_ordered_by_age() {
        let log = b"var/log/secure";
        let mut names = ["-20240101.gz", ".2.gz", "", ".1", "-20241231", ".old", ".0"];
        names.sort_by_key(|name| rotation(log, &[&log[..], name.as_bytes()].concat()));
        assert_eq!(names, ["", ".0", ".1", ".2.gz", "-20241231", "-20240101.gz", ".old"]);
        let day = before(log, b"var/log/secure-20241231.gz").unwrap();
        assert_eq!(day.to_string(), "2025-01-02T00:00:00Z");
        assert_eq!(before(log, b"var/log/secure.1"), None);
        assert_eq!(before(log, b"var/log/secure-99999999"), None);
        assert!(
            is_not_read(b"a.1.zst") && !is_not_read(b"a.1.xz") && is_packed(b"a.gz") && is_packed(b"a.1.xz")
        );
        assert!(!is_packed(b"a.1"));
    }
}
