//! utmp, wtmp and btmp, and lastlog: the C library's records of who logged on, read from bytes. Pure, and never a panic.
//!
//! In: the bytes of whole records. Out: a value each. The layouts are those of `bits/utmp.h` of glibc 2.36 for
//! little-endian machines of 64 bits: where the library keeps the 32-bit forms (x86-64) 384 bytes a record, and 292 of
//! lastlog; where it does not (`AArch64`) 400 and 296. <https://man7.org/linux/man-pages/man5/utmp.5.html>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::evidence::Utc;

/// Lengths of a record in utmp, wtmp and btmp, the more common first.
const LENGTHS: [usize; 2] = [384, 400];

/// Lengths of a record in lastlog, the more common first.
const LASTLOG_LENGTHS: [u64; 2] = [292, 296];

/// A record of utmp, wtmp or btmp.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoginRecord {
    /// Its kind (`ut_type`).
    pub kind: u16,
    /// The process that asked for the logon.
    pub pid: u32,
    /// Terminal, without `/dev/`.
    pub line: Vec<u8>,
    /// The user; for a boot `reboot`.
    pub user: Vec<u8>,
    /// The other's name or address as it was given; for a boot the kernel's release.
    pub host: Vec<u8>,
    /// Number of the session.
    pub session: i64,
    /// When.
    pub time: Option<Utc>,
    /// The other's address; none where it is all zeros.
    pub address: Option<IpAddr>,
}

/// The name of a kind of record; none for one that holds nothing or that utmp(5) does not know.
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

/// Tells which length the records of a file have: that by which more of those at its beginning have a kind.
#[must_use]
pub fn record_length(head: &[u8]) -> usize {
    let known = |length: usize| {
        let kinds = head.chunks_exact(length).take(64).filter_map(|record| number::<2>(record, 0));
        kinds.filter(|kind| u16::try_from(*kind).is_ok_and(|kind| kind_name(kind).is_some())).count()
    };
    let [common, other] = LENGTHS;
    // More of the shorter fit in the same bytes; where both are as good, the whole number of records decides.
    if known(other) > known(common) || (known(other) == known(common) && !head.len().is_multiple_of(common)) {
        other
    } else {
        common
    }
}

/// Reads whole records of `length` bytes, as [`record_length`] tells it; what is cut at the end is left out.
pub fn records(bytes: &[u8], length: usize) -> impl Iterator<Item = LoginRecord> {
    bytes.chunks_exact(length.max(1)).filter_map(move |record| read(record, length == 400))
}

fn read(record: &[u8], wide: bool) -> Option<LoginRecord> {
    let (session, seconds, micros, address) = if wide {
        (number::<8>(record, 336)?, number::<8>(record, 344)?, number::<8>(record, 352)?, 360)
    } else {
        (number::<4>(record, 336)?, number::<4>(record, 340)?, number::<4>(record, 344)?, 348)
    };
    let nanoseconds = u32::try_from(micros).ok().and_then(|micros| micros.checked_mul(1_000));
    Some(LoginRecord {
        kind: u16::try_from(number::<2>(record, 0)?).ok()?,
        pid: u32::try_from(number::<4>(record, 4)?).unwrap_or(0),
        line: text(record, 8, 32)?,
        user: text(record, 44, 32)?,
        host: text(record, 76, 256)?,
        session,
        // A count of microseconds that is none costs them, not the moment.
        time: nanoseconds
            .and_then(|rest| Utc::from_unix(seconds, rest))
            .or_else(|| Utc::from_unix(seconds, 0)),
        address: address_of(record.get(address..)?.first_chunk()?),
    })
}

/// An address in 16 bytes: one of IPv4 is followed by zeros.
fn address_of(bytes: &[u8; 16]) -> Option<IpAddr> {
    let (four, rest) = bytes.split_first_chunk::<4>()?;
    match (four, rest.iter().all(|byte| *byte == 0)) {
        ([0, 0, 0, 0], true) => None,
        (four, true) => Some(Ipv4Addr::from(*four).into()),
        _ => Some(Ipv6Addr::from(*bytes).into()),
    }
}

/// A record of lastlog: the last logon of one user, whose number is its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// When; none where the user never logged on.
    pub time: Option<Utc>,
    /// Terminal.
    pub line: Vec<u8>,
    /// From where.
    pub host: Vec<u8>,
}

/// Tells which length the records of a lastlog of `size` bytes have.
#[must_use]
pub fn lastlog_length(size: u64) -> u64 {
    let [common, other] = LASTLOG_LENGTHS;
    if !size.is_multiple_of(common) && size.is_multiple_of(other) { other } else { common }
}

/// Reads one record of lastlog; none where it is all zeros, or too short.
#[must_use]
pub fn last(record: &[u8]) -> Option<Last> {
    let wide = record.len() >= 296;
    let (seconds, line) =
        if wide { (number::<8>(record, 0)?, 8) } else { (number::<4>(record, 0)?, 4_usize) };
    if seconds == 0 {
        return None;
    }
    let host = line.checked_add(32)?;
    Some(Last {
        time: Utc::from_unix(seconds, 0),
        line: text(record, line, 32)?,
        host: text(record, host, 256)?,
    })
}

/// A little-endian number of 2, 4 or 8 bytes; with its sign but for those of 2.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<i64> {
    let bytes: [u8; N] = *bytes.get(at..)?.first_chunk()?;
    match bytes.as_slice() {
        [a, b] => Some(u16::from_le_bytes([*a, *b]).into()),
        [a, b, c, d] => Some(i32::from_le_bytes([*a, *b, *c, *d]).into()),
        _ => bytes.first_chunk().map(|bytes| i64::from_le_bytes(*bytes)),
    }
}

/// Text that ends at its first zero, or fills its field.
fn text(bytes: &[u8], at: usize, most: usize) -> Option<Vec<u8>> {
    let field = bytes.get(at..)?.get(..most)?;
    Some(field.split(|byte| *byte == 0).next().unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record as the header lays it out; `wide` for machines without the 32-bit forms.
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

    #[test]
    fn records_of_both_layouts_are_told_apart_and_read() {
        for wide in [false, true] {
            let mut file = record(2, "reboot", "6.1.0", 1_700_000_000, wide);
            file.extend(record(7, "anna", "10.10.10.200", 1_700_000_100, wide));
            file.extend(record(8, "", "", 1_700_000_200, wide));
            let length = record_length(&file);
            assert_eq!(length, if wide { 400 } else { 384 });
            file.extend(b"cut");
            let all: Vec<_> = records(&file, length).collect();
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
    fn nonsense_gives_what_it_has_and_an_address_of_zeros_is_none() {
        assert_eq!(records(&[0xff; 383], 384).count(), 0);
        let full = records(&[0xff; 384], 384).next().unwrap();
        assert_eq!((full.user.len(), kind_name(full.kind)), (32, None));
        assert_eq!(records(&[0; 384], 384).next().unwrap().address, None);
        assert_eq!(records(&[0; 10], 0).count(), 0);
    }

    #[test]
    fn the_last_logon_of_a_user_is_read_and_zeros_are_none() {
        let mut bytes = vec![0; 292];
        assert_eq!(last(&bytes), None);
        bytes[..4].copy_from_slice(&1_700_000_000_u32.to_le_bytes());
        bytes[4..8].copy_from_slice(b"tty1");
        bytes[36..40].copy_from_slice(b"host");
        let read = last(&bytes).unwrap();
        assert_eq!((read.line.as_slice(), read.host.as_slice()), (&b"tty1"[..], &b"host"[..]));
        assert_eq!(read.time.unwrap().to_string(), "2023-11-14T22:13:20Z");
        assert_eq!((lastlog_length(292 * 3), lastlog_length(296 * 3), lastlog_length(0)), (292, 296, 292));
    }
}
