//! Reads lastlog, the C library's records of each user's last logon. Pure; never panics.
//!
//! In: bytes, from the offset of a record on. Out: a value per record; the user id is the index of the record in the
//! file. The layouts are those of `bits/utmp.h` of glibc 2.36 in either byte order: 292 bytes per record where the
//! library keeps 32-bit times (x86-64, s390x), 296 where it does not (`AArch64`).
//! <https://man7.org/linux/man-pages/man5/lastlog.5.html>

use super::utmp::{is_text, number4, number8, text};
use crate::evidence::Utc;

/// The record layout of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastlogLayout {
    /// Whether times have 64 bits: 296 bytes per record instead of 292.
    wide: bool,
    /// Whether the machine was big-endian.
    big: bool,
}

/// All layouts, the most common first.
const LAYOUTS: [LastlogLayout; 4] = [
    LastlogLayout { wide: false, big: false },
    LastlogLayout { wide: true, big: false },
    LastlogLayout { wide: false, big: true },
    LastlogLayout { wide: true, big: true },
];

/// The last logon of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// Time; `None` where it is out of range.
    pub time: Option<Utc>,
    /// Terminal.
    pub line: Vec<u8>,
    /// Remote host.
    pub host: Vec<u8>,
}

impl LastlogLayout {
    /// Detects the layout of a file of `size` bytes from some of its bytes, which begin at a multiple of both record
    /// lengths: the one with the fewest implausible records.
    #[must_use]
    pub fn of(size: u64, bytes: &[u8]) -> Self {
        let [common, ..] = LAYOUTS;
        let score = |layout: &Self| {
            let records = bytes.chunks_exact(layout.record_length());
            let used = records.filter(|record| record.iter().any(|byte| *byte != 0));
            let wrong = used.filter(|record| !is_likely(record, *layout)).count();
            let length = u64::try_from(layout.record_length()).unwrap_or(u64::MAX);
            (wrong, usize::from(!size.is_multiple_of(length)))
        };
        LAYOUTS.into_iter().min_by_key(score).unwrap_or(common)
    }

    /// Returns the bytes of a record.
    #[must_use]
    pub const fn record_length(self) -> usize {
        if self.wide { 296 } else { 292 }
    }

    /// Returns the seconds of a record, and the offset of its terminal.
    fn begin(self, record: &[u8]) -> Option<(i64, usize)> {
        if self.wide {
            Some((number8(record, 0, self.big)?, 8))
        } else {
            // The upper half of the 32-bit range continues from 2038.
            Some((number4(record, 0, self.big)? & 0xffff_ffff, 4))
        }
    }
}

/// Reads one record; `None` where its time is zero, or it is too short.
#[must_use]
pub fn last(record: &[u8], layout: LastlogLayout) -> Option<Last> {
    let (seconds, line) = layout.begin(record)?;
    if seconds == 0 {
        return None;
    }
    Some(Last {
        time: Utc::from_unix(seconds, 0),
        line: text(record, line, 32)?,
        host: text(record, line.checked_add(32)?, 256)?,
    })
}

/// Plausible times of a last logon, in seconds since 1970: the years 2000 to 2100.
const LIKELY_TIMES: std::ops::RangeInclusive<i64> = 946_684_800..=4_102_444_800;

fn is_likely(record: &[u8], layout: LastlogLayout) -> bool {
    let Some((seconds, line)) = layout.begin(record) else { return false };
    let texts = [(line, 32), (line.saturating_add(32), 256)];
    LIKELY_TIMES.contains(&seconds)
        && texts.iter().all(|(at, most)| text(record, *at, *most).is_some_and(|text| is_text(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seconds: u32, layout: LastlogLayout) -> Vec<u8> {
        let mut bytes = vec![0; layout.record_length()];
        let width = if layout.wide { 8 } else { 4 };
        bytes[..4].copy_from_slice(&seconds.to_le_bytes());
        if layout.big {
            bytes[..width].reverse();
        }
        bytes[width..width + 4].copy_from_slice(b"tty1");
        bytes[width + 32..width + 36].copy_from_slice(b"host");
        bytes
    }

    #[test]
    fn the_last_logon_of_a_user_is_read_in_every_layout_and_zeros_are_skipped() {
        for layout in LAYOUTS {
            let length = layout.record_length();
            let bytes = record(1_700_000_000, layout);
            let read = last(&bytes, layout).unwrap();
            assert_eq!((read.line.as_slice(), read.host.as_slice()), (&b"tty1"[..], &b"host"[..]));
            assert_eq!(read.time.unwrap().to_string(), "2023-11-14T22:13:20Z");
            assert_eq!(last(&vec![0; length], layout), None);
            assert_eq!(last(&bytes[..length - 1], layout), None);
            let file = [bytes, vec![0; length * 5], record(1_700_000_100, layout)].concat();
            assert_eq!(LastlogLayout::of(file.len() as u64, &file), layout);
            assert_eq!(LastlogLayout::of((length * 3) as u64, &[]).record_length(), length);
        }
    }
}
