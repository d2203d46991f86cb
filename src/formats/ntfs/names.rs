//! Names of NTFS: UTF-16 that may be invalid, compared with the volume's upper-case table.
//!
//! In an origin they are WTF-8: [`crate::evidence::wtf8`].

use std::cmp::Ordering;

use crate::evidence::bytes::u16_at;

/// Returns the UTF-16 units of on-disk bytes.
pub(super) fn units(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).filter_map(|two| u16_at(two, 0))
}

/// Returns the name in the key of a directory index entry, a `$FILE_NAME`, in UTF-16 units.
pub(super) fn key_units(bytes: &[u8]) -> Option<impl Iterator<Item = u16> + '_> {
    let length = usize::from(*bytes.get(64)?).saturating_mul(2);
    Some(units(bytes.get(66..)?.get(..length)?))
}

/// The upper-case table of the volume (`$UpCase`).
#[derive(Debug)]
pub(super) struct UpperCase {
    table: Vec<u16>,
}

impl UpperCase {
    /// Reads the table from its on-disk bytes. Characters missing in a truncated table stay as they are.
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self { table: units(bytes).take(1 << 16).collect() }
    }

    /// Compares as the volume does: regardless of case.
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
    fn names_are_compared_with_the_volumes_table() {
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
