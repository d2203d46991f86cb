//! Reads utmp, wtmp and btmp, the C library's records of logons. Pure; never panics.
//!
//! In: bytes, from any offset of a file. Out: its records, in order, and the number of bytes between them that are
//! not a record. The layouts are those of `bits/utmp.h` of glibc 2.36 for 64-bit machines, in either byte order: 384
//! bytes per record where the library keeps 32-bit times (x86-64, s390x), 400 where it does not (`AArch64`). A torn
//! write shifts everything after it, so the next record is searched at every byte.
//! <https://man7.org/linux/man-pages/man5/utmp.5.html>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::evidence::Utc;

/// The record layout of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UtmpLayout {
    /// Whether times have 64 bits: 400 bytes per record instead of 384.
    wide: bool,
    /// Whether the machine was big-endian.
    big: bool,
}

/// All layouts, the most common first.
const LAYOUTS: [UtmpLayout; 4] = [
    UtmpLayout { wide: false, big: false },
    UtmpLayout { wide: true, big: false },
    UtmpLayout { wide: false, big: true },
    UtmpLayout { wide: true, big: true },
];

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UtmpPart {
    /// A record of a known type.
    Record(Box<LoginRecord>),
    /// A record of zeros.
    Empty,
    /// This number of bytes that are not a record.
    NoRecord(u64),
}

/// A record of utmp, wtmp or btmp.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoginRecord {
    /// Record type (`ut_type`).
    pub kind: u16,
    /// Process id of the login process.
    pub pid: u32,
    /// Terminal, without `/dev/`.
    pub line: Vec<u8>,
    /// User name; `reboot` for a boot.
    pub user: Vec<u8>,
    /// Remote host name or address as given; the kernel release for a boot.
    pub host: Vec<u8>,
    /// Session id.
    pub session: i64,
    /// Time.
    pub time: Option<Utc>,
    /// Remote address; `None` where it is all zeros.
    pub address: Option<IpAddr>,
}

/// Returns the name of a record type; `None` for an empty record or a type that utmp(5) does not list.
#[must_use]
pub const fn kind_name(kind: u16) -> Option<&'static str> {
    Some(match kind {
        1 => "run_level",
        2 => "boot",
        3 => "new_time",
        4 => "old_time",
        5 => "init",
        6 => "login_prompt",
        7 => "logon",
        8 => "ended",
        9 => "accounting",
        _ => return None,
    })
}

impl UtmpLayout {
    /// Detects the layout of a file from samples of its bytes: the one with the most records and the fewest other
    /// bytes. For an empty file, the most common one.
    #[must_use]
    pub fn of_records(samples: &[&[u8]]) -> Self {
        let [common, ..] = LAYOUTS;
        let score = |layout: &Self| {
            let (mut certain, mut none) = (0_usize, 0_u64);
            for sample in samples {
                let mut at = 0_usize;
                parts(sample, *layout, true, &mut |part| match part {
                    UtmpPart::Empty => at = at.saturating_add(layout.record_length()),
                    UtmpPart::Record(_) => {
                        let record = sample.get(at..).and_then(|rest| rest.get(..layout.record_length()));
                        let is_certain = record.is_some_and(|record| is_certain(record, *layout));
                        certain = certain.saturating_add(usize::from(is_certain));
                        at = at.saturating_add(layout.record_length());
                    }
                    UtmpPart::NoRecord(bytes) => {
                        none = none.saturating_add(bytes);
                        at = at.saturating_add(usize::try_from(bytes).unwrap_or(usize::MAX));
                    }
                });
            }
            (certain, std::cmp::Reverse(none))
        };
        // `max_by_key` returns the last one of equal maxima.
        LAYOUTS.into_iter().rev().max_by_key(score).unwrap_or(common)
    }

    /// Returns the bytes of a record of utmp, wtmp and btmp.
    #[must_use]
    pub const fn record_length(self) -> usize {
        if self.wide { 400 } else { 384 }
    }
}

/// Reads the parts of `bytes` in sequence, and returns the number of bytes used. Unless this is the `last` call, up
/// to two records are left over; pass them again, followed by the next bytes.
pub fn parts(bytes: &[u8], layout: UtmpLayout, last: bool, each: &mut dyn FnMut(UtmpPart)) -> usize {
    let length = layout.record_length();
    let (mut at, mut none) = (0_usize, 0_usize);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if !last && rest.len() < length.saturating_mul(2) {
            break;
        }
        let after_none = none > 0;
        let (part, used) = match part(rest, layout, after_none) {
            Some(part) => (Some(part), length),
            None => (None, next_certain(rest, layout).unwrap_or(if last { rest.len() } else { length })),
        };
        at = at.saturating_add(used);
        let Some(part) = part else {
            none = none.saturating_add(used);
            continue;
        };
        if after_none {
            each(UtmpPart::NoRecord(u64::try_from(std::mem::take(&mut none)).unwrap_or(u64::MAX)));
        }
        each(part);
    }
    if none > 0 {
        each(UtmpPart::NoRecord(u64::try_from(none).unwrap_or(u64::MAX)));
    }
    at
}

/// Returns the part that begins here. A record after other bytes has to be certain. Where a certain record begins
/// before the end of this one, and no record follows this one, this is the rest of a torn write.
fn part(rest: &[u8], layout: UtmpLayout, after_none: bool) -> Option<UtmpPart> {
    let record = rest.get(..layout.record_length())?;
    let next = rest.get(layout.record_length()..).unwrap_or_default();
    let goes_on = next.is_empty()
        || next.get(..layout.record_length()).is_some_and(|next| is_empty(next) || is_likely(next, layout));
    if !goes_on && next_certain(rest, layout).is_some() {
        return None;
    }
    if is_empty(record) {
        return Some(UtmpPart::Empty);
    }
    let is_one = if after_none { is_certain(record, layout) } else { is_likely(record, layout) };
    is_one.then(|| read(record, layout)).flatten().map(|record| UtmpPart::Record(Box::new(record)))
}

/// Returns the offset of the next certain record, within one record length.
fn next_certain(rest: &[u8], layout: UtmpLayout) -> Option<usize> {
    let length = layout.record_length();
    (1..=length).find(|at| {
        rest.get(*at..).and_then(|rest| rest.get(..length)).is_some_and(|record| is_certain(record, layout))
    })
}

fn is_empty(record: &[u8]) -> bool {
    record.iter().all(|byte| *byte == 0)
}

/// Whether a record of a known type may begin here.
fn is_likely(record: &[u8], layout: UtmpLayout) -> bool {
    let kind = number::<2>(record, 0, layout.big).and_then(|kind| u16::try_from(kind).ok());
    kind.is_some_and(|kind| kind_name(kind).is_some())
}

/// Whether bytes are almost certainly a record: its type is known, it has a time, its reserved bytes are zero, and no
/// text contains a control character.
fn is_certain(record: &[u8], layout: UtmpLayout) -> bool {
    let (seconds, micros) = if layout.wide {
        (number8(record, 344, layout.big), number8(record, 352, layout.big))
    } else {
        let seconds = number4(record, 340, layout.big).map(|seconds| seconds & UNSIGNED);
        (seconds, number4(record, 344, layout.big))
    };
    let unused = record.len().checked_sub(UNUSED).and_then(|at| record.get(at..));
    is_likely(record, layout)
        && record.get(2..4).is_some_and(is_empty)
        && seconds.is_some_and(|seconds| seconds > 0)
        && micros.is_some_and(|micros| (0..1_000_000).contains(&micros))
        && unused.is_some_and(is_empty)
        && TEXTS.iter().all(|(at, most)| text(record, *at, *most).is_some_and(|text| is_text(&text)))
}

/// Offsets and maximum lengths of a record's texts.
const TEXTS: [(usize, usize); 3] = [(8, 32), (44, 32), (76, 256)];

/// Reserved bytes at the end of a record.
const UNUSED: usize = 20;

/// Times of 32 bits are unsigned since version 2.40 of the C library, so that the upper half continues from 2038.
/// There are no logons before 1970.
const UNSIGNED: i64 = 0xffff_ffff;

/// Whether a text has no control character. The client chooses user and host names; they may contain any other byte.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte >= b' ' && *byte != 0x7f)
}

fn read(record: &[u8], layout: UtmpLayout) -> Option<LoginRecord> {
    let (session, seconds, micros, address) = if layout.wide {
        (
            number8(record, 336, layout.big)?,
            number8(record, 344, layout.big)?,
            number8(record, 352, layout.big)?,
            360,
        )
    } else {
        (
            number4(record, 336, layout.big)?,
            number4(record, 340, layout.big)? & UNSIGNED,
            number4(record, 344, layout.big)?,
            348,
        )
    };
    let nanoseconds = u32::try_from(micros).ok().and_then(|micros| micros.checked_mul(1_000));
    Some(LoginRecord {
        kind: u16::try_from(number::<2>(record, 0, layout.big)?).ok()?,
        pid: u32::try_from(number4(record, 4, layout.big)?).unwrap_or(0),
        line: text(record, 8, 32)?,
        user: text(record, 44, 32)?,
        host: text(record, 76, 256)?,
        session,
        // An invalid number of microseconds is dropped; the time is kept.
        time: nanoseconds
            .and_then(|rest| Utc::from_unix(seconds, rest))
            .or_else(|| Utc::from_unix(seconds, 0)),
        address: address_of(record.get(address..)?.first_chunk()?),
    })
}

/// Reads an address of 16 bytes; an IPv4 address is followed by zeros.
fn address_of(bytes: &[u8; 16]) -> Option<IpAddr> {
    let (four, rest) = bytes.split_first_chunk::<4>()?;
    match (four, rest.iter().all(|byte| *byte == 0)) {
        ([0, 0, 0, 0], true) => None,
        (four, true) => Some(Ipv4Addr::from(*four).into()),
        _ => Some(Ipv6Addr::from(*bytes).into()),
    }
}

/// Reads a number of 2, 4 or 8 bytes; signed except for 2 bytes.
fn number<const N: usize>(bytes: &[u8], at: usize, big: bool) -> Option<i64> {
    let mut bytes: [u8; N] = *bytes.get(at..)?.first_chunk()?;
    if big {
        bytes.reverse();
    }
    match bytes.as_slice() {
        [a, b] => Some(u16::from_le_bytes([*a, *b]).into()),
        [a, b, c, d] => Some(i32::from_le_bytes([*a, *b, *c, *d]).into()),
        _ => bytes.first_chunk().map(|bytes| i64::from_le_bytes(*bytes)),
    }
}

pub(super) fn number4(bytes: &[u8], at: usize, big: bool) -> Option<i64> {
    number::<4>(bytes, at, big)
}

pub(super) fn number8(bytes: &[u8], at: usize, big: bool) -> Option<i64> {
    number::<8>(bytes, at, big)
}

/// Reads a text that ends at its first zero, or fills its field.
pub(super) fn text(bytes: &[u8], at: usize, most: usize) -> Option<Vec<u8>> {
    let field = bytes.get(at..)?.get(..most)?;
    Some(field.split(|byte| *byte == 0).next().unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a record as the header defines it; `wide` for machines with 64-bit times.
    fn record(kind: u16, user: &str, host: &str, seconds: i64, wide: bool) -> Vec<u8> {
        let mut bytes = vec![0; if wide { 400 } else { 384 }];
        bytes[..2].copy_from_slice(&kind.to_le_bytes());
        bytes[4..8].copy_from_slice(&4242_u32.to_le_bytes());
        bytes[8..13].copy_from_slice(b"pts/0");
        bytes[44..44 + user.len()].copy_from_slice(user.as_bytes());
        bytes[76..76 + host.len()].copy_from_slice(host.as_bytes());
        let address = [10, 10, 10, 200];
        if wide {
            bytes[344..352].copy_from_slice(&seconds.to_le_bytes());
            bytes[352..360].copy_from_slice(&500_000_i64.to_le_bytes());
            bytes[360..364].copy_from_slice(&address);
        } else {
            bytes[340..344].copy_from_slice(&i32::try_from(seconds).unwrap().to_le_bytes());
            bytes[344..348].copy_from_slice(&500_000_i32.to_le_bytes());
            bytes[348..352].copy_from_slice(&address);
        }
        bytes
    }

    /// Makes a record in another layout.
    fn in_layout(kind: u16, user: &str, host: &str, seconds: i64, layout: UtmpLayout) -> Vec<u8> {
        let mut bytes = record(kind, user, host, seconds, layout.wide);
        if layout.big {
            let numbers: &[(usize, usize)] = if layout.wide {
                &[(0, 2), (4, 4), (336, 8), (344, 8), (352, 8)]
            } else {
                &[(0, 2), (4, 4), (336, 4), (340, 4), (344, 4)]
            };
            for (at, length) in numbers {
                bytes[*at..at + length].reverse();
            }
        }
        bytes
    }

    /// Reads all records in pieces: the users, and the number of other bytes.
    fn read_in_pieces(file: &[u8], layout: UtmpLayout, piece: usize) -> (Vec<String>, u64, usize) {
        let (mut users, mut none, mut empty) = (Vec::new(), 0, 0);
        let mut kept = Vec::new();
        let mut count = |part| match part {
            UtmpPart::Record(record) => users.push(String::from_utf8(record.user).unwrap()),
            UtmpPart::NoRecord(bytes) => none += bytes,
            UtmpPart::Empty => empty += 1,
        };
        for piece in file.chunks(piece) {
            kept.extend_from_slice(piece);
            let used = parts(&kept, layout, false, &mut count);
            kept.drain(..used);
        }
        parts(&kept, layout, true, &mut count);
        (users, none, empty)
    }

    #[test]
    fn records_of_all_layouts_are_distinguished_and_read() {
        for layout in LAYOUTS {
            let mut file = in_layout(2, "reboot", "6.1.0", 1_700_000_000, layout);
            file.extend(in_layout(7, "anna", "10.10.10.200", 1_700_000_100, layout));
            file.extend(in_layout(8, "", "", 1_700_000_200, layout));
            assert_eq!(UtmpLayout::of_records(&[&file]), layout);
            assert_eq!(
                UtmpLayout::of_records(&[&file[..layout.record_length()]]),
                layout,
                "one record is enough"
            );
            file.extend(b"cut");
            let (mut all, mut none) = (Vec::new(), 0);
            let used = parts(&file, layout, true, &mut |part| match part {
                UtmpPart::Record(record) => all.push(record),
                UtmpPart::NoRecord(bytes) => none += bytes,
                UtmpPart::Empty => {}
            });
            assert_eq!((used, none), (file.len(), 3));
            assert_eq!(
                all.iter().map(|one| kind_name(one.kind)).collect::<Vec<_>>(),
                [Some("boot"), Some("logon"), Some("ended")]
            );
            let logon = &all[1];
            assert_eq!(
                (logon.pid, logon.line.as_slice(), logon.user.as_slice()),
                (4242, &b"pts/0"[..], &b"anna"[..])
            );
            assert_eq!(logon.host, b"10.10.10.200");
            assert_eq!(logon.time.unwrap().to_string(), "2023-11-14T22:15:00.5Z");
            assert_eq!(logon.address, Some("10.10.10.200".parse().unwrap()));
        }
    }

    #[test]
    fn truncated_or_inserted_bytes_lose_no_other_record_in_any_layout() {
        for layout in LAYOUTS {
            let of =
                |number: i64| in_layout(7, &format!("u{number}"), "10.0.0.1", 1_700_000_000 + number, layout);
            let (before, after): (Vec<_>, Vec<_>) =
                ((0..3).flat_map(of).collect(), (3..6).flat_map(of).collect());
            let length = layout.record_length();
            for between in [
                vec![],
                vec![0; 1],
                vec![0; 100],
                vec![0xee; 384 * 2],
                vec![b'x'; 401],
                of(9)[..100].to_vec(),
                of(9)[..length - 1].to_vec(),
                of(9)[60..].to_vec(),
            ] {
                let file = [&before[..], &between, &after].concat();
                for piece in [file.len(), 1_000, 97] {
                    let (users, none, empty) = read_in_pieces(&file, layout, piece);
                    let known: Vec<_> = users.iter().filter(|user| *user != "u9").collect();
                    assert_eq!(known, ["u0", "u1", "u2", "u3", "u4", "u5"], "{layout:?} {}", between.len());
                    assert_eq!(users.len(), 6);
                    assert_eq!((none, empty), (between.len() as u64, 0));
                }
            }
        }
    }

    #[test]
    fn records_after_zeros_are_found_by_the_end_of_the_file() {
        for layout in LAYOUTS {
            let length = layout.record_length();
            let mut file = vec![0; length * 500];
            let tail: Vec<_> =
                (0..4).flat_map(|at| in_layout(7, "anna", "h", 1_700_000_000 + at, layout)).collect();
            file.extend(&tail);
            let (head, end) = (&file[..length * 4], &file[file.len() - length * 4 - 7..]);
            assert_eq!(UtmpLayout::of_records(&[head, end]), layout);
            let (users, none, empty) = read_in_pieces(&file, layout, 4_096);
            assert_eq!((users.len(), none, empty), (4, 0, 500));
        }
    }

    #[test]
    fn nonsense_is_not_a_record_and_a_zero_address_is_not_returned() {
        let [layout, ..] = LAYOUTS;
        let all = |bytes: &[u8]| {
            let mut all = Vec::new();
            parts(bytes, layout, true, &mut |part| all.push(part));
            all
        };
        assert_eq!(all(&[0xff; 383]), [UtmpPart::NoRecord(383)]);
        assert_eq!(all(&[0xff; 1_000]), [UtmpPart::NoRecord(1_000)]);
        assert_eq!(all(&[0; 384]), [UtmpPart::Empty]);
        assert_eq!(all(&[]), []);
        let record = record(7, "a", "", 5, false);
        assert_eq!(read(&record, layout).unwrap().address, Some("10.10.10.200".parse().unwrap()));
        assert_eq!(read(&[0; 384], layout).unwrap().address, None);
    }

    #[test]
    fn times_of_32_bits_continue_after_2038() {
        let layout = UtmpLayout { wide: false, big: false };
        let mut bytes = record(7, "anna", "10.0.0.1", 1, false);
        bytes[340..344].copy_from_slice(&(u32::MAX / 2 + 6).to_le_bytes());
        let mut users = Vec::new();
        parts(&bytes, layout, true, &mut |part| {
            if let UtmpPart::Record(record) = part {
                users.push(record.time.map(|time| time.to_string()));
            }
        });
        assert_eq!(users, [Some("2038-01-19T03:14:13.5Z".to_owned())]);
    }
}
