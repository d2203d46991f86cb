//! A volume: its superblock, its inodes, and its blocks as seen through the journal.

use super::ExtDamage;
use super::held_blocks::Journal;
use super::inode::Inode;
use super::layout::{Superblock, to_u64};
use crate::evidence::bytes::{u16_at, u32_at};
use crate::formats::disk::{Cache, Remembered};

/// An ext volume.
#[derive(Debug)]
pub(crate) struct ExtVolume {
    pub(super) cache: Cache,
    pub(super) layout: Superblock,
    pub(super) journal: Journal,
    /// The directories of the current walk.
    pub(super) remembered: Remembered,
}

impl ExtVolume {
    /// Returns the label; empty where there is none.
    pub(crate) fn label(&self) -> String {
        self.layout.label.clone()
    }

    /// Reads a metadata block, through the cache.
    pub(super) fn block(&self, block: u64) -> Result<Vec<u8>, ExtDamage> {
        let mut bytes = vec![0; self.layout.block];
        self.read(block, 0, &mut bytes, true)?;
        Ok(bytes)
    }

    /// Reads from a byte in a block, as far as the blocks are contiguous; blocks in the journal are read from there.
    /// Contents bypass the cache, since each is read once.
    pub(super) fn read(
        &self,
        block: u64,
        within: usize,
        buffer: &mut [u8],
        cached: bool,
    ) -> Result<usize, ExtDamage> {
        let size = to_u64(self.layout.block);
        let (place, blocks) = self.journal.place(block);
        // Up to the next block that is in the journal, or to the end of this one.
        let room = blocks.saturating_mul(size).saturating_sub(to_u64(within));
        let length = usize::try_from(room).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..length).unwrap_or_default();
        let at = place.block.saturating_mul(size).saturating_add(to_u64(within));
        let count = if cached {
            self.cache.read_exact(at, buffer)?;
            length
        } else {
            self.cache.device().read_at(at, buffer)?
        };
        place.give_back(within, buffer);
        if count == 0 && length > 0 {
            let text = format!("the image ends before byte {at}");
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, text).into());
        }
        Ok(count)
    }

    /// Reads an inode by number.
    ///
    /// # Errors
    ///
    /// It does not exist, is free, or is damaged.
    pub(super) fn inode(&self, number: u32) -> Result<Inode, ExtDamage> {
        let layout = &self.layout;
        let index = number.checked_sub(1).filter(|_| number <= layout.inodes).ok_or(ExtDamage::Nothing)?;
        let group = index.checked_div(layout.inodes_of_group).unwrap_or(0);
        let (block, within, length) = layout.descriptor(group);
        let mut descriptor = vec![0; length];
        self.read(block, within, &mut descriptor, true)?;
        let high = u32_at(&descriptor, 40).filter(|_| length >= 64).unwrap_or(0);
        let table = u64::from(u32_at(&descriptor, 8).unwrap_or(0)) | (u64::from(high) << 32);
        let nth = u64::from(index.checked_rem(layout.inodes_of_group).unwrap_or(0));
        let at = nth.saturating_mul(to_u64(layout.inode));
        let size = to_u64(layout.block);
        let block = table.saturating_add(at.checked_div(size).unwrap_or(0));
        if table == 0 || block >= layout.blocks {
            return Err(ExtDamage::Block("table of inodes"));
        }
        let within = usize::try_from(at.checked_rem(size).unwrap_or(0)).unwrap_or(0);
        let mut bytes = vec![0; layout.inode];
        self.read(block, within, &mut bytes, true)?;
        Inode::of(layout, number, bytes)
    }
}

/// Reads a big-endian number of four bytes, as in the journal.
pub(super) fn big(bytes: &[u8], at: usize) -> u32 {
    u32_at(bytes, at).map_or(0, u32::swap_bytes)
}

/// Reads a big-endian number of two bytes.
pub(super) fn big_short(bytes: &[u8], at: usize) -> u16 {
    u16_at(bytes, at).map_or(0, u16::swap_bytes)
}
