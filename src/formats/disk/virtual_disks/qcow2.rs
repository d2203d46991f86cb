//! Reads QCOW2, the format of QEMU: clusters through two levels of tables, some of them compressed with deflate.
//!
//! <https://www.qemu.org/docs/master/interop/qcow2.html>

use std::io::{self, Read as _};
use std::sync::{Arc, Mutex, PoisonError};

use super::{QEMU, damaged, number_at, unsupported};
use crate::formats::disk::device::{Device, read_some, to_u64};

const COMPRESSED: u64 = 1 << 62;
const PLACE: u64 = 0x00ff_ffff_ffff_fe00;
const ZEROS: u64 = 1;
/// Incompatible feature bits. The first, an unclean shutdown, affects reference counts only.
const UNCLEAN: u64 = 1;
/// Maximum size of a disk: 16 TiB in clusters of 4 KiB.
const MAX_SIZE: u64 = 1 << 50;

#[derive(Debug)]
pub(super) struct Qcow2 {
    file: Arc<dyn Device>,
    size: u64,
    bits: u32,
    first_table: u64,
    first_entries: u64,
    /// Number and content of the cluster that was decompressed last.
    expanded: Mutex<(Option<u64>, Vec<u8>)>,
}

impl Qcow2 {
    pub(super) fn open(file: Arc<dyn Device>) -> io::Result<Self> {
        let head = read_some(&*file, 0, 512)?;
        let wrong = || damaged("its header");
        let word = |at: usize| Some(u32::from_be_bytes(*head.get(at..)?.first_chunk()?));
        let long = |at: usize| Some(u64::from_be_bytes(*head.get(at..)?.first_chunk()?));
        if word(4) == Some(1) {
            return Err(unsupported("a QCOW of the first version", QEMU));
        }
        let version = word(4).filter(|version| matches!(version, 2 | 3)).ok_or_else(wrong)?;
        if long(8) != Some(0) {
            return Err(unsupported("a QCOW2 that contains only differences from another disk", QEMU));
        }
        if word(32) != Some(0) {
            return Err(unsupported("an encrypted QCOW2", QEMU));
        }
        if version == 3 && long(72).is_none_or(|features| features & !UNCLEAN != 0) {
            return Err(unsupported("a QCOW2 with unsupported newer features", QEMU));
        }
        let bits = word(20).filter(|bits| (9..=21).contains(bits)).ok_or_else(wrong)?;
        let size = long(24).filter(|size| *size <= MAX_SIZE).ok_or_else(wrong)?;
        let (entries, table) = (word(36).ok_or_else(wrong)?, long(40).ok_or_else(wrong)?);
        let expanded = Mutex::default();
        Ok(Self { file, size, bits, first_table: table, first_entries: entries.into(), expanded })
    }

    /// Returns the second-level table entry of a cluster; 0 where there is none.
    fn entry(&self, number: u64) -> io::Result<u64> {
        let per_table = self.bits.saturating_sub(3);
        let first = number >> per_table;
        if first >= self.first_entries {
            return Ok(0);
        }
        let at = |table: u64, index: u64| {
            let bytes = number_at(&*self.file, table.saturating_add(index.saturating_mul(8)))?;
            Ok::<_, io::Error>(u64::from_be_bytes(bytes))
        };
        let table = at(self.first_table, first)? & PLACE;
        let within = number & 1_u64.checked_shl(per_table).unwrap_or(1).saturating_sub(1);
        if table == 0 { Ok(0) } else { at(table, within) }
    }

    /// Decompresses a cluster and copies from it.
    fn deflated(&self, number: u64, entry: u64, within: usize, buffer: &mut [u8]) -> io::Result<usize> {
        let mut expanded = self.expanded.lock().unwrap_or_else(PoisonError::into_inner);
        if expanded.0 != Some(number) {
            let split = 62_u32.saturating_sub(self.bits.saturating_sub(8));
            let low = 1_u64.checked_shl(split).unwrap_or(0).saturating_sub(1);
            let place = entry & low;
            let sectors = ((entry & (COMPRESSED - 1)) >> split).saturating_add(1);
            let length = sectors.saturating_mul(512).saturating_sub(place & 511);
            let packed = read_some(&*self.file, place, usize::try_from(length).unwrap_or(0))?;
            let whole = 1_u64.checked_shl(self.bits).unwrap_or(0);
            let (state, bytes) = &mut *expanded;
            *state = None;
            bytes.clear();
            flate2::read::DeflateDecoder::new(&packed[..]).take(whole).read_to_end(bytes)?;
            if to_u64(bytes.len()) != whole {
                return Err(damaged("a compressed cluster is cut short"));
            }
            *state = Some(number);
        }
        let from = expanded.1.get(within..).unwrap_or_default();
        let count = from.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), from.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }
}

impl Device for Qcow2 {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let cluster = 1_u64.checked_shl(self.bits).unwrap_or(1);
        let number = offset >> self.bits;
        let within = offset & cluster.saturating_sub(1);
        let left = self.size.saturating_sub(offset).min(cluster.saturating_sub(within));
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        if most == 0 {
            return Ok(0);
        }
        let entry = self.entry(number)?;
        if entry & COMPRESSED != 0 {
            return self.deflated(number, entry, usize::try_from(within).unwrap_or(0), buffer);
        }
        let place = entry & PLACE;
        if place == 0 || entry & ZEROS != 0 {
            buffer.fill(0);
            return Ok(most);
        }
        match self.file.read_at(place.saturating_add(within), buffer)? {
            0 => Err(damaged("a cluster is after the end of the file")),
            count => Ok(count),
        }
    }
}
