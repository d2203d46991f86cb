//! Where the blocks of a file stand: a tree of extents, or the map of blocks that ext2 and ext3 have.
//!
//! Both are hostile: a node that was met before is damage, so that no tree has an end further than the volume's own; runs
//! follow each other without end in one direction; and their number is bounded.

use std::collections::BTreeSet;

use super::ExtDamage;
use super::inode::Inode;
use super::layout::to_u64;
use super::volume::ExtVolume;
use crate::evidence::bytes::{u16_at, u32_at};

/// Most runs of one file: a database on a full, old volume has some ten thousand. 24 bytes each.
const MAX_RUNS: usize = 200_000;

/// Most nodes of one file: a map for 512 GiB in blocks of 4 KiB.
const MAX_NODES: usize = 1 << 17;

/// Deepest tree of extents.
const MAX_DEPTH: u16 = 5;

/// What a node of a tree begins with.
const MARK: u16 = 0xf30a;

/// Blocks that follow each other. Between two runs there is a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockRun {
    /// The first of them, counted in the file.
    pub(super) at: u64,
    /// The first of them, counted in the volume.
    pub(super) block: u64,
    pub(super) length: u64,
}

/// The runs of a file, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs {
    pub(super) runs: Vec<BlockRun>,
    /// Blocks of the volume.
    blocks: u64,
    /// Nodes that were met.
    met: BTreeSet<u64>,
}

impl Runs {
    /// Those of a file.
    ///
    /// # Errors
    /// Where they lead out of the volume or round in a circle, overlap, or are too many.
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

    /// The run that holds a block of the file; else the blocks up to the next one, or none where there is none.
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
            return Err(ExtDamage::Runs("lead out of the volume"));
        }
        if let Some(last) = self.runs.last_mut() {
            let end = last.at.saturating_add(last.length);
            if at < end {
                return Err(ExtDamage::Runs("do not follow each other"));
            }
            if at == end && block == last.block.saturating_add(last.length) {
                last.length = last.length.saturating_add(length);
                return Ok(());
            }
        }
        if self.runs.len() >= MAX_RUNS {
            return Err(ExtDamage::Runs("are in more pieces than are followed"));
        }
        self.runs.push(BlockRun { at, block, length });
        Ok(())
    }

    /// The content of a node, met for the first time.
    fn node(&mut self, volume: &ExtVolume, block: u64) -> Result<Vec<u8>, ExtDamage> {
        if self.met.len() >= MAX_NODES {
            return Err(ExtDamage::Runs("are in more pieces than are followed"));
        }
        if !self.met.insert(block) {
            return Err(ExtDamage::Runs("lead round in a circle"));
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
        let broken = || ExtDamage::Block("tree of extents");
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
            // Longer than this is one that was reserved and not written: it reads as zeros, as a hole does.
            match short(4)? {
                0 => return Err(broken()),
                length @ 1..=0x8000 => self.push(long(0)?.into(), block, length.into())?,
                _ => {}
            }
        }
        Ok(())
    }

    /// `count` is the number of blocks that the file has by its size.
    fn map(&mut self, volume: &ExtVolume, inode: &Inode, count: u64) -> Result<(), ExtDamage> {
        let mut at = 0;
        for (slot, place) in inode.map().chunks_exact(4).enumerate() {
            let level = slot.saturating_sub(11).min(3);
            self.slot(volume, u32_at(place, 0).unwrap_or(0).into(), level, &mut at, count)?;
        }
        Ok(())
    }

    /// One number of a map: a block of the file, or of `level` levels of further numbers.
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

/// Holds a node of a tree against the checksum that stands behind its last entry.
fn check(volume: &ExtVolume, inode: &Inode, node: &[u8]) -> Result<(), ExtDamage> {
    if !volume.layout.has_checksums() {
        return Ok(());
    }
    let most = usize::from(u16_at(node, 4).unwrap_or(u16::MAX));
    let at = most.saturating_add(1).saturating_mul(12);
    let wrong = || ExtDamage::Checksum("tree of extents");
    let (before, told) = (node.get(..at).ok_or_else(wrong)?, u32_at(node, at).ok_or_else(wrong)?);
    if crate::formats::crc32c::crc32c(inode.seed, before) == told { Ok(()) } else { Err(wrong()) }
}
