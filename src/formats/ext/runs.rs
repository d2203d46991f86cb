//! Reads the location of a file's blocks: a tree of extents, or the block map of ext2 and ext3.
//!
//! Both are hostile: a node that was read before is damage, so that no tree is larger than the volume; runs must be
//! in ascending order; and their number has a limit.

use std::collections::BTreeSet;

use super::ExtDamage;
use super::inode::Inode;
use super::layout::to_u64;
use super::volume::ExtVolume;
use crate::evidence::bytes::{u16_at, u32_at};

/// Maximum number of runs per file: a database on a full, old volume has about ten thousand. 24 bytes each.
const MAX_RUNS: usize = 200_000;

/// Maximum number of nodes per file: a map for 512 GiB in blocks of 4 KiB.
const MAX_NODES: usize = 1 << 17;

/// Maximum depth of an extent tree.
const MAX_DEPTH: u16 = 5;

/// Signature of a tree node.
const MARK: u16 = 0xf30a;

/// Contiguous blocks. There is a hole between two runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockRun {
    /// First block, counted in the file.
    pub(super) at: u64,
    /// First block, counted in the volume.
    pub(super) block: u64,
    pub(super) length: u64,
}

/// The runs of a file, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs {
    pub(super) runs: Vec<BlockRun>,
    /// Number of blocks of the volume.
    blocks: u64,
    /// The nodes read so far.
    met: BTreeSet<u64>,
}

impl Runs {
    /// Reads the runs of a file.
    ///
    /// # Errors
    ///
    /// They are outside the volume, form a loop, overlap, or are too many.
    pub(super) fn of(volume: &ExtVolume, inode: &Inode) -> Result<Self, ExtDamage> {
        let mut runs = Self { blocks: volume.layout.blocks, ..Self::default() };
        if inode.has_extents() {
            runs.tree(volume, inode, inode.map(), None)?;
        } else {
            let block = to_u64(volume.layout.block);
            runs.map(volume, inode, inode.size.div_ceil(block))?;
        }
        runs.met = BTreeSet::new();
        Ok(runs)
    }

    /// Returns the run that contains a block of the file; otherwise the number of blocks up to the next run, or
    /// `None` after the last one.
    pub(super) fn holding(&self, at: u64) -> Result<BlockRun, Option<u64>> {
        let after = self.runs.partition_point(|run| run.at <= at);
        let before = after.checked_sub(1).and_then(|index| self.runs.get(index));
        match before.filter(|run| at.saturating_sub(run.at) < run.length) {
            Some(run) => Ok(*run),
            None => Err(self.runs.get(after).map(|next| next.at.saturating_sub(at))),
        }
    }

    fn push(&mut self, at: u64, block: u64, length: u64) -> Result<(), ExtDamage> {
        let inside = block > 0 && block.checked_add(length).is_some_and(|end| end <= self.blocks);
        if !inside {
            return Err(ExtDamage::Runs("are outside the volume"));
        }
        if let Some(last) = self.runs.last_mut() {
            let end = last.at.saturating_add(last.length);
            if at < end {
                return Err(ExtDamage::Runs("are not in order"));
            }
            if at == end && block == last.block.saturating_add(last.length) {
                last.length = last.length.saturating_add(length);
                return Ok(());
            }
        }
        if self.runs.len() >= MAX_RUNS {
            return Err(ExtDamage::Runs("have more runs than the limit"));
        }
        self.runs.push(BlockRun { at, block, length });
        Ok(())
    }

    /// Reads a node for the first time.
    fn node(&mut self, volume: &ExtVolume, block: u64) -> Result<Vec<u8>, ExtDamage> {
        if self.met.len() >= MAX_NODES {
            return Err(ExtDamage::Runs("have more nodes than the limit"));
        }
        if !self.met.insert(block) {
            return Err(ExtDamage::Runs("form a loop"));
        }
        volume.block(block)
    }

    fn tree(
        &mut self,
        volume: &ExtVolume,
        inode: &Inode,
        node: &[u8],
        level: Option<u16>,
    ) -> Result<(), ExtDamage> {
        let broken = || ExtDamage::Block("extent tree");
        let head = |at| u16_at(node, at).ok_or_else(broken);
        let (entries, depth) = (head(2)?, head(6)?);
        if head(0)? != MARK || depth > MAX_DEPTH || level.is_some_and(|level| level != depth) {
            return Err(broken());
        }
        let listed = node.get(12..).unwrap_or_default().chunks_exact(12).take(entries.into());
        if listed.len() < usize::from(entries) {
            return Err(broken());
        }
        for entry in listed {
            let long = |at| u32_at(entry, at).ok_or_else(broken);
            let short = |at| u16_at(entry, at).ok_or_else(broken);
            if depth > 0 {
                let block = u64::from(long(4)?) | (u64::from(short(8)?) << 32);
                let below = self.node(volume, block)?;
                check(volume, inode, &below)?;
                self.tree(volume, inode, &below, depth.checked_sub(1))?;
                continue;
            }
            let block = u64::from(long(8)?) | (u64::from(short(6)?) << 32);
            // A longer one is preallocated and unwritten: it reads as zeros, like a hole.
            match short(4)? {
                0 => return Err(broken()),
                length @ 1..=0x8000 => self.push(long(0)?.into(), block, length.into())?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads a block map; `count` is the number of blocks of the file by its size.
    fn map(&mut self, volume: &ExtVolume, inode: &Inode, count: u64) -> Result<(), ExtDamage> {
        let mut at = 0;
        for (slot, place) in inode.map().chunks_exact(4).enumerate() {
            let level = slot.saturating_sub(11).min(3);
            self.slot(volume, u32_at(place, 0).unwrap_or(0).into(), level, &mut at, count)?;
        }
        Ok(())
    }

    /// Reads one number of a map: a block of the file, or a block with `level` levels of further numbers.
    fn slot(
        &mut self,
        volume: &ExtVolume,
        block: u64,
        level: usize,
        at: &mut u64,
        count: u64,
    ) -> Result<(), ExtDamage> {
        if *at >= count {
            return Ok(());
        }
        let of_block = to_u64(volume.layout.block) / 4;
        let spans = (0..level).fold(1_u64, |spans, _| spans.saturating_mul(of_block));
        if block == 0 {
            *at = at.saturating_add(spans);
            return Ok(());
        }
        let Some(below) = level.checked_sub(1) else {
            self.push(*at, block, 1)?;
            *at = at.saturating_add(1);
            return Ok(());
        };
        let node = self.node(volume, block)?;
        for number in node.chunks_exact(4) {
            self.slot(volume, u32_at(number, 0).unwrap_or(0).into(), below, at, count)?;
        }
        Ok(())
    }
}

/// Compares a tree node with the checksum after its last entry.
fn check(volume: &ExtVolume, inode: &Inode, node: &[u8]) -> Result<(), ExtDamage> {
    if !volume.layout.has_checksums() {
        return Ok(());
    }
    let most = usize::from(u16_at(node, 4).unwrap_or(u16::MAX));
    let at = most.saturating_add(1).saturating_mul(12);
    let wrong = || ExtDamage::Checksum("extent tree");
    let (before, stored) = (node.get(..at).ok_or_else(wrong)?, u32_at(node, at).ok_or_else(wrong)?);
    if crate::formats::crc32c::crc32c(inode.seed, before) == stored { Ok(()) } else { Err(wrong()) }
}
