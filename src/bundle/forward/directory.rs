//! Reads the central directory and the end records (APPNOTE 4.3.12 to 4.3.16), and compares them with the entries
//! that were read.
//!
//! The directory must list the same entries in the same order with the same sizes. Memory per entry: 16 bytes of its
//! name's digest (to detect duplicates), and 8 of its fields, whatever a directory claims.

use std::collections::BTreeSet;

use sha2::Digest as _;

use super::StructureFault;
use super::header::{Fields, Head, HeaderFault, Sizes, zip64_field};
use super::input::{Input, InputEnd};
use crate::bundle::limits::ReadLimits;

pub(super) const ENTRY: &[u8; 4] = b"PK\x01\x02";
pub(super) const END_64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR: &[u8; 4] = b"PK\x06\x07";
pub(super) const END: &[u8; 4] = b"PK\x05\x06";
const FIXED: usize = 46;

/// The entries that were read.
#[derive(Default)]
pub(super) struct Directory {
    names: BTreeSet<u128>,
    facts: Vec<u64>,
}

impl Directory {
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.facts.len()).unwrap_or(u64::MAX)
    }

    /// Adds an entry. The name of an entry found after a hole is not compared with others: otherwise, headers inside
    /// a hostile file could take the names of later entries.
    pub(super) fn met(&mut self, head: &Head, sizes: &Sizes) -> Result<(), StructureFault> {
        self.facts.push(facts(head.name.as_bytes(), head.flags, head.method, sizes, head.offset));
        if head.after_hole {
            return Ok(());
        }
        let digest = sha2::Sha256::digest(head.name.as_bytes());
        let short = digest.first_chunk::<16>().copied().unwrap_or_default();
        if self.names.insert(u128::from_le_bytes(short)) {
            Ok(())
        } else {
            Err(StructureFault::Double { at: head.offset, name: head.name.clone() })
        }
    }
}

/// Returns 64 bits of a hash of the fields that a local header and the directory share. An attacker can make a bundle
/// with a matching hash by chance, but the entries themselves are still read correctly.
fn facts(name: &[u8], flags: u16, method: u16, sizes: &Sizes, offset: u64) -> u64 {
    let mut digest = sha2::Sha256::new();
    digest.update(flags.to_le_bytes());
    digest.update(method.to_le_bytes());
    digest.update(sizes.crc32.to_le_bytes());
    digest.update(sizes.compressed.to_le_bytes());
    digest.update(sizes.size.to_le_bytes());
    digest.update(offset.to_le_bytes());
    digest.update(name);
    let digest = digest.finalize();
    u64::from_le_bytes(digest.first_chunk::<8>().copied().unwrap_or_default())
}

/// Reads the directory and the end records. After a hole, its entries are only counted, since some were not read.
pub(super) fn read(
    input: &mut Input<'_>,
    limits: &ReadLimits,
    met: &Directory,
    after_hole: bool,
) -> Result<(), HeaderFault> {
    let begin = input.offset();
    let differs = |at, what: String| HeaderFault::Fault(StructureFault::Directory { at, what });
    let mut count: u64 = 0;
    loop {
        let at = input.offset();
        let signature = Fields(input.peek(4)?).u32(0).to_le_bytes();
        if &signature != ENTRY {
            break;
        }
        let (facts, length) = entry(input, limits)?;
        let expected = usize::try_from(count).ok().and_then(|index| met.facts.get(index));
        if !after_hole && expected != Some(&facts) {
            let what = match expected {
                Some(_) => {
                    format!("differs from entry {}", count.saturating_add(1))
                }
                None => format!("lists more than the {} entries of the bundle", met.len()),
            };
            return Err(differs(at, what));
        }
        input.take(length);
        count = count.saturating_add(1);
        if count > limits.entries {
            return Err(differs(at, "lists more entries than the limit".into()));
        }
    }
    if !after_hole && count != met.len() {
        return Err(differs(begin, format!("lists {count} of {} entries", met.len())));
    }
    end_records(input, begin, count)?;
    match input.some() {
        Err(InputEnd::End) => Ok(()),
        Err(stop) => Err(stop.into()),
        Ok(_) => Err(HeaderFault::Fault(StructureFault::Trailing { at: input.offset() })),
    }
}

/// Reads one entry of the directory: the hash of its fields, and its length.
fn entry(input: &mut Input<'_>, limits: &ReadLimits) -> Result<(u64, usize), HeaderFault> {
    let at = input.offset();
    let wrong = |what: &str| HeaderFault::Fault(StructureFault::Directory { at, what: what.to_owned() });
    let fixed = Fields(input.peek(FIXED)?);
    let (flags, method, crc32) = (fixed.u16(8), fixed.u16(10), fixed.u32(16));
    let (compressed, size, offset) = (fixed.u32(20), fixed.u32(24), fixed.u32(42));
    let [name, extra, comment] = [28, 30, 32].map(|place| usize::from(fixed.u16(place)));
    if name > limits.name || extra > limits.extra || comment > 0 {
        return Err(wrong(
            "has an entry with a name, extra fields or comment that the format does not allow",
        ));
    }
    let length = FIXED.saturating_add(name).saturating_add(extra);
    let bytes = input.peek(length)?;
    let extra_at = FIXED.saturating_add(name);
    let name = bytes.get(FIXED..extra_at).unwrap_or_default();
    let zip64 = zip64_field(bytes.get(extra_at..length).unwrap_or_default()).map_err(wrong)?;
    let mut large = Fields(zip64.unwrap_or_default());
    let mut wide = |field: u32| {
        if field < u32::MAX {
            return u64::from(field);
        }
        let value = large.u64(0);
        large = Fields(large.0.get(8..).unwrap_or_default());
        value
    };
    // The order of APPNOTE 4.5.3.
    let size = wide(size);
    let compressed = wide(compressed);
    let offset = wide(offset);
    Ok((facts(name, flags, method, &Sizes { crc32, compressed, size }, offset), length))
}

/// Reads the end records: their counts and offsets must match the directory.
fn end_records(input: &mut Input<'_>, begin: u64, count: u64) -> Result<(), HeaderFault> {
    let end_at = input.offset();
    let differs =
        |at, what: &str| Err(HeaderFault::Fault(StructureFault::Directory { at, what: what.to_owned() }));
    let size = end_at.saturating_sub(begin);
    let mut zip64 = false;
    if input.peek(4)?.starts_with(END_64) {
        zip64 = true;
        let fields = Fields(input.peek(76)?);
        let counts = [fields.u64(24), fields.u64(32)];
        if counts != [count; 2] {
            let claimed = counts.iter().max().copied().unwrap_or_default();
            let what = format!("states {claimed} entries, but lists {count}");
            return Err(HeaderFault::Fault(StructureFault::Directory { at: end_at, what }));
        }
        if fields.u64(4) != 44 || fields.u64(40) != size || fields.u64(48) != begin {
            return differs(end_at, "ends with a wrong size or offset");
        }
        if !fields.0.get(56..).unwrap_or_default().starts_with(LOCATOR) || fields.u64(64) != end_at {
            return differs(end_at, "ends without a matching locator");
        }
        input.take(76);
    }
    let at = input.offset();
    let fields = Fields(input.peek(22)?);
    if !fields.0.starts_with(END) {
        return differs(at, "has no end record");
    }
    let fits_16 = |said: u16, is: u64| u64::from(said) == is || (zip64 && said == u16::MAX);
    let fits_32 = |said: u32, is: u64| u64::from(said) == is || (zip64 && said == u32::MAX);
    let counts = [fields.u16(8), fields.u16(10)];
    if !counts.iter().all(|said| fits_16(*said, count)) {
        let what =
            format!("states {} entries, but lists {count}", counts.iter().max().copied().unwrap_or_default());
        return Err(HeaderFault::Fault(StructureFault::Directory { at, what }));
    }
    if !fits_32(fields.u32(12), size) || !fits_32(fields.u32(16), begin) {
        return differs(at, "ends with a wrong size or offset");
    }
    if fields.u16(20) != 0 {
        return differs(at, "ends with a comment, which the format does not allow");
    }
    input.take(22);
    Ok(())
}
