//! Decodes lists, names and times of a hive: pure functions on the bytes of a cell. Each returns `None` where the
//! bytes end early.

use crate::evidence::{Exact, wtf8};

pub(super) use crate::evidence::bytes::{filetime, u16_at, u32_at, u64_at};

/// Returns the offsets of a list of any of the four types.
pub(super) fn list_of(cell: &[u8]) -> Option<Vec<u32>> {
    let step = match cell.get(..2)? {
        b"li" | b"ri" => 1,
        b"lf" | b"lh" => 2,
        _ => return None,
    };
    let count = usize::from(u16_at(cell, 2)?);
    Some(numbers(cell.get(4..)?).step_by(step).take(count).collect())
}

pub(super) fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).filter_map(|four| u32_at(four, 0))
}

/// Returns a name as bytes for a row: WTF-8, so that a lone surrogate is kept.
pub(super) fn name_of(bytes: &[u8], compressed: bool) -> Exact {
    // One byte per character: Latin-1, the low half of UTF-16.
    if compressed {
        return Exact::from(bytes.iter().map(|byte| char::from(*byte)).collect::<String>());
    }
    Exact(wtf8::encode(bytes))
}

/// Whether a name equals `lower`, regardless of case. A name that is not valid text does not.
pub(super) fn same_name(name: &Exact, lower: &str) -> bool {
    str::from_utf8(&name.0).is_ok_and(|name| name.to_lowercase() == lower)
}

pub(super) fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).filter_map(|two| u16_at(two, 0));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
