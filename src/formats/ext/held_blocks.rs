//! Blocks of a volume that its journal holds and that were not written to their places yet.
//!
//! In: the map that `journal` reads. Out: of each block of the volume, where its current content is. The volume reads its
//! blocks by it, and so does not need to know how a journal is read.

use std::collections::BTreeMap;

use super::layout::to_u64;

/// What each block of a journal's own begins with.
pub(super) const MARK: u32 = 0xc03b_3998;

/// Memory that one of them takes, in bytes.
const HELD_MEMORY: u64 = 48;

/// What became of the journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum JournalState {
    /// There is nothing in it.
    #[default]
    Clean,
    /// All that it holds is seen.
    Replayed,
    /// Some of it is not: it is damaged, too large, or in the form of fast commits.
    InPart,
    /// Its superblock is not what its checksum says: the system would not replay it, and where it begins is in doubt.
    Doubtful,
    /// None of it is: it is elsewhere, or cannot be read.
    Unusable,
}

/// Where a block of the volume stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockPlace {
    pub(crate) block: u64,
    /// Whether its first bytes were taken out, since they are those of a block of the journal's own.
    pub(super) escaped: bool,
}

/// The blocks of a volume that its journal holds.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) state: JournalState,
    held: BTreeMap<u64, BlockPlace>,
}

impl Journal {
    /// The blocks that a journal holds, and whether these are all.
    pub(super) const fn new(state: JournalState, held: BTreeMap<u64, BlockPlace>) -> Self {
        Self { state, held }
    }

    /// A journal that cannot be read.
    pub(super) const fn unusable() -> Self {
        Self::new(JournalState::Unusable, BTreeMap::new())
    }

    /// Where a block stands, and how many from there on stand one after the other.
    pub(crate) fn place(&self, block: u64) -> (BlockPlace, u64) {
        match self.held.range(block..).next() {
            Some((held, place)) if *held == block => (*place, 1),
            Some((next, _)) => (BlockPlace { block, escaped: false }, next.saturating_sub(block)),
            None => (BlockPlace { block, escaped: false }, u64::MAX),
        }
    }

    /// Memory that it takes, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        to_u64(self.held.len()).saturating_mul(HELD_MEMORY)
    }
}

impl BlockPlace {
    /// Puts the bytes back that were taken out of a block, of which `bytes` were read from the byte `within` on.
    pub(crate) fn give_back(self, within: usize, bytes: &mut [u8]) {
        if self.escaped {
            let mark = MARK.to_be_bytes();
            let mark = mark.get(within..).unwrap_or_default();
            bytes.iter_mut().zip(mark).for_each(|(byte, mark)| *byte = *mark);
        }
    }
}
