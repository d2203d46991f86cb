//! Opens a volume: its superblock first, then its journal, through which all other blocks are read.

use std::sync::Arc;

use super::ExtDamage;
use super::held_blocks::{Journal, JournalState};
use super::journal;
use super::layout::{SUPERBLOCK, Superblock, to_u64};
use super::volume::ExtVolume;
use crate::formats::disk::{Cache, Device, Remembered, read_some};

impl ExtVolume {
    /// Opens a volume. `share` is the part of the block cache that it gets.
    ///
    /// # Errors
    ///
    /// It is not a volume, or it has unsupported features. A journal that cannot be used is not an error: its blocks
    /// are not applied, and [`JournalState`] reports that.
    pub(crate) fn open(device: Arc<dyn Device>, share: usize) -> Result<Self, ExtDamage> {
        let (at, length) = SUPERBLOCK;
        let layout = Superblock::of(&read_some(&*device, at, length)?)?;
        let mut volume = Self {
            cache: Cache::new(device, share),
            layout,
            journal: Journal::default(),
            remembered: Remembered::default(),
        };
        volume.journal = journal::replay(&volume);
        if volume.journal.state != JournalState::Clean {
            // The superblock itself may be in the journal.
            let block = to_u64(volume.layout.block);
            let number = at.checked_div(block).unwrap_or(0);
            let within = usize::try_from(at.checked_rem(block).unwrap_or(0)).unwrap_or(0);
            let later = volume.block(number).ok().and_then(|block| {
                Superblock::of(block.get(within..)?).ok().filter(|later| later.block == volume.layout.block)
            });
            volume.layout = later.unwrap_or(volume.layout);
        }
        Ok(volume)
    }
}
