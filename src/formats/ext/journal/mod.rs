//! Reads the journal of a volume that was not unmounted: the blocks in it that were not yet written to their places.
//!
//! In: the journal file. Out: a [`Journal`], through which the volume reads its blocks. Only committed transactions
//! count, as when the kernel mounts the volume; nothing is written. The journal is hostile: it is read at most once
//! around, and the number of blocks has a limit. Its numbers are big-endian
//! (<https://docs.kernel.org/filesystems/ext4/journal.html>).

mod walk;

use super::ExtDamage;
use super::held_blocks::{Journal, JournalState, MARK};
use super::layout::feature;
use super::runs::Runs;
use super::volume::{ExtVolume, big};
use crate::formats::crc32c::{START, crc32c};
use walk::JournalWalk;

/// Maximum number of volume blocks in a journal: 1 GiB in blocks of 4 KiB, the largest that `mke2fs` makes by
/// default.
const MAX_HELD: usize = 1 << 18;

/// Feature bits of the journal.
mod kept {
    pub(crate) const BITS_64: u32 = 0x2;
    pub(crate) const CHECKSUMS_2: u32 = 0x8;
    pub(crate) const CHECKSUMS_3: u32 = 0x10;
    pub(crate) const FAST: u32 = 0x20;
    /// Supported: revoke lists, 64 bits, asynchronous commits, checksums of both kinds, fast commits.
    pub(crate) const KNOWN: u32 = 0x1 | BITS_64 | 0x4 | CHECKSUMS_2 | CHECKSUMS_3 | FAST;
}

/// Reads the journal of a volume. A journal that cannot be used is not an error: its [`JournalState`] reports it.
pub(super) fn replay(volume: &ExtVolume) -> Journal {
    let layout = &volume.layout;
    if layout.incompatible & feature::RECOVER == 0 {
        return Journal::default();
    }
    // A journal on a separate device is not available.
    let own = Some(layout.journal).filter(|number| *number != 0).ok_or(ExtDamage::Nothing);
    own.and_then(|number| read(volume, number)).unwrap_or_else(|_| Journal::unusable())
}

/// The superblock of the journal, and the location of its blocks.
struct Log {
    runs: Runs,
    kept: u32,
    /// The first block of the log, the block after its last, and the block to start at.
    first: u64,
    end: u64,
    start: u64,
    /// Number of the transaction at the start.
    sequence: u32,
    /// Initial value of checksums.
    seed: u32,
    /// Whether the superblock matches its checksum.
    whole: bool,
}

impl Log {
    /// Reads the superblock; `None` where the log is empty.
    fn open(volume: &ExtVolume, number: u32) -> Result<Option<Self>, ExtDamage> {
        let inode = volume.inode(number)?;
        let runs = Runs::of(volume, &inode)?;
        let block = volume.layout.block;
        let mut log = Self { runs, kept: 0, first: 0, end: 0, start: 0, sequence: 0, seed: 0, whole: true };
        let head = log.block(volume, 0)?;
        let word = |at| big(&head, at);
        let wrong = || ExtDamage::Block("journal");
        if word(0) != MARK || !matches!(word(4), 3 | 4) || usize::try_from(word(12)).ok() != Some(block) {
            return Err(wrong());
        }
        // Version 1 had no features.
        log.kept = if word(4) == 4 { word(40) } else { 0 };
        if log.kept & !kept::KNOWN != 0 {
            return Err(wrong());
        }
        let fast = match (log.kept & kept::FAST != 0, word(84)) {
            (false, _) => 0,
            (true, 0) => 256,
            (true, count) => count,
        };
        (log.first, log.end) = (word(20).into(), word(16).saturating_sub(fast).into());
        (log.start, log.sequence) = (word(28).into(), word(24));
        log.seed = crc32c(START, head.get(48..64).unwrap_or_default());
        log.whole = !log.has_checksums() || is_whole(&head);
        if log.start == 0 {
            // An empty log is not trusted where the superblock is damaged.
            return if log.whole { Ok(None) } else { Err(ExtDamage::Checksum("journal")) };
        }
        let sane = log.first > 0 && (log.first..log.end).contains(&log.start);
        if sane { Ok(Some(log)) } else { Err(wrong()) }
    }

    /// Returns the volume block of a log block.
    fn place(&self, at: u64) -> Result<u64, ExtDamage> {
        let run = self.runs.holding(at).map_err(|_| ExtDamage::Runs("end before the journal does"))?;
        Ok(run.block.saturating_add(at.saturating_sub(run.at)))
    }

    fn block(&self, volume: &ExtVolume, at: u64) -> Result<Vec<u8>, ExtDamage> {
        volume.block(self.place(at)?)
    }

    /// Returns the block after `at`; the log wraps around at its end.
    const fn next(&self, at: u64) -> u64 {
        let next = at.saturating_add(1);
        if next < self.end { next } else { self.first }
    }

    const fn has_checksums(&self) -> bool {
        self.kept & (kept::CHECKSUMS_2 | kept::CHECKSUMS_3) != 0
    }

    /// Whether a fast commit after the log belongs to the transaction before `sequence`. Its first block is one after
    /// the end of the log (`j_fc_first` in fs/jbd2/journal.c).
    fn has_fast_commits(&self, volume: &ExtVolume, sequence: u32) -> bool {
        const HEAD: [u8; 2] = [9, 0];
        self.kept & kept::FAST != 0
            && self.block(volume, self.end.saturating_add(1)).is_ok_and(|block| {
                block.starts_with(&HEAD) && crate::evidence::bytes::u32_at(&block, 8) == Some(sequence)
            })
    }
}

/// Whether a journal superblock matches its checksum, which is computed with zeros in the checksum field.
fn is_whole(head: &[u8]) -> bool {
    let (before, after) = (head.get(..252).unwrap_or_default(), head.get(256..1024).unwrap_or_default());
    [before, &[0; 4], after].into_iter().fold(START, crc32c) == big(head, 252)
}

fn read(volume: &ExtVolume, number: u32) -> Result<Journal, ExtDamage> {
    let Some(log) = Log::open(volume, number)? else {
        return Ok(Journal::default());
    };
    let mut walk = JournalWalk::of(volume, &log);
    while walk.transaction() {}
    let whole = walk.whole && !log.has_fast_commits(volume, walk.sequence);
    let state = match (log.whole, whole) {
        (false, _) => JournalState::Doubtful,
        (true, true) => JournalState::Replayed,
        (true, false) => JournalState::InPart,
    };
    Ok(Journal::new(state, walk.finish()))
}
