//! A record of the master file table: its fixups undone, and its attributes one by one.
//!
//! All of it is hostile. An attribute never reaches past its record, and each is at least as long as its header, so
//! that iteration ends.

use super::Damage;
use crate::evidence::bytes::{u16_at, u32_at, u64_at};

/// Bytes that one element of the update sequence protects, whatever the sector size.
const STRIDE: usize = 512;

/// Types of attributes that are read here.
pub(super) mod kind {
    pub(in crate::formats::ntfs) const STANDARD_INFORMATION: u32 = 0x10;
    pub(in crate::formats::ntfs) const ATTRIBUTE_LIST: u32 = 0x20;
    pub(in crate::formats::ntfs) const FILE_NAME: u32 = 0x30;
    pub(in crate::formats::ntfs) const SECURITY_DESCRIPTOR: u32 = 0x50;
    pub(in crate::formats::ntfs) const VOLUME_NAME: u32 = 0x60;
    pub(in crate::formats::ntfs) const DATA: u32 = 0x80;
    pub(in crate::formats::ntfs) const INDEX_ROOT: u32 = 0x90;
    pub(in crate::formats::ntfs) const INDEX_ALLOCATION: u32 = 0xa0;
    pub(in crate::formats::ntfs) const REPARSE_POINT: u32 = 0xc0;
    pub(in crate::formats::ntfs) const EXTENDED_ATTRIBUTES: u32 = 0xe0;
    pub(in crate::formats::ntfs) const END: u32 = 0xffff_ffff;
}

/// Flags of an attribute.
pub(super) mod flag {
    pub(in crate::formats::ntfs) const COMPRESSED: u16 = 0x0001;
    pub(in crate::formats::ntfs) const ENCRYPTED: u16 = 0x4000;
}

/// Restores the bytes in the update sequence array, which detects torn writes.
///
/// # Errors
///
/// A protected place does not contain the sequence number: the block was written only in part, or is not of this
/// type.
pub(super) fn take_back_fixups(block: &mut [u8], what: &'static str) -> Result<(), Damage> {
    let wrong = || Damage::Block(what);
    let at = usize::from(u16_at(block, 4).ok_or_else(wrong)?);
    let count = usize::from(u16_at(block, 6).ok_or_else(wrong)?);
    let places = block.len().checked_div(STRIDE).unwrap_or(0);
    if count != places.saturating_add(1) {
        return Err(wrong());
    }
    let array = block.get(at..at.saturating_add(count.saturating_mul(2))).ok_or_else(wrong)?.to_vec();
    let (number, kept) = array.split_at_checked(2).ok_or_else(wrong)?;
    for (sector, original) in block.chunks_exact_mut(STRIDE).zip(kept.chunks_exact(2)) {
        let place = sector.last_chunk_mut::<2>().ok_or_else(wrong)?;
        if place.as_slice() != number {
            return Err(Damage::Torn(what));
        }
        place.copy_from_slice(original);
    }
    Ok(())
}

/// A record with its fixups undone.
#[derive(Debug, Clone)]
pub(super) struct Record {
    bytes: Vec<u8>,
}

/// One attribute of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute<'a> {
    pub(super) kind: u32,
    /// Name in UTF-16, as on disk.
    pub(super) name: &'a [u8],
    pub(super) flags: u16,
    pub(super) body: AttributeBody<'a>,
}

/// The location of an attribute's value.
#[derive(Debug, Clone, Copy)]
pub(super) enum AttributeBody<'a> {
    /// In the record.
    Resident(&'a [u8]),
    /// In clusters.
    Elsewhere(Elsewhere<'a>),
}

/// The header of a value in clusters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elsewhere<'a> {
    /// The first cluster of the value that these runs cover: 0 except in an extension record.
    pub(super) lowest: u64,
    pub(super) runs: &'a [u8],
    /// Clusters of a compression unit as a power of two; 0 where it is not compressed.
    pub(super) unit: u8,
    pub(super) allocated: u64,
    pub(super) size: u64,
    /// Size of the part that was written; the rest reads as zeros.
    pub(super) initialized: u64,
}

impl Record {
    /// Checks a record and undoes its fixups.
    ///
    /// # Errors
    ///
    /// It is not a record, or is torn.
    pub(super) fn new(mut bytes: Vec<u8>) -> Result<Self, Damage> {
        if !bytes.starts_with(b"FILE") {
            return Err(Damage::Block("record of the master file table"));
        }
        take_back_fixups(&mut bytes, "record of the master file table")?;
        Ok(Self { bytes })
    }

    pub(super) fn sequence(&self) -> u16 {
        u16_at(&self.bytes, 16).unwrap_or(0)
    }

    pub(super) fn in_use(&self) -> bool {
        self.flags() & 1 != 0
    }

    pub(super) fn is_directory(&self) -> bool {
        self.flags() & 2 != 0
    }

    /// Returns the base record that this one extends; 0 for a base record.
    pub(super) fn base(&self) -> u64 {
        u64_at(&self.bytes, 32).unwrap_or(0)
    }

    fn flags(&self) -> u16 {
        u16_at(&self.bytes, 22).unwrap_or(0)
    }

    /// Returns the attributes. A broken one is the last: what follows cannot be found.
    pub(super) fn attributes(&self) -> Attributes<'_> {
        let used = usize::try_from(u32_at(&self.bytes, 24).unwrap_or(0)).unwrap_or(usize::MAX);
        let bytes = self.bytes.get(..used).unwrap_or(&self.bytes);
        let first = usize::from(u16_at(bytes, 20).unwrap_or(u16::MAX));
        Attributes { rest: bytes.get(first..).unwrap_or_default() }
    }
}

/// The attributes of a record, in order.
pub(super) struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        let kind = u32_at(self.rest, 0)?;
        if kind == kind::END {
            return None;
        }
        let parsed = usize::try_from(u32_at(self.rest, 4)?).ok().and_then(|length| {
            let (bytes, rest) = self.rest.split_at_checked(length).filter(|_| length >= 24)?;
            Some((attribute(bytes, kind)?, rest))
        });
        let (attribute, rest) = match parsed {
            Some((attribute, rest)) => (Ok(attribute), rest),
            None => (Err(Damage::Block("attribute")), &[][..]),
        };
        self.rest = rest;
        Some(attribute)
    }
}

fn attribute(bytes: &[u8], kind: u32) -> Option<Attribute<'_>> {
    let name_length = usize::from(*bytes.get(9)?).saturating_mul(2);
    let name_at = usize::from(u16_at(bytes, 10)?);
    let name = match name_length {
        0 => &[],
        length => bytes.get(name_at..)?.get(..length)?,
    };
    let body = if *bytes.get(8)? == 0 {
        let length = usize::try_from(u32_at(bytes, 16)?).ok()?;
        AttributeBody::Resident(bytes.get(usize::from(u16_at(bytes, 20)?)..)?.get(..length)?)
    } else {
        AttributeBody::Elsewhere(Elsewhere {
            lowest: u64_at(bytes, 16)?,
            runs: bytes.get(usize::from(u16_at(bytes, 32)?)..)?,
            unit: *bytes.get(34)?,
            allocated: u64_at(bytes, 40)?,
            size: u64_at(bytes, 48)?,
            initialized: u64_at(bytes, 56)?,
        })
    };
    Some(Attribute { kind, name, flags: u16_at(bytes, 12)?, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a record with one resident attribute, as a file system writes it.
    fn record() -> Vec<u8> {
        let mut bytes = vec![0; 1024];
        bytes[..8].copy_from_slice(&[b'F', b'I', b'L', b'E', 48, 0, 3, 0]);
        bytes[16..18].copy_from_slice(&5_u16.to_le_bytes());
        bytes[20..24].copy_from_slice(&[56, 0, 1, 0]);
        bytes[24..28].copy_from_slice(&100_u32.to_le_bytes());
        bytes[48..54].copy_from_slice(&[9, 9, 0xaa, 0xbb, 0xcc, 0xdd]);
        bytes[56..64].copy_from_slice(&[0x80, 0, 0, 0, 32, 0, 0, 0]);
        bytes[72..78].copy_from_slice(&[3, 0, 0, 0, 24, 0]);
        bytes[80..83].copy_from_slice(b"abc");
        bytes[88..92].copy_from_slice(&[0xff; 4]);
        bytes[510..512].copy_from_slice(&[9, 9]);
        bytes[1022..].copy_from_slice(&[9, 9]);
        bytes
    }

    #[test]
    fn fixups_are_undone_and_attributes_are_read() {
        let read = Record::new(record()).unwrap();
        assert_eq!((read.sequence(), read.in_use(), read.is_directory()), (5, true, false));
        assert_eq!((read.bytes[510], read.bytes[1023]), (0xaa, 0xdd));
        let attributes: Vec<_> = read.attributes().map(Result::unwrap).collect();
        let [only] = attributes[..] else { panic!("{attributes:?}") };
        assert!(matches!(only.body, AttributeBody::Resident(b"abc")) && only.kind == kind::DATA);
    }

    #[test]
    fn torn_and_other_records_are_refused() {
        let mut torn = record();
        torn[1022] = 8;
        assert!(matches!(Record::new(torn), Err(Damage::Torn(_))));
        let mut none = record();
        none[0] = b'B';
        assert!(Record::new(none).is_err() && Record::new(Vec::new()).is_err());
    }

    #[test]
    fn an_attribute_with_a_wrong_length_is_the_last() {
        for length in [0_u32, 8, 23, 2000, u32::MAX] {
            let mut bytes = record();
            bytes[60..64].copy_from_slice(&length.to_le_bytes());
            let read = Record::new(bytes).unwrap();
            let found: Vec<_> = read.attributes().collect();
            assert!(found.len() == 1 && found[0].is_err(), "{length}: {found:?}");
        }
    }
}
