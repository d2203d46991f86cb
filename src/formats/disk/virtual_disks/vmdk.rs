//! Reads VMDK in one growing file ("monolithic sparse"): grains through a directory of tables.
//!
//! "Virtual Disk Format 5.0", `VMware`, 2011.

use std::io;
use std::sync::Arc;

use super::{QEMU, Table, damaged, number_at, unsupported};
use crate::evidence::bytes::{u16_at, u32_at, u64_at};
use crate::formats::disk::device::{Device, read_some};

const SECTOR: u64 = 512;
/// Flag of compressed grains, as in disks for download.
const COMPRESSED: u32 = 1 << 16;
/// The parent identifier of a disk without a parent.
const NO_PARENT: &str = "ffffffff";
/// Maximum bytes of the description that are read; those of `VMware` and QEMU have 10 KiB.
const MAX_DESCRIPTION: u64 = 1 << 20;

#[derive(Debug)]
pub(super) struct Vmdk {
    file: Arc<dyn Device>,
    size: u64,
    grain: u64,
    /// Number of grains per table.
    per_table: u64,
    directory: u64,
}

impl Vmdk {
    pub(super) fn open(file: Arc<dyn Device>) -> io::Result<Self> {
        let head = read_some(&*file, 0, 512)?;
        let wrong = || damaged("its header");
        let flags = u32_at(&head, 8).ok_or_else(wrong)?;
        if flags & COMPRESSED != 0 || u16_at(&head, 77).is_some_and(|method| method != 0) {
            return Err(unsupported("a VMDK whose blocks are compressed", QEMU));
        }
        if has_parent(&*file, &head)? {
            return Err(unsupported("a VMDK that contains only differences from another one", QEMU));
        }
        let bytes = |at| u64_at(&head, at).and_then(|sectors| sectors.checked_mul(SECTOR)).ok_or_else(wrong);
        let (size, grain, directory) = (bytes(12)?, bytes(20)?, bytes(56)?);
        let per_table = u64::from(u32_at(&head, 44).ok_or_else(wrong)?);
        if !grain.is_power_of_two() || per_table == 0 || grain > 64 << 20 {
            return Err(wrong());
        }
        Ok(Self { file, size, grain, per_table, directory })
    }
}

/// Whether the description in the file has a parent disk, which contains the grains that this one does not.
fn has_parent(file: &dyn Device, head: &[u8]) -> io::Result<bool> {
    let sectors = |at| u64_at(head, at).unwrap_or(0).saturating_mul(SECTOR);
    let (place, length) = (sectors(28), sectors(36).min(MAX_DESCRIPTION));
    if place == 0 {
        return Ok(false);
    }
    let text = read_some(file, place, usize::try_from(length).unwrap_or(0))?;
    let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
    let mut parents = text.lines().filter_map(|line| line.split_once('='));
    Ok(parents.any(|(name, value)| name.trim() == "parentcid" && value.trim() != NO_PARENT))
}

impl Table for Vmdk {
    fn file(&self) -> &Arc<dyn Device> {
        &self.file
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn block(&self) -> u64 {
        self.grain
    }

    fn place(&self, number: u64) -> io::Result<Option<u64>> {
        let entry = |table: u64, index: u64| {
            let bytes = number_at(&*self.file, table.saturating_add(index.saturating_mul(4)))?;
            Ok::<_, io::Error>(u64::from(u32::from_le_bytes(bytes)).saturating_mul(SECTOR))
        };
        let table = entry(self.directory, number.checked_div(self.per_table).unwrap_or(0))?;
        if table == 0 {
            return Ok(None);
        }
        let place = entry(table, number.checked_rem(self.per_table).unwrap_or(0))?;
        // 0: never written; 1: zeros.
        Ok(Some(place).filter(|place| *place > SECTOR))
    }
}
