//! `/proc/iomem` and the head of `/proc/kcore`: which addresses are memory, and where the kernel's file shows them.
//!
//! In: the text of the one, and the first bytes of the other, an ELF file of 64 bits. Out: stretches of memory with their
//! offsets, and the header that `LiME` puts before each,
//! <https://github.com/504ensicsLabs/LiME/blob/master/doc/README.md>. Pure, and never a panic.

use crate::evidence::bytes::{u16_at, u32_at, u64_at};

/// Bytes of an ELF file's own header, and of one of a segment.
pub(crate) const HEADER: usize = 64;
pub(crate) const SEGMENT: usize = 56;

/// `PT_LOAD`.
pub(crate) const LOADED: u32 = 1;

/// What its headers begin with: `EMiL` as they stand.
const MAGIC: u32 = 0x4c69_4d45;

/// A stretch of memory by its addresses, the last one not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressRange {
    /// The first address.
    pub start: u64,
    /// The address behind the last one.
    pub end: u64,
}

/// The place of a stretch in the kernel's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Its addresses.
    pub stretch: AddressRange,
    /// The offset of its first byte in the file.
    pub offset: u64,
}

impl AddressRange {
    /// Its length in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// Where memory is, by `/proc/iomem`; nothing where the addresses are hidden.
#[must_use]
pub fn stretches(text: &[u8]) -> Vec<AddressRange> {
    let text = String::from_utf8_lossy(text);
    let stretch = |line: &str| {
        // What stands further in is a part of what stands above it.
        let (range, what) = line.split_once(" : ")?;
        let (first, last) = range.split_once('-')?;
        let start = u64::from_str_radix(first, 16).ok()?;
        let end = u64::from_str_radix(last, 16).ok()?.checked_add(1)?;
        (what.trim_end() == "System RAM" && start < end && end > 1).then_some(AddressRange { start, end })
    };
    let mut all: Vec<AddressRange> = Vec::new();
    for next in text.lines().filter_map(stretch) {
        // In order, and none twice: what says otherwise is not the kernel's.
        if all.last().is_none_or(|last| last.end <= next.start) {
            all.push(next);
        }
    }
    all
}

/// The segments of the kernel's file that say which memory they show, by its head.
#[must_use]
pub fn segments(head: &[u8]) -> Vec<Segment> {
    // 64 bits, little-endian.
    if head.get(..6) != Some(b"\x7fELF\x02\x01") {
        return Vec::new();
    }
    let table = u64_at(head, 32).and_then(|at| usize::try_from(at).ok()).unwrap_or(usize::MAX);
    let count = usize::from(u16_at(head, 56).unwrap_or_default());
    let segment = |number: usize| {
        let at = table.checked_add(number.checked_mul(SEGMENT)?)?;
        let field = |offset: usize| u64_at(head, at.checked_add(offset)?);
        if u32_at(head, at)? != LOADED {
            return None;
        }
        let (offset, start, length) = (field(8)?, field(24)?, field(32)?);
        // For memory without an address the kernel writes -1, and before 2017 (Linux 4.11) for all of it 0.
        let end = start.checked_add(length).filter(|_| start != u64::MAX && length > 0)?;
        Some(Segment { stretch: AddressRange { start, end }, offset })
    };
    let all: Vec<Segment> = (0..count).filter_map(segment).collect();
    // The first page is never the beginning of two of them.
    if all.iter().filter(|segment| segment.stretch.start == 0).count() > 1 {
        return Vec::new();
    }
    all
}

/// The stretches as far as a segment shows them, each with its offset in the file.
#[must_use]
pub fn shown(memory: &[AddressRange], segments: &[Segment]) -> Vec<(AddressRange, u64)> {
    let mut all = Vec::new();
    for stretch in memory {
        let mut at = stretch.start;
        while at < stretch.end {
            let here = segments.iter().find(|part| part.stretch.start <= at && at < part.stretch.end);
            let next = segments.iter().map(|part| part.stretch.start).filter(|start| *start > at).min();
            match here {
                Some(part) => {
                    let end = part.stretch.end.min(stretch.end);
                    let offset = part.offset.saturating_add(at.saturating_sub(part.stretch.start));
                    all.push((AddressRange { start: at, end }, offset));
                    at = end;
                }
                None => at = next.unwrap_or(stretch.end),
            }
        }
    }
    all
}

/// How many bytes the head of a file has in which [`segments`] are, by its first [`HEADER`] bytes.
pub(crate) fn head_length(header: &[u8]) -> usize {
    let count = usize::from(u16_at(header, 56).unwrap_or_default());
    let table = u64_at(header, 32).and_then(|at| usize::try_from(at).ok()).unwrap_or_default();
    table.saturating_add(count.saturating_mul(SEGMENT)).max(HEADER)
}

/// The header of `LiME` before a stretch.
pub(crate) fn lime_header(stretch: AddressRange) -> Vec<u8> {
    let mut header = Vec::with_capacity(32);
    header.extend(MAGIC.to_le_bytes());
    header.extend(1_u32.to_le_bytes());
    header.extend(stretch.start.to_le_bytes());
    header.extend(stretch.end.saturating_sub(1).to_le_bytes());
    header.extend([0; 8]);
    header
}
