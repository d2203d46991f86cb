//! `LiveMemory` of Linux: the whole memory of the running system, in the form that `LiME` gives it and that Volatility and others
//! read. Only where it is asked for.
//!
//! In: `/proc/iomem`, which says where memory is, and `/proc/kcore`, an ELF file through which the kernel shows it; only root may
//! read either, and a locked-down kernel shows it to nobody. Out: for each stretch a header of 32 bytes (magic, version 1,
//! first and last address, zeros) and its bytes, <https://github.com/504ensicsLabs/LiME/blob/master/doc/README.md>. The machine goes
//! on meanwhile, so stretches are of different moments. What cannot be read is zeros, and counted.
//!
//! Why not by the library of AVML, which reads the same two files in the same way: it writes a file of its own, plain, and this goes into
//! the bundle as it comes.

use std::fs::File;
use std::time::Duration;

use super::linux_host::LinuxHost;
use crate::evidence::ReasonCode;
use crate::evidence::bytes::{u16_at, u32_at, u64_at};
use crate::formats::disk::fill_at;
use crate::sources::rows::{Halt, Lines, Rows};
use crate::sys;

/// Most bytes of the table of addresses, and of the ELF file's head.
const MAX_TABLE: usize = 4 << 20;

/// Bytes read at once.
const CHUNK: usize = 256 << 10;

/// What is read alone where a chunk cannot be read whole.
const PAGE: usize = 4 << 10;

/// Bytes of an ELF file's own header, and of one of a segment.
const ELF: usize = 64;
const SEGMENT: usize = 56;

/// `PT_LOAD`.
const LOADED: u32 = 1;

/// What its headers begin with: `EMiL` as they stand.
const MAGIC: u32 = 0x4c69_4d45;

/// How slowly memory may come, in bytes a second, beyond a minute.
const SLOWEST: u64 = 32 << 20;

/// A stretch of memory by its addresses, the last one not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressRange {
    /// The first address.
    pub start: u64,
    /// The address behind the last one.
    pub end: u64,
}

/// Where a stretch stands in the kernel's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Its addresses.
    pub stretch: AddressRange,
    /// Where its first byte stands in the file.
    pub offset: u64,
}

/// How the image is made, or why there is none.
pub(crate) fn rows(reach: LinuxHost) -> Result<Rows, &'static str> {
    if !reach.is_live() {
        return Err("only a running system has memory");
    }
    let memory = stretches(&reach.read("proc/iomem", MAX_TABLE).unwrap_or_default());
    if memory.is_empty() {
        return Err("where memory is (/proc/iomem) is told to root alone");
    }
    let bytes = memory.iter().fold(0_u64, |sum, stretch| sum.saturating_add(stretch.length()));
    let most = bytes.saturating_add(1 << 20);
    let limit = Duration::from_secs(60_u64.saturating_add(bytes.checked_div(SLOWEST).unwrap_or_default()));
    let rows = Rows::text("kcore", most, move |lines| {
        let file = reach.open_file(b"proc/kcore").map_err(|error| {
            Halt::of_error("opening /proc/kcore, which root may where the kernel is not locked down", &error)
        })?;
        image(&memory, &file, lines)
    });
    Ok(rows.named("lime").within(limit))
}

impl AddressRange {
    fn length(&self) -> u64 {
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
        // In order, and none twice: what is told otherwise is not the kernel's.
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
        // Of memory that no address can be told of, the kernel writes -1, and before 2017 (Linux 4.11) for all of it 0.
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

/// The stretches as far as a segment shows them, each with where it stands in the file.
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

/// Writes the image.
fn image(memory: &[AddressRange], kcore: &File, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut head = vec![0; ELF];
    fill(kcore, 0, &mut head);
    let count = usize::from(u16_at(&head, 56).unwrap_or_default());
    let table = u64_at(&head, 32).and_then(|at| usize::try_from(at).ok()).unwrap_or_default();
    head.resize(table.saturating_add(count.saturating_mul(SEGMENT)).clamp(ELF, MAX_TABLE), 0);
    fill(kcore, 0, &mut head);
    let shown = shown(memory, &segments(&head));
    let sum = |all: &mut dyn Iterator<Item = u64>| all.fold(0_u64, u64::saturating_add);
    let hidden = sum(&mut memory.iter().map(AddressRange::length))
        .saturating_sub(sum(&mut shown.iter().map(|(stretch, _)| stretch.length())));
    if hidden > 0 {
        lines.short(
            ReasonCode::ReadError,
            format!(
                "/proc/kcore shows all but {hidden} bytes of memory; Linux tells its addresses since 4.11"
            ),
        );
    }
    let (mut buffer, mut zeros) = (vec![0; CHUNK], 0_u64);
    for (stretch, offset) in shown {
        lines.raw(&header(stretch))?;
        let mut done = 0_u64;
        while done < stretch.length() {
            let wanted = usize::try_from(stretch.length().saturating_sub(done)).unwrap_or(CHUNK).min(CHUNK);
            let chunk = buffer.get_mut(..wanted).unwrap_or_default();
            zeros = zeros.saturating_add(fill(kcore, offset.saturating_add(done), chunk));
            lines.raw(chunk)?;
            done = done.saturating_add(u64::try_from(wanted).unwrap_or(u64::MAX));
        }
    }
    if zeros > 0 {
        lines
            .short(ReasonCode::ReadError, format!("{zeros} bytes of memory could not be read and are zeros"));
    }
    Ok(())
}

/// The header of a stretch.
fn header(stretch: AddressRange) -> Vec<u8> {
    let mut header = Vec::with_capacity(32);
    header.extend(MAGIC.to_le_bytes());
    header.extend(1_u32.to_le_bytes());
    header.extend(stretch.start.to_le_bytes());
    header.extend(stretch.end.saturating_sub(1).to_le_bytes());
    header.extend([0; 8]);
    header
}

/// Reads a whole chunk, or page by page what can be read of it, the rest as zeros; gives how many bytes those are.
fn fill(file: &File, offset: u64, chunk: &mut [u8]) -> u64 {
    if whole(file, offset, chunk) {
        return 0;
    }
    let (mut at, mut zeros) = (offset, 0_u64);
    for page in chunk.chunks_mut(PAGE) {
        let length = u64::try_from(page.len()).unwrap_or(u64::MAX);
        if !whole(file, at, page) {
            page.fill(0);
            zeros = zeros.saturating_add(length);
        }
        at = at.saturating_add(length);
    }
    zeros
}

fn whole(file: &File, offset: u64, buffer: &mut [u8]) -> bool {
    fill_at(offset, buffer, |at, rest| sys::read_at(file, at, rest)).is_ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::sources::rows::tests::read_all;

    /// A kernel's file that shows these stretches, each byte its address's third byte; and where it is cut.
    pub(crate) fn kcore(stretches: &[(u64, u64)]) -> Vec<u8> {
        let mut head = vec![0; ELF];
        head[..6].copy_from_slice(b"\x7fELF\x02\x01");
        head[32..40].copy_from_slice(&64_u64.to_le_bytes());
        head[56..58].copy_from_slice(&u16::try_from(stretches.len() + 1).unwrap().to_le_bytes());
        let mut offset = u64::try_from(ELF + (stretches.len() + 1) * SEGMENT).unwrap();
        let mut content = Vec::new();
        let mut segment = |kind: u32, fields: [(usize, u64); 3]| {
            let mut segment = vec![0; SEGMENT];
            segment[..4].copy_from_slice(&kind.to_le_bytes());
            for (at, value) in fields {
                segment[at..at + 8].copy_from_slice(&value.to_le_bytes());
            }
            head.extend(segment);
        };
        segment(4, [(8, 0), (24, 0), (32, 0)]);
        for (start, end) in stretches {
            segment(LOADED, [(8, offset), (24, *start), (32, end - start)]);
            content.extend((*start..*end).map(|address| address.to_le_bytes()[1]));
            offset += end - start;
        }
        head.extend(content);
        head
    }

    fn made(iomem: &str, kcore: &[u8]) -> (Vec<u8>, Option<crate::evidence::Reason>) {
        let dir = tempfile::TempDir::new().unwrap();
        std::fs::write(dir.path().join("kcore"), kcore).unwrap();
        let file = File::open(dir.path().join("kcore")).unwrap();
        let memory = stretches(iomem.as_bytes());
        let rows = Rows::text("kcore", 1 << 30, move |lines| image(&memory, &file, lines));
        read_all(&rows)
    }

    const IOMEM: &str = "00000000-00000fff : Reserved\n00001000-00004fff : System RAM\n  00002000-00002fff : Kernel code\n\
        00005000-000fffff : Reserved\n00100000-001fffff : System RAM\n";

    #[test]
    fn each_stretch_stands_behind_its_header_and_is_what_the_kernel_shows() {
        let (image, short) = made(IOMEM, &kcore(&[(0x1000, 0x5000), (0x10_0000, 0x20_0000)]));
        assert_eq!(short, None);
        assert_eq!(image.len(), 32 + 0x4000 + 32 + 0x10_0000);
        assert_eq!(image[..4], *b"EMiL");
        assert_eq!((u64_at(&image, 8), u64_at(&image, 16)), (Some(0x1000), Some(0x4fff)));
        assert!(
            image[32..32 + 0x4000]
                .iter()
                .enumerate()
                .all(|(at, byte)| usize::from(*byte) == (at + 0x1000) >> 8)
        );
        let second = &image[32 + 0x4000..];
        assert_eq!((u64_at(second, 8), u64_at(second, 16)), (Some(0x10_0000), Some(0x1f_ffff)));
        assert!(second[32..].iter().enumerate().all(|(at, byte)| usize::from(*byte) == (at >> 8) & 0xff));
    }

    #[test]
    fn what_is_not_shown_is_told_and_what_cannot_be_read_is_zeros_and_counted() {
        // A stretch that two segments share, and one that none shows.
        let (image, short) = made(IOMEM, &kcore(&[(0, 0x2000), (0x2000, 0x3000)]));
        assert_eq!(image.len(), 32 + 0x1000 + 32 + 0x1000);
        assert!(short.unwrap().detail.contains(&format!("all but {} bytes", 0x2000 + 0x10_0000)));
        let whole = kcore(&[(0x1000, 0x5000), (0x10_0000, 0x20_0000)]);
        let (image, short) = made(IOMEM, &whole[..whole.len() - 0x1_0000]);
        assert_eq!(image.len(), 32 + 0x4000 + 32 + 0x10_0000);
        let detail = short.unwrap().detail;
        assert!(detail.starts_with("65536 bytes of memory could not be read"), "{detail}");
        assert!(image[image.len() - 0x1_0000..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn hidden_addresses_and_files_that_are_none_of_the_kernels_show_nothing() {
        assert_eq!(stretches(b"00000000-00000000 : System RAM\n00000000-00000000 : Reserved\n"), []);
        assert_eq!(
            stretches(b"x-y : System RAM\n5-1 : System RAM\nffffffffffffffff-ffffffffffffffff : System RAM"),
            []
        );
        for no in [&b""[..], b"\x7fELF\x02\x01", b"\x7fELF\x01\x01"] {
            assert_eq!(segments(no), []);
        }
        // Linux before 4.11 says 0 of all.
        let mut old = kcore(&[(0x1000, 0x5000), (0x10_0000, 0x20_0000)]);
        for number in 1..3 {
            old[64 + number * SEGMENT + 24..][..8].fill(0);
        }
        assert_eq!(segments(&old), []);
        let (image, short) = made(IOMEM, &old);
        assert!(image.is_empty() && short.is_some());
    }
}
