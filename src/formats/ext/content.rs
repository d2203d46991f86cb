//! Reads the content of a file in order, whether it is in blocks with holes or in the inode itself.

use std::io;
use std::sync::Arc;

use super::ExtDamage;
use super::inode::Inode;
use super::layout::to_u64;
use super::runs::{BlockRun, Runs};
use super::volume::ExtVolume;
use crate::evidence::{FileAttributes, FileFlag, Metadata, Range};
use crate::formats::disk::VolumeFile;

/// A file opened for reading.
#[derive(Debug)]
pub(super) struct ExtContent {
    volume: Arc<ExtVolume>,
    size: u64,
    kept: Kept,
    /// File flags and extended attributes.
    pub(super) facts: (Vec<FileFlag>, FileAttributes),
}

#[derive(Debug)]
enum Kept {
    Blocks(Runs),
    Inode(Vec<u8>),
}

impl ExtContent {
    /// Opens the content of an inode of any type.
    ///
    /// # Errors
    ///
    /// The content is encrypted, or its block map is damaged.
    pub(super) fn of(volume: &Arc<ExtVolume>, inode: &Inode) -> Result<Self, ExtDamage> {
        if inode.is_encrypted() {
            return Err(ExtDamage::Unsupported(
                "encrypted by the file system (fscrypt): its key is not on the volume in the open",
            ));
        }
        let kept = match inode.inline() {
            Some((first, rest)) => Kept::Inode([first, rest].concat()),
            None => Kept::Blocks(Runs::of(volume, inode)?),
        };
        if let Kept::Inode(bytes) = &kept
            && to_u64(bytes.len()) < inode.size
        {
            return Err(ExtDamage::Runs("end before the file does: the content is in the inode"));
        }
        Ok(Self { volume: Arc::clone(volume), size: inode.size, kept, facts: Default::default() })
    }

    /// Reads at `offset`, and returns the number of bytes; 0 at or after the end.
    pub(super) fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> Result<usize, ExtDamage> {
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = left.min(buffer.len());
        let buffer = buffer.get_mut(..length).unwrap_or_default();
        if buffer.is_empty() {
            return Ok(0);
        }
        let runs = match &self.kept {
            Kept::Blocks(runs) => runs,
            Kept::Inode(bytes) => {
                let from =
                    usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
                let count = from.len().min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..count), from.get(..count)) {
                    to.copy_from_slice(from);
                }
                return Ok(count);
            }
        };
        let size = to_u64(self.volume.layout.block);
        let (at, within) = (offset.checked_div(size).unwrap_or(0), offset.checked_rem(size).unwrap_or(0));
        let room = |blocks: u64| {
            let bytes = blocks.saturating_mul(size).saturating_sub(within);
            usize::try_from(bytes).unwrap_or(usize::MAX).min(length)
        };
        match runs.holding(at) {
            Ok(BlockRun { at: begin, block, length }) => {
                let skip = at.saturating_sub(begin);
                let most = room(length.saturating_sub(skip));
                let buffer = buffer.get_mut(..most).unwrap_or_default();
                let within = usize::try_from(within).unwrap_or(0);
                self.volume.read(block.saturating_add(skip), within, buffer, false)
            }
            Err(hole) => {
                let buffer = buffer.get_mut(..room(hole.unwrap_or(u64::MAX))).unwrap_or_default();
                buffer.fill(0);
                Ok(buffer.len())
            }
        }
    }
}

impl VolumeFile for ExtContent {
    fn add_facts(&self, metadata: &mut Metadata) {
        let (flags, attributes) = &self.facts;
        metadata.flags.clone_from(flags);
        metadata.xattrs = (!attributes.is_empty()).then(|| Box::new(attributes.clone()));
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn ranges(&self) -> Option<Vec<Range>> {
        let Kept::Blocks(runs) = &self.kept else { return None };
        let size = to_u64(self.volume.layout.block);
        let mut ranges: Vec<Range> = Vec::new();
        for run in &runs.runs {
            let offset = run.at.saturating_mul(size);
            let end = offset.saturating_add(run.length.saturating_mul(size)).min(self.size);
            let length = end.saturating_sub(offset);
            match ranges.last_mut() {
                _ if length == 0 => {}
                Some(last) if last.offset.saturating_add(last.length) == offset => {
                    last.length = last.length.saturating_add(length);
                }
                Some(_) | None => ranges.push(Range { offset, length }),
            }
        }
        Some(ranges)
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(Self::read_at(self, offset, buffer)?)
    }
}
