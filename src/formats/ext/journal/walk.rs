//! Reads a log transaction by transaction: descriptors list the blocks that follow them, revoke lists cancel earlier
//! blocks, and a transaction without a commit does not count.

use std::collections::BTreeMap;

use super::{Log, MAX_HELD, kept};
use crate::formats::crc32c::crc32c;
use crate::formats::ext::held_blocks::{BlockPlace, MARK};
use crate::formats::ext::volume::{ExtVolume, big, big_short};

/// Types of log blocks.
const DESCRIPTOR: u32 = 1;
const COMMIT: u32 = 2;
const REVOKED: u32 = 5;

/// Bytes of the header of a log block.
const HEADER: usize = 12;

/// Flags of a block in a descriptor.
mod flag {
    pub(super) const ESCAPED: u32 = 1;
    pub(super) const SAME_ID: u32 = 2;
    pub(super) const LAST: u32 = 8;
}

/// The content of one transaction.
#[derive(Default)]
struct Transaction {
    held: Vec<(u64, BlockPlace)>,
    revoked: Vec<u64>,
    /// Whether some of it had to be left out.
    lacks: bool,
}

/// A walk through a log.
pub(super) struct JournalWalk<'a> {
    volume: &'a ExtVolume,
    log: &'a Log,
    at: u64,
    /// Number of log blocks left: the log is read at most once around.
    left: u64,
    /// Number of the expected transaction.
    pub(super) sequence: u32,
    /// The blocks, each with the number of its transaction.
    held: BTreeMap<u64, (u32, BlockPlace)>,
    /// The revoked blocks, each with the number of the last transaction that revoked it.
    revoked: BTreeMap<u64, u32>,
    /// Whether all committed blocks were read.
    pub(super) whole: bool,
}

/// The entry of a block in a descriptor.
struct Tag {
    block: u64,
    flags: u32,
    /// The checksum of its content, and the number of bits of it that are stored.
    sum: Option<(u32, u32)>,
}

impl<'a> JournalWalk<'a> {
    pub(super) fn of(volume: &'a ExtVolume, log: &'a Log) -> Self {
        let left = log.end.saturating_sub(log.first);
        let (at, sequence) = (log.start, log.sequence);
        Self { volume, log, at, left, sequence, held: BTreeMap::new(), revoked: BTreeMap::new(), whole: true }
    }

    /// Reads the next transaction; returns false where there is none.
    pub(super) fn transaction(&mut self) -> bool {
        let mut transaction = Transaction::default();
        loop {
            let Some(block) = self.next_block() else { return false };
            let head = (big(&block, 0), big(&block, 8));
            // The blocks after the last transaction are from an earlier round.
            if head != (MARK, self.sequence) {
                return false;
            }
            let going_on = match big(&block, 4) {
                DESCRIPTOR => self.descriptor(&block, &mut transaction),
                REVOKED => self.revoke(&block, &mut transaction),
                COMMIT if self.is_whole(&block, 16) => {
                    self.commit(transaction);
                    return true;
                }
                _ => None,
            };
            if going_on.is_none() {
                return false;
            }
        }
    }

    /// Returns the blocks that the log contains after all transactions.
    pub(super) fn finish(self) -> BTreeMap<u64, BlockPlace> {
        let Self { held, revoked, .. } = self;
        // A block that was revoked after it was written has been reused since.
        let is_current = |block: u64, sequence: u32| {
            revoked.get(&block).is_none_or(|by| sequence.wrapping_sub(*by).cast_signed() > 0)
        };
        let held = held.into_iter().filter(|(block, (sequence, _))| is_current(*block, *sequence));
        held.map(|(block, (_, place))| (block, place)).collect()
    }

    fn next_block(&mut self) -> Option<Vec<u8>> {
        let at = self.step()?;
        self.log.block(self.volume, at).ok()
    }

    /// Advances by one block, and returns the block before.
    fn step(&mut self) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        let at = self.at;
        self.at = self.log.next(at);
        Some(at)
    }

    /// Compares a log block with the checksum at `at` in it.
    fn is_whole(&self, block: &[u8], at: usize) -> bool {
        if !self.log.has_checksums() {
            return true;
        }
        let parts = block.get(..at).zip(block.get(at.saturating_add(4)..));
        parts.is_some_and(|(before, after)| {
            let sum = crc32c(crc32c(crc32c(self.log.seed, before), &[0; 4]), after);
            sum == big(block, at)
        })
    }

    fn tail_is_whole(&self, block: &[u8]) -> bool {
        block.len().checked_sub(4).is_some_and(|at| self.is_whole(block, at))
    }

    fn descriptor(&mut self, block: &[u8], transaction: &mut Transaction) -> Option<()> {
        if !self.tail_is_whole(block) {
            return None;
        }
        let tail = if self.log.has_checksums() { 4 } else { 0 };
        let mut rest = block.get(HEADER..block.len().checked_sub(tail)?)?;
        loop {
            let (tag, size) = self.tag(rest)?;
            let at = self.step()?;
            if self.fits(at, &tag) && transaction.held.len() < MAX_HELD {
                let place =
                    BlockPlace { block: self.log.place(at).ok()?, escaped: tag.flags & flag::ESCAPED != 0 };
                transaction.held.push((tag.block, place));
            } else {
                transaction.lacks = true;
            }
            if tag.flags & flag::LAST != 0 {
                return Some(());
            }
            let id = if tag.flags & flag::SAME_ID != 0 { 0 } else { 16 };
            rest = rest.get(size.checked_add(id)?..)?;
            // The last entry of a full descriptor need not be marked.
            if rest.len() < size {
                return Some(());
            }
        }
    }

    /// Reads the tag at the beginning of `bytes`, and its length.
    fn tag(&self, bytes: &[u8]) -> Option<(Tag, usize)> {
        let kept = self.log.kept;
        let wide = kept & kept::BITS_64 != 0;
        let low = u64::from(big(bytes, 0));
        let high = |at: usize| if wide { u64::from(big(bytes, at)) << 32 } else { 0 };
        let (tag, size) = if kept & kept::CHECKSUMS_3 != 0 {
            let sum = Some((big(bytes, 12), u32::MAX));
            (Tag { block: low | high(8), flags: big(bytes, 4), sum }, 16)
        } else {
            let second = kept & kept::CHECKSUMS_2 != 0;
            let sum = second.then(|| (u32::from(big_short(bytes, 4)), 0xffff));
            let size =
                8_usize.checked_add(if wide { 4 } else { 0 })?.checked_add(if second { 2 } else { 0 })?;
            (Tag { block: low | high(8), flags: big_short(bytes, 6).into(), sum }, size)
        };
        (bytes.len() >= size).then_some((tag, size))
    }

    /// Whether a log block matches its tag.
    fn fits(&self, at: u64, tag: &Tag) -> bool {
        let Some((stored, bits)) = tag.sum else { return true };
        let Ok(block) = self.log.block(self.volume, at) else { return false };
        let sum = crc32c(crc32c(self.log.seed, &self.sequence.to_be_bytes()), &block);
        sum & bits == stored & bits
    }

    fn revoke(&self, block: &[u8], transaction: &mut Transaction) -> Option<()> {
        if !self.tail_is_whole(block) {
            return None;
        }
        let end = usize::try_from(big(block, HEADER)).ok()?.min(block.len());
        let wide = self.log.kept & kept::BITS_64 != 0;
        for number in block.get(16..end)?.chunks_exact(if wide { 8 } else { 4 }) {
            let number = if wide {
                (u64::from(big(number, 0)) << 32) | u64::from(big(number, 4))
            } else {
                big(number, 0).into()
            };
            if transaction.revoked.len() < MAX_HELD {
                transaction.revoked.push(number);
            } else {
                transaction.lacks = true;
            }
        }
        Some(())
    }

    fn commit(&mut self, transaction: Transaction) {
        let sequence = self.sequence;
        self.whole &= !transaction.lacks;
        for block in transaction.revoked {
            if self.revoked.len() < MAX_HELD {
                self.revoked.insert(block, sequence);
            } else {
                self.whole = false;
            }
        }
        for (block, place) in transaction.held {
            if self.held.len() < MAX_HELD || self.held.contains_key(&block) {
                self.held.insert(block, (sequence, place));
            } else {
                self.whole = false;
            }
        }
        self.sequence = sequence.wrapping_add(1);
    }
}
