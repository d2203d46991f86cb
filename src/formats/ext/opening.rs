//! Opens a volume: its superblock first, then its journal, by which all other blocks are read.

use std::sync::Arc;

use super::ExtDamage;
use super::held_blocks::{Journal, JournalState};
use super::journal;
use super::layout::{SUPERBLOCK, Superblock, to_u64};
use super::volume::ExtVolume;
use crate::formats::disk::{Cache, Device, Remembered, read_some};

impl ExtVolume {
    /// Reads what must be known before anything else. `share` is the part of the memory for blocks that it takes.
    ///
    /// # Errors
    /// Where it is no volume, or has features that are not read here. A journal that cannot be used is no error: what it
    /// holds is not seen, and [`JournalState`] says so.
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
            // The superblock itself may be among what was not written down.
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
