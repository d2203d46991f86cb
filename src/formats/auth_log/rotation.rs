//! Sorts the files of a rotated log by their names, as logrotate and other programs number them.
//!
//! In: paths. Out: their order by age, the end of the day in a name, and the unpacked bytes of a file. Pure; never
//! panics.

use std::io::{Read, Result};

use flate2::read::MultiGzDecoder;
use lzma_rust2::{LzmaReader, XzReader};
use time::{Date, Duration, Month};

use crate::evidence::Utc;

/// The position of a file in a rotation, from its name. The order is that of age: the current file comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rotation {
    /// The file that is being written to.
    Current,
    /// Rotated this number of times.
    Number(u64),
    /// Rotated on this day, counted in days before the year 9999.
    Day(i64),
    /// The name does not show the position.
    Unknown,
}

/// Suffixes of files in compression formats that are not supported, and of unmerged database journals.
const NOT_READ: [&[u8]; 6] = [b".zst", b".bz2", b".lz4", b".db-wal", b".db-journal", b".db-shm"];

/// Maximum memory for unpacking, in KiB: `xz -9` asks for 64 MiB.
const MAX_DICTIONARY: u32 = 128 << 10;

/// Whether a file is in a compression format that is not supported.
#[must_use]
pub fn is_not_read(path: &[u8]) -> bool {
    NOT_READ.iter().any(|end| path.ends_with(end))
}

/// Returns the path without the ending of a supported compression format.
fn bare(path: &[u8]) -> &[u8] {
    [&b".gz"[..], b".xz", b".lzma"].into_iter().find_map(|end| path.strip_suffix(end)).unwrap_or(path)
}

/// Whether a file is compressed in a supported format: gzip, xz or lzma.
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

/// Returns the position of `path` in the rotation of the log `log`.
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

/// Returns the end of the day in a file name, plus two days for the time zone of the host; `None` where the name has
/// no date.
#[must_use]
pub fn before(log: &[u8], path: &[u8]) -> Option<Utc> {
    let rest = path.strip_prefix(log)?;
    let date = day(bare(rest))?.checked_add(Duration::days(2))?;
    Some(Utc::new(date.midnight().assume_utc()))
}

/// Reads `-20241124`, `.2024-11-24`, and both with a time after the day.
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
