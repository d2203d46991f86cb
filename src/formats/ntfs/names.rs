//! Names of NTFS: UTF-16 that need not be valid on disk, WTF-8 in an origin, compared by the volume's own table.
//!
//! WTF-8 (<https://simonsapin.github.io/wtf-8/>) is UTF-8 where the name is valid, and keeps a lone surrogate exact where
//! it is not.

use std::cmp::Ordering;

use crate::evidence::bytes::u16_at;

/// Units of UTF-16 as they stand on disk.
pub(super) fn units(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).filter_map(|two| u16_at(two, 0))
}

/// The name of an origin for a name on disk.
pub(crate) fn to_wtf8(bytes: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(bytes.len());
    for unit in char::decode_utf16(units(bytes)) {
        match unit {
            Ok(character) => name.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(lone) => {
                let [low, high] = lone.unpaired_surrogate().to_le_bytes();
                let second = ((high & 0x0f) << 2) | (low >> 6);
                name.extend_from_slice(&[0xed, 0x80 | second, 0x80 | (low & 0x3f)]);
            }
        }
    }
    name
}

/// The units of an origin's name; `None` for bytes that no name on such a volume has.
pub(crate) fn to_units(name: &[u8]) -> Option<Vec<u16>> {
    let mut units = Vec::with_capacity(name.len());
    let mut rest = name;
    while !rest.is_empty() {
        let valid = match str::from_utf8(rest) {
            Ok(text) => text,
            Err(error) => str::from_utf8(rest.get(..error.valid_up_to())?).ok()?,
        };
        units.extend(valid.encode_utf16());
        rest = rest.get(valid.len()..)?;
        if let Some((lone, tail)) = rest.split_at_checked(3) {
            let [0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf] = *lone else { return None };
            let (second, third) = (u16::from(second & 0x3f), u16::from(third & 0x3f));
            units.push(0xd000 | (second << 6) | third);
            rest = tail;
        } else if !rest.is_empty() {
            return None;
        }
    }
    Some(units)
}

/// The volume's own table of upper case (`$UpCase`).
#[derive(Debug)]
pub(super) struct UpperCase {
    table: Vec<u16>,
}

impl UpperCase {
    /// Takes the table as it stands on disk. One that is cut short leaves what it lacks as it is.
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self { table: units(bytes).take(1 << 16).collect() }
    }

    /// Compares as the volume does: without regard to case.
    pub(super) fn compare(
        &self,
        one: impl Iterator<Item = u16>,
        other: impl Iterator<Item = u16>,
    ) -> Ordering {
        one.map(|unit| self.upper(unit)).cmp(other.map(|unit| self.upper(unit)))
    }

    fn upper(&self, unit: u16) -> u16 {
        match self.table.get(usize::from(unit)) {
            Some(upper) => *upper,
            None if unit < 128 => u16::from(unit.to_le_bytes()[0].to_ascii_uppercase()),
            None => unit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(units: &[u16]) -> Vec<u8> {
        units.iter().copied().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn every_name_comes_back_exactly_even_a_lone_surrogate() {
        let emoji: Vec<u16> = "🗄 é".encode_utf16().collect();
        for name in [&emoji[..], &[0xd83d], &[0x61, 0xdc00, 0xd800, 0x62], &[0xdfff, 0xe000], &[]] {
            let bytes = to_wtf8(&disk(name));
            assert_eq!(to_units(&bytes).as_deref(), Some(name), "{bytes:x?}");
        }
        assert_eq!(to_wtf8(&disk(&emoji)), "🗄 é".as_bytes());
        assert_eq!(to_wtf8(&disk(&[0xd83d])), [0xed, 0xa0, 0xbd]);
        assert_eq!(
            (to_units(b"\xff"), to_units(b"a\xed\xa0"), to_units(b"\xed\x9f\xff")),
            (None, None, None)
        );
    }

    #[test]
    fn names_are_compared_by_the_volumes_own_table() {
        let mut table: Vec<u16> = (0..=u16::MAX).collect();
        table[usize::from(b'b')] = b'B'.into();
        let upper = UpperCase::new(&disk(&table));
        let compare = |one: &str, other: &str| upper.compare(one.encode_utf16(), other.encode_utf16());
        assert_eq!(compare("ab", "aB"), Ordering::Equal);
        assert_eq!(compare("A", "a"), Ordering::Less);
        let none = UpperCase::new(&[]);
        assert_eq!(none.compare("Config".encode_utf16(), "cONFIG".encode_utf16()), Ordering::Equal);
    }
}
