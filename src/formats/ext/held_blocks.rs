//! The blocks of a volume that are still in its journal.
//!
//! In: the map that `journal` reads. Out: the current location of each block of the volume. The volume reads its
//! blocks through this map, and does not need to know how a journal is read.

use std::collections::BTreeMap;

use super::layout::to_u64;

/// Signature of a journal block.
pub(super) const MARK: u32 = 0xc03b_3998;

/// Memory per block in the map, in bytes.
const HELD_MEMORY: u64 = 48;

/// The state of a journal after replay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum JournalState {
    /// The journal is empty.
    #[default]
    Clean,
    /// All blocks of the journal were applied.
    Replayed,
    /// Some blocks were not applied: they are damaged, too many, or in fast commits.
    InPart,
    /// The superblock of the journal does not match its checksum: Linux would not replay it, and its beginning is in
    /// doubt.
    Doubtful,
    /// No block was applied: the journal is on another device, or cannot be read.
    Unusable,
}

/// The location of a block of the volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockPlace {
    pub(crate) block: u64,
    /// Whether its first bytes were replaced, since they equal the signature of a journal block.
    pub(super) escaped: bool,
}

/// The blocks of a volume that are in its journal.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) state: JournalState,
    held: BTreeMap<u64, BlockPlace>,
}

impl Journal {
    /// Makes a map of the blocks in a journal.
    pub(super) const fn new(state: JournalState, held: BTreeMap<u64, BlockPlace>) -> Self {
        Self { state, held }
    }

    /// Makes the map of a journal that cannot be read.
    pub(super) const fn unusable() -> Self {
        Self::new(JournalState::Unusable, BTreeMap::new())
    }

    /// Returns the location of a block, and the number of contiguous blocks from there.
    pub(crate) fn place(&self, block: u64) -> (BlockPlace, u64) {
        match self.held.range(block..).next() {
            Some((held, place)) if *held == block => (*place, 1),
            Some((next, _)) => (BlockPlace { block, escaped: false }, next.saturating_sub(block)),
            None => (BlockPlace { block, escaped: false }, u64::MAX),
        }
    }

    /// Returns the memory in use, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        to_u64(self.held.len()).saturating_mul(HELD_MEMORY)
    }
}

impl BlockPlace {
    /// Restores the replaced first bytes of a block, of which `bytes` were read from byte `within` on.
    pub(crate) fn give_back(self, within: usize, bytes: &mut [u8]) {
        if self.escaped {
            let mark = MARK.to_be_bytes();
            let mark = mark.get(within..).unwrap_or_default();
            bytes.iter_mut().zip(mark).for_each(|(byte, mark)| *byte = *mark);
        }
    }
}
