//! A volume: its superblock, its inodes, and its blocks as they are by the journal.

use std::sync::Arc;

use super::Damage;
use super::content::Content;
use super::inode::Inode;
use super::journal::{Journal, State};
use super::layout::{Layout, SUPERBLOCK, to_u64};
use crate::evidence::Kind;
use crate::evidence::bytes::{u16_at, u32_at};
use crate::formats::disk::{Cache, Device, read_some};

/// Longest link that is read: the kernel takes one of less than a block, and a path of 4,096 bytes.
const MAX_LINK: u64 = 64 << 10;

/// An ext volume.
#[derive(Debug)]
pub(crate) struct Volume {
    cache: Cache,
    pub(super) layout: Layout,
    pub(super) journal: Journal,
}

impl Volume {
    /// Reads what must be known before anything else. `share` is the part of the memory for blocks that it takes.
    ///
    /// # Errors
    /// Where it is no volume, or has features that are not read here. A journal that cannot be used is no error: what it
    /// holds is not seen, and [`State`] says so.
    pub(crate) fn open(device: Arc<dyn Device>, share: usize) -> Result<Self, Damage> {
        let (at, length) = SUPERBLOCK;
        let layout = Layout::of(&read_some(&*device, at, length)?)?;
        let mut volume = Self { cache: Cache::new(device, share), layout, journal: Journal::default() };
        volume.journal = Journal::of(&volume);
        if volume.journal.state != State::Clean {
            // The superblock itself may be among what was not written down.
            let block = to_u64(volume.layout.block);
            let number = at.checked_div(block).unwrap_or(0);
            let within = usize::try_from(at.checked_rem(block).unwrap_or(0)).unwrap_or(0);
            let later = volume.block(number).ok().and_then(|block| {
                Layout::of(block.get(within..)?).ok().filter(|later| later.block == volume.layout.block)
            });
            volume.layout = later.unwrap_or(volume.layout);
        }
        Ok(volume)
    }

    /// Its label; empty where it has none.
    pub(crate) fn label(&self) -> String {
        self.layout.label.clone()
    }

    /// A block of the volume's own, by way of the cache.
    pub(super) fn block(&self, block: u64) -> Result<Vec<u8>, Damage> {
        let mut bytes = vec![0; self.layout.block];
        self.read(block, 0, &mut bytes, true)?;
        Ok(bytes)
    }

    /// Reads from within a block on, as far as the blocks stand one after the other; those that the journal holds come from
    /// there. Contents go by the cache, since each is read once.
    pub(super) fn read(
        &self,
        block: u64,
        within: usize,
        buffer: &mut [u8],
        cached: bool,
    ) -> Result<usize, Damage> {
        let size = to_u64(self.layout.block);
        let (place, blocks) = self.journal.place(block);
        // As far as the next block that the journal holds, or to the end of this one.
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

    /// Reads the inode of a number.
    ///
    /// # Errors
    /// Where there is none, it is free, or it is damaged.
    pub(super) fn inode(&self, number: u32) -> Result<Inode, Damage> {
        let layout = &self.layout;
        let index = number.checked_sub(1).filter(|_| number <= layout.inodes).ok_or(Damage::Nothing)?;
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
            return Err(Damage::Block("table of inodes"));
        }
        let within = usize::try_from(at.checked_rem(size).unwrap_or(0)).unwrap_or(0);
        let mut bytes = vec![0; layout.inode];
        self.read(block, within, &mut bytes, true)?;
        Inode::of(layout, number, bytes)
    }

    /// Where a link leads; `None` where that is encrypted.
    pub(super) fn link(self: &Arc<Self>, inode: &Inode) -> Result<Option<Vec<u8>>, Damage> {
        if inode.kind != Kind::Link || inode.is_encrypted() {
            return Ok(None);
        }
        if let Some(target) = inode.short_link() {
            return Ok(Some(target.to_vec()));
        }
        let size = usize::try_from(inode.size).ok().filter(|_| inode.size <= MAX_LINK);
        let mut target = vec![0; size.ok_or(Damage::TooLarge("link"))?];
        let mut content = Content::of(self, inode)?;
        let mut filled = 0_usize;
        while let Some(rest) = target.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match content.read_at(to_u64(filled), rest)? {
                0 => break,
                count => filled = filled.saturating_add(count),
            }
        }
        Ok(Some(target))
    }
}

/// A number of two or four bytes in the order of the network, as the journal has them.
pub(super) fn big(bytes: &[u8], at: usize) -> u32 {
    u32_at(bytes, at).map_or(0, u32::swap_bytes)
}

/// The same of two bytes.
pub(super) fn big_short(bytes: &[u8], at: usize) -> u16 {
    u16_at(bytes, at).map_or(0, u16::swap_bytes)
}
