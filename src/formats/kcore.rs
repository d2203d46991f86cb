//! Reads `/proc/iomem` and the header of `/proc/kcore`: which physical addresses are RAM, and where `kcore` has them.
//!
//! In: the text of `iomem`, and the first bytes of `kcore`, a 64-bit ELF file. Out: ranges of memory with their file
//! offsets, and the header that `LiME` puts before each
//! (<https://github.com/504ensicsLabs/LiME/blob/master/doc/README.md>). Pure; never panics.

use crate::evidence::bytes::{u16_at, u32_at, u64_at};

/// Bytes of the ELF header, and of a program header.
pub(crate) const HEADER: usize = 64;
pub(crate) const SEGMENT: usize = 56;

/// `PT_LOAD`.
pub(crate) const LOADED: u32 = 1;

/// Signature of a `LiME` header: `EMiL` in little-endian order.
const MAGIC: u32 = 0x4c69_4d45;

/// A range of memory addresses, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressRange {
    /// First address.
    pub start: u64,
    /// Address after the last one.
    pub end: u64,
}

/// The location of a range in `kcore`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Physical addresses.
    pub stretch: AddressRange,
    /// File offset of the first byte.
    pub offset: u64,
}

impl AddressRange {
    /// Returns the length in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// Reads the RAM ranges from `/proc/iomem`; empty where the addresses are hidden.
#[must_use]
pub fn stretches(text: &[u8]) -> Vec<AddressRange> {
    let text = String::from_utf8_lossy(text);
    let stretch = |line: &str| {
        // Indented lines are parts of the range above them.
        let (range, what) = line.split_once(" : ")?;
        let (first, last) = range.split_once('-')?;
        let start = u64::from_str_radix(first, 16).ok()?;
        let end = u64::from_str_radix(last, 16).ok()?.checked_add(1)?;
        (what.trim_end() == "System RAM" && start < end && end > 1).then_some(AddressRange { start, end })
    };
    let mut all: Vec<AddressRange> = Vec::new();
    for next in text.lines().filter_map(stretch) {
        // In ascending order without overlap: anything else is not written by the kernel.
        if all.last().is_none_or(|last| last.end <= next.start) {
            all.push(next);
        }
    }
    all
}

/// Returns the segments of `kcore` that have a physical address, from its header.
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
        // The kernel writes -1 for memory without a physical address, and before 2017 (Linux 4.11) it wrote 0 for
        // all.
        let end = start.checked_add(length).filter(|_| start != u64::MAX && length > 0)?;
        Some(Segment { stretch: AddressRange { start, end }, offset })
    };
    let all: Vec<Segment> = (0..count).filter_map(segment).collect();
    // Only one segment can begin with the first page.
    if all.iter().filter(|segment| segment.stretch.start == 0).count() > 1 {
        return Vec::new();
    }
    all
}

/// Returns the parts of the ranges that segments contain, each with its file offset.
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

/// Returns the length of the headers that contain the [`segments`], from the first [`HEADER`] bytes of the file.
pub(crate) fn head_length(header: &[u8]) -> usize {
    let count = usize::from(u16_at(header, 56).unwrap_or_default());
    let table = u64_at(header, 32).and_then(|at| usize::try_from(at).ok()).unwrap_or_default();
    table.saturating_add(count.saturating_mul(SEGMENT)).max(HEADER)
}

/// Makes the `LiME` header of a range.
pub(crate) fn lime_header(stretch: AddressRange) -> Vec<u8> {
    let mut header = Vec::with_capacity(32);
    header.extend(MAGIC.to_le_bytes());
    header.extend(1_u32.to_le_bytes());
    header.extend(stretch.start.to_le_bytes());
    header.extend(stretch.end.saturating_sub(1).to_le_bytes());
    header.extend([0; 8]);
    header
}
