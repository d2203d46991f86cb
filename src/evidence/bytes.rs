//! Reads little-endian numbers at an offset of hostile bytes; `None` after the end.

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Reads a time in units of 100 ns since 1601, as Windows stores times; `None` for 0, which means no time.
pub(crate) fn filetime(ticks: u64) -> Option<super::Utc> {
    const TO_1970: i64 = 11_644_473_600;
    let seconds = i64::try_from(ticks / 10_000_000).ok()?.checked_sub(TO_1970)?;
    let nanoseconds = u32::try_from(ticks % 10_000_000).ok()?.checked_mul(100)?;
    if ticks == 0 { None } else { super::Utc::from_unix(seconds, nanoseconds) }
}
