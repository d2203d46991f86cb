//! Sorts the files of a rotated log by their names, as logrotate and other programs number them.
//!
//! In: paths. Out: their order by age, the end of the day in a name, and how each file is compressed. Pure; never
//! panics.

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
const NOT_READ: [&[u8]; 8] =
    [b".xz", b".zst", b".bz2", b".lz4", b".lzma", b".db-wal", b".db-journal", b".db-shm"];

/// Whether a file is in a compression format that is not supported.
#[must_use]
pub fn is_not_read(path: &[u8]) -> bool {
    NOT_READ.iter().any(|end| path.ends_with(end))
}

/// Whether a file is compressed with gzip.
#[must_use]
pub fn is_gzip(path: &[u8]) -> bool {
    path.ends_with(b".gz")
}

/// Returns the position of `path` in the rotation of the log `log`.
#[must_use]
pub fn rotation(log: &[u8], path: &[u8]) -> Rotation {
    let rest = path.strip_prefix(log).unwrap_or(path);
    let rest = rest.strip_suffix(b".gz").unwrap_or(rest);
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
    let date = day(rest.strip_suffix(b".gz").unwrap_or(rest))?.checked_add(Duration::days(2))?;
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
        assert!(is_not_read(b"a.1.xz") && !is_not_read(b"a.1.gz") && is_gzip(b"a.gz"));
    }
}
