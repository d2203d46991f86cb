//! Reads VHDX, the format of Hyper-V: a block table, with sizes in a metadata region.
//!
//! [MS-VHDX]: <https://learn.microsoft.com/openspecs/windows_protocols/ms-vhdx/>

use std::io;
use std::sync::Arc;

use super::{QEMU, Table, damaged, number_at, unsupported};
use crate::evidence::bytes::{u16_at, u32_at, u64_at};
use crate::formats::crc32c;
use crate::formats::disk::device::{Device, read_some};
use crate::formats::disk::partitions::TableNote;

/// GUIDs in on-disk byte order.
const REGION_TABLE: [u8; 16] = guid(0x2dc2_7766, 0xf623, 0x4200, 0x9d64_115e_9bfd_4a08);
const REGION_METADATA: [u8; 16] = guid(0x8b7c_a206, 0x4790, 0x4b9a, 0xb8fe_575f_050f_886e);
const FILE_PARAMETERS: [u8; 16] = guid(0xcaa1_6737, 0xfa36, 0x4d43, 0xb3b6_33f0_aa44_e76b);
const DISK_SIZE: [u8; 16] = guid(0x2fa5_4224, 0xcd1b, 0x4876, 0xb211_5dbe_d83b_f4b8);
const SECTOR_SIZE: [u8; 16] = guid(0x8141_bf1d, 0xa96f, 0x4709, 0xba47_f233_a8fa_ab5f);

/// Offsets of both copies of the header and of the region table.
const HEADERS: [u64; 2] = [64 << 10, 128 << 10];
const REGIONS: [u64; 2] = [192 << 10, 256 << 10];
/// Bytes that the checksums of a header and of a region table cover.
const HEADER: usize = 4 << 10;
const TABLE: usize = 64 << 10;
/// Maximum number of entries in either table, from the specification.
const MAX_ENTRIES: usize = 2047;

const HAS_PARENT: u32 = 2;
const PRESENT: u64 = 6;
const PARTLY_PRESENT: u64 = 7;

#[derive(Debug)]
pub(super) struct Vhdx {
    file: Arc<dyn Device>,
    size: u64,
    block: u64,
    table: u64,
    /// Number of blocks between two bitmap entries.
    ratio: u64,
}

impl Vhdx {
    /// Opens a disk through the undamaged copies of its tables.
    pub(super) fn open(file: Arc<dyn Device>) -> io::Result<(Self, Vec<TableNote>)> {
        let mut notes = Vec::new();
        let headers = HEADERS.into_iter().filter_map(|at| {
            let head = read_some(&*file, at, HEADER).ok().filter(|head| is_whole(head, *b"head", HEADER))?;
            Some((u64_at(&head, 8)?, head.get(48..64)?.iter().any(|byte| *byte != 0)))
        });
        match headers.max() {
            Some((_, true)) => {
                return Err(unsupported("a VHDX that was not closed (its log is not empty)", QEMU));
            }
            Some((_, false)) => {}
            None => notes.push(TableNote::gap(
                "both headers of the VHDX are damaged: its log may contain writes that are missing here",
            )),
        }
        let tables = REGIONS.into_iter().filter_map(|at| read_some(&*file, at, TABLE).ok());
        let mut tables = tables.enumerate().filter(|(_, table)| is_whole(table, *b"regi", TABLE));
        let (which, regions) = tables.next().ok_or_else(|| damaged("both region tables"))?;
        if which > 0 {
            notes.push(TableNote::known(
                "the first region table of the VHDX is damaged: the second one is used",
            ));
        }
        let region = |wanted: &[u8; 16]| {
            let count = usize::try_from(u32_at(&regions, 8)?).ok()?.min(MAX_ENTRIES);
            let entries = regions.get(16..)?.chunks_exact(32).take(count);
            entries.filter(|entry| entry.starts_with(wanted)).find_map(|entry| u64_at(entry, 16))
        };
        let wrong = || damaged("its tables");
        let table = region(&REGION_TABLE).ok_or_else(wrong)?;
        let metadata_at = region(&REGION_METADATA).ok_or_else(wrong)?;
        let metadata = read_some(&*file, metadata_at, 64 << 10)?;
        let item = |wanted: &[u8; 16]| {
            let count = usize::from(u16_at(&metadata, 10)?).min(MAX_ENTRIES);
            let entries = metadata.get(32..)?.chunks_exact(32).take(count);
            let offset =
                entries.filter(|entry| entry.starts_with(wanted)).find_map(|entry| u32_at(entry, 16))?;
            number_at::<8>(&*file, metadata_at.saturating_add(offset.into())).ok()
        };
        let parameters = item(&FILE_PARAMETERS).ok_or_else(wrong)?;
        if u32_at(&parameters, 4).is_some_and(|flags| flags & HAS_PARENT != 0) {
            return Err(unsupported("a VHDX that contains only differences from another one", QEMU));
        }
        let block = u64::from(u32_at(&parameters, 0).unwrap_or(0));
        let size = item(&DISK_SIZE).map(u64::from_le_bytes).ok_or_else(wrong)?;
        let sector =
            item(&SECTOR_SIZE).and_then(|bytes| u32_at(&bytes, 0)).map(u64::from).ok_or_else(wrong)?;
        if !block.is_power_of_two()
            || !(1 << 20..=256 << 20).contains(&block)
            || !matches!(sector, 512 | 4096)
        {
            return Err(wrong());
        }
        let ratio = (sector << 23).checked_div(block).unwrap_or(1);
        Ok((Self { file, size, block, table, ratio }, notes))
    }
}

/// Whether a header or table has its signature and matches its checksum, which is computed with zeros in the checksum
/// field.
fn is_whole(bytes: &[u8], mark: [u8; 4], length: usize) -> bool {
    let (Some(before), Some(after)) = (bytes.get(..4), bytes.get(8..length)) else { return false };
    let sum = [before, &[0; 4], after].into_iter().fold(crc32c::START, crc32c::crc32c);
    before == mark && u32_at(bytes, 4) == Some(!sum)
}

impl Table for Vhdx {
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
        let index = number.saturating_add(number.checked_div(self.ratio).unwrap_or(0));
        let place = self.table.saturating_add(index.saturating_mul(8));
        let entry = u64::from_le_bytes(number_at(&*self.file, place)?);
        match entry & 7 {
            PRESENT => Ok(Some(entry & !0xf_ffff)),
            PARTLY_PRESENT => Err(damaged("a block is in another file")),
            _ => Ok(None),
        }
    }
}

const fn guid(first: u32, second: u16, third: u16, rest: u64) -> [u8; 16] {
    let (a, b, c, d) = (first.to_le_bytes(), second.to_le_bytes(), third.to_le_bytes(), rest.to_be_bytes());
    [a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]]
}
