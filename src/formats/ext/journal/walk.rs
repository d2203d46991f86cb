//! Walks a log from transaction to transaction: descriptors name the blocks that follow them, lists take others back, and
//! what a commit does not follow does not count.

use std::collections::BTreeMap;

use super::{Log, MAX_HELD, kept};
use crate::formats::crc32c::crc32c;
use crate::formats::ext::held_blocks::{BlockPlace, MARK};
use crate::formats::ext::volume::{ExtVolume, big, big_short};

/// Types of blocks.
const DESCRIPTOR: u32 = 1;
const COMMIT: u32 = 2;
const REVOKED: u32 = 5;

/// Bytes that each block of the log's own begins with.
const HEADER: usize = 12;

/// Flags of a block that a descriptor names.
mod flag {
    pub(super) const ESCAPED: u32 = 1;
    pub(super) const SAME_ID: u32 = 2;
    pub(super) const LAST: u32 = 8;
}

/// What one transaction holds.
#[derive(Default)]
struct Transaction {
    held: Vec<(u64, BlockPlace)>,
    revoked: Vec<u64>,
    /// Whether something of it had to be left out.
    lacks: bool,
}

/// A walk through a log.
pub(super) struct JournalWalk<'a> {
    volume: &'a ExtVolume,
    log: &'a Log,
    at: u64,
    /// Blocks of the log that are left: it is walked once round at most.
    left: u64,
    /// Number of the transaction that is expected.
    pub(super) sequence: u32,
    /// Each block held, with the number of the transaction that it is of.
    held: BTreeMap<u64, (u32, BlockPlace)>,
    /// Blocks taken back, and by which transaction last.
    revoked: BTreeMap<u64, u32>,
    /// Whether nothing that was committed had to be left out.
    pub(super) whole: bool,
}

/// A block that a descriptor names.
struct Tag {
    block: u64,
    flags: u32,
    /// The checksum of its content, as many bits of it as there are.
    sum: Option<(u32, u32)>,
}

impl<'a> JournalWalk<'a> {
    pub(super) fn of(volume: &'a ExtVolume, log: &'a Log) -> Self {
        let left = log.end.saturating_sub(log.first);
        let (at, sequence) = (log.start, log.sequence);
        Self { volume, log, at, left, sequence, held: BTreeMap::new(), revoked: BTreeMap::new(), whole: true }
    }

    /// Takes the next transaction in; whether there was one.
    pub(super) fn transaction(&mut self) -> bool {
        let mut transaction = Transaction::default();
        loop {
            let Some(block) = self.next_block() else { return false };
            let head = (big(&block, 0), big(&block, 8));
            // What follows the last transaction is of an earlier round.
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

    /// The blocks that the log holds in the end.
    pub(super) fn finish(self) -> BTreeMap<u64, BlockPlace> {
        let Self { held, revoked, .. } = self;
        // A block that was taken back later than it was written has another use by now.
        let stands = |block: u64, sequence: u32| {
            revoked.get(&block).is_none_or(|by| sequence.wrapping_sub(*by).cast_signed() > 0)
        };
        let held = held.into_iter().filter(|(block, (sequence, _))| stands(*block, *sequence));
        held.map(|(block, (_, place))| (block, place)).collect()
    }

    fn next_block(&mut self) -> Option<Vec<u8>> {
        let at = self.step()?;
        self.log.block(self.volume, at).ok()
    }

    /// Goes one block further; gives the one that it stood at.
    fn step(&mut self) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        let at = self.at;
        self.at = self.log.next(at);
        Some(at)
    }

    /// Holds a block of the log's own against the checksum that stands at `at` in it.
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
            // A descriptor that is full need not mark its last.
            if rest.len() < size {
                return Some(());
            }
        }
    }

    /// The tag that `bytes` begin with, and its length.
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

    /// Whether a block of the log is what its tag says.
    fn fits(&self, at: u64, tag: &Tag) -> bool {
        let Some((told, bits)) = tag.sum else { return true };
        let Ok(block) = self.log.block(self.volume, at) else { return false };
        let sum = crc32c(crc32c(self.log.seed, &self.sequence.to_be_bytes()), &block);
        sum & bits == told & bits
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
