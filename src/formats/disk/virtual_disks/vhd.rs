//! Reads VHD, the format of Virtual PC and Hyper-V: fixed, or dynamic with a block table.
//!
//! "Virtual Hard Disk Image Format Specification", Microsoft, 2006:
//! <https://learn.microsoft.com/windows/win32/vstor/about-vhd>

use std::io;
use std::sync::Arc;

use super::{Mapped, QEMU, Table, damaged, number_at, unsupported};
use crate::formats::disk::device::{Device, Stretch, read_some};
use crate::formats::disk::partitions::TableNote;

/// Finds the footer: at the end of the file, or its copy at the beginning, which every disk except a fixed one has. A
/// footer with a wrong checksum is used only where there is no other.
pub(super) fn footer(file: &dyn Device, head: &[u8]) -> io::Result<Option<(Vec<u8>, Vec<TableNote>)>> {
    // It had 511 bytes before Virtual PC 2004.
    let ends = [512, 511].map(|length| read_some(file, file.size().saturating_sub(length), 512));
    let [end, short] = ends;
    let (end, short) = (end?, short?);
    let is_one = |bytes: &[u8]| bytes.starts_with(b"conectix");
    let last = if is_one(&end) || !is_one(&short) { end } else { short };
    let copy = head.get(..512).filter(|copy| is_one(copy));
    Ok(match (is_one(&last), copy) {
        (false, None) => None,
        (true, _) if is_whole(&last) => Some((last, Vec::new())),
        (there, Some(copy)) if is_whole(copy) || !there => {
            let why = if there { "is damaged" } else { "is missing, as in a file that is cut short" };
            let mut text =
                format!("the footer at the end of the VHD {why}: the copy at the beginning is used");
            if !is_whole(copy) {
                text.push_str(", whose checksum does not match either");
            }
            // Blocks of the disk may be missing as well.
            let note = if there && is_whole(copy) { TableNote::known(text) } else { TableNote::gap(text) };
            Some((copy.to_vec(), vec![note]))
        }
        (..) => {
            let note = TableNote::gap(
                "the footer of the VHD is damaged (its checksum does not match), and there is no undamaged copy",
            );
            Some((last, vec![note]))
        }
    })
}

/// Whether a footer matches its checksum.
fn is_whole(footer: &[u8]) -> bool {
    holds(footer, 64)
}

/// Whether the checksum at an offset is right: the inverted sum of all other bytes.
fn holds(bytes: &[u8], place: usize) -> bool {
    let sum = |bytes: &[u8]| bytes.iter().fold(0_u32, |sum, byte| sum.wrapping_add((*byte).into()));
    let own = bytes.get(place..place.saturating_add(4)).unwrap_or_default();
    u32_at(bytes, place) == Some(!(sum(bytes).wrapping_sub(sum(own))))
}

/// Opens a disk through its footer, and adds notes on it.
pub(super) fn open(
    file: Arc<dyn Device>,
    foot: &[u8],
    notes: &mut Vec<TableNote>,
) -> io::Result<Arc<dyn Device>> {
    let size = u64_at(foot, 48).ok_or_else(|| damaged("its footer"))?;
    match u32_at(foot, 60) {
        Some(2) => Ok(Arc::new(Stretch::new(file, 0, size))),
        Some(3) => {
            let (disk, is_whole) = Dynamic::open(file, foot, size)?;
            if !is_whole {
                let text = "the header of the VHD is damaged (its checksum does not hold), and it has no copy: where its \
                            blocks are is in doubt";
                notes.push(TableNote::gap(text));
            }
            Ok(Arc::new(Mapped::new(disk)))
        }
        Some(4) => Err(unsupported("a VHD that contains only differences from another one", QEMU)),
        _ => Err(damaged("the disk type in the footer is not known")),
    }
}

#[derive(Debug)]
struct Dynamic {
    file: Arc<dyn Device>,
    size: u64,
    table: u64,
    entries: u64,
    block: u64,
}

impl Dynamic {
    /// Opens the disk; the flag says whether the header matches its checksum.
    fn open(file: Arc<dyn Device>, foot: &[u8], size: u64) -> io::Result<(Self, bool)> {
        let wrong = || damaged("its header");
        let head = read_some(&*file, u64_at(foot, 16).ok_or_else(wrong)?, 1024)?;
        if !head.starts_with(b"cxsparse") {
            return Err(wrong());
        }
        let block = u64::from(u32_at(&head, 32).ok_or_else(wrong)?);
        if !block.is_power_of_two() || block < 512 {
            return Err(wrong());
        }
        let (table, entries) = (u64_at(&head, 16).ok_or_else(wrong)?, u32_at(&head, 28).ok_or_else(wrong)?);
        Ok((Self { file, size, table, entries: entries.into(), block }, holds(&head, 36)))
    }
}

impl Table for Dynamic {
    fn file(&self) -> &Arc<dyn Device> {
        &self.file
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn block(&self) -> u64 {
        self.block
    }

    fn place(&self, number: u64) -> io::Result<Option<u64>> {
        if number >= self.entries {
            return Ok(None);
        }
        let place = self.table.saturating_add(number.saturating_mul(4));
        let sector = u32::from_be_bytes(number_at(&*self.file, place)?);
        if sector == u32::MAX {
            return Ok(None);
        }
        // A bitmap of the sectors precedes each block. Sectors that were never written are zeros in the block.
        let bitmap = (self.block / 512 / 8).max(1).next_multiple_of(512);
        Ok(Some(u64::from(sector).saturating_mul(512).saturating_add(bitmap)))
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
