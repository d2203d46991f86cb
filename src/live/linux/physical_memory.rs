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
use crate::formats::disk::fill_at;
use crate::formats::kcore;
use crate::formats::kcore::AddressRange;
use crate::sources::rows::{Halt, Lines, Rows};
use crate::sys;

/// Most bytes of the table of addresses, and of the ELF file's head.
const MAX_TABLE: usize = 4 << 20;

/// Bytes read at once.
const CHUNK: usize = 256 << 10;

/// What is read alone where a chunk cannot be read whole.
const PAGE: usize = 4 << 10;

/// How slowly memory may come, in bytes a second, beyond a minute.
const SLOWEST: u64 = 32 << 20;

/// How the image is made, or why there is none.
pub(crate) fn rows(reach: LinuxHost) -> Result<Rows, &'static str> {
    if !reach.is_live() {
        return Err("only a running system has memory");
    }
    let memory = kcore::stretches(&reach.whole_table("proc/iomem", MAX_TABLE));
    if memory.is_empty() {
        return Err("only root can see where memory is (/proc/iomem)");
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

/// Writes the image.
fn image(memory: &[AddressRange], file: &File, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut head = vec![0; kcore::HEADER];
    fill(file, 0, &mut head);
    head.resize(kcore::head_length(&head).min(MAX_TABLE), 0);
    fill(file, 0, &mut head);
    let shown = kcore::shown(memory, &kcore::segments(&head));
    let sum = |all: &mut dyn Iterator<Item = u64>| all.fold(0_u64, u64::saturating_add);
    let hidden = sum(&mut memory.iter().map(AddressRange::length))
        .saturating_sub(sum(&mut shown.iter().map(|(stretch, _)| stretch.length())));
    if hidden > 0 {
        lines.short(
            ReasonCode::ReadError,
            format!(
                "/proc/kcore shows all but {hidden} bytes of memory; Linux reports its addresses since 4.11"
            ),
        );
    }
    let (mut buffer, mut zeros) = (vec![0; CHUNK], 0_u64);
    for (stretch, offset) in shown {
        lines.raw(&kcore::lime_header(stretch))?;
        let mut done = 0_u64;
        while done < stretch.length() {
            let wanted = usize::try_from(stretch.length().saturating_sub(done)).unwrap_or(CHUNK).min(CHUNK);
            let chunk = buffer.get_mut(..wanted).unwrap_or_default();
            zeros = zeros.saturating_add(fill(file, offset.saturating_add(done), chunk));
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
    use crate::evidence::bytes::u64_at;
    use crate::formats::kcore::{HEADER as ELF, LOADED, SEGMENT, segments, stretches};
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
