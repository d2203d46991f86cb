//! Keeps the most recently read blocks of a volume in bounded memory: the records and index blocks of a directory are
//! close to each other, and a raw volume of a running system has no cache of the operating system.
//!
//! What is far from everything read lately is read as one page; the page next to it brings the whole block. A walk of
//! 65,000 directories in the order of a hash tree needs one inode and one page of names here and there for each: whole
//! blocks, all evicted before their next use, would be 16 times as many bytes.
//!
//! File contents bypass this cache: each is read once, and would only evict blocks that are read again.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::device::{Device, read_some, to_u64};

/// Bytes of one page: 4 records of the master file table, or one index block.
const PAGE: usize = 4 << 10;

/// Bytes of one block: 64 records of the master file table, or 16 index blocks.
const BLOCK: usize = 64 << 10;

/// Number of blocks, and of pages, for all volumes of an image together. Their memory is part of the run's memory limit
/// (see `Target::memory`).
const BLOCKS: usize = 96;
const PAGES: usize = 512;

/// Memory limit of all caches of one image, in bytes: [`BLOCKS`] times [`BLOCK`], and [`PAGES`] times [`PAGE`].
pub(crate) const MEMORY: u64 = 8 << 20;

/// A device with its most recently read blocks in memory.
#[derive(Debug)]
pub(crate) struct Cache {
    device: Arc<dyn Device>,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    blocks: Recent,
    pages: Recent,
    /// Number of times that bytes of one page were requested, and number of reads from the device and their bytes.
    asked: u64,
    read: u64,
    bytes: u64,
}

/// The pieces of one size that were used last, by their number.
#[derive(Debug)]
struct Recent {
    pieces: BTreeMap<u64, (u64, Arc<Vec<u8>>)>,
    /// The numbers in the order of their last use.
    order: BTreeMap<u64, u64>,
    clock: u64,
    most: usize,
}

impl Recent {
    const fn new(most: usize) -> Self {
        Self { pieces: BTreeMap::new(), order: BTreeMap::new(), clock: 0, most }
    }

    /// Returns a piece, which is then the last one used.
    fn used(&mut self, number: u64) -> Option<Arc<Vec<u8>>> {
        let (used, piece) = self.pieces.get_mut(&number)?;
        self.clock = self.clock.saturating_add(1);
        self.order.remove(used);
        self.order.insert(self.clock, number);
        *used = self.clock;
        Some(Arc::clone(piece))
    }

    fn holds(&self, number: u64) -> bool {
        self.pieces.contains_key(&number)
    }

    /// Adds a piece; the one unused for longest makes room.
    fn keep(&mut self, number: u64, piece: &Arc<Vec<u8>>) {
        self.remove(number);
        if self.pieces.len() >= self.most
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.pieces.remove(&oldest);
        }
        self.clock = self.clock.saturating_add(1);
        self.order.insert(self.clock, number);
        self.pieces.insert(number, (self.clock, Arc::clone(piece)));
    }

    fn remove(&mut self, number: u64) {
        if let Some((used, _)) = self.pieces.remove(&number) {
            self.order.remove(&used);
        }
    }
}

impl Cache {
    /// Makes a cache of one `share`th of [`MEMORY`].
    pub(crate) fn new(device: Arc<dyn Device>, share: usize) -> Self {
        let part = |all: usize| all.checked_div(share).unwrap_or(all).max(4);
        let (blocks, pages) = (Recent::new(part(BLOCKS)), Recent::new(part(PAGES)));
        Self { device, kept: Mutex::new(Kept { blocks, pages, asked: 0, read: 0, bytes: 0 }) }
    }

    /// The device itself, for content that is read once.
    pub(crate) fn device(&self) -> &Arc<dyn Device> {
        &self.device
    }

    /// Fills the buffer from the blocks.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] where the device ends before.
    pub(crate) fn read_exact(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let (mut at, mut filled) = (offset, 0_usize);
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let (piece, size) = self.piece(at, rest.len())?;
            let within = usize::try_from(at.checked_rem(to_u64(size)).unwrap_or(0)).unwrap_or(0);
            let from = piece.get(within..).unwrap_or_default();
            let count = from.len().min(rest.len());
            match (rest.get_mut(..count), from.get(..count)) {
                (Some(to), Some(from)) if count > 0 => to.copy_from_slice(from),
                _ => {
                    let text = format!("the image ends before byte {at}");
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
                }
            }
            filled = filled.saturating_add(count);
            at = at.saturating_add(to_u64(count));
        }
        Ok(())
    }

    /// Returns the number of pieces requested so far, and how many reads of the device, of how many bytes, they took.
    #[cfg(test)]
    pub(crate) fn figures(&self) -> (u64, u64, u64) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.asked, kept.read, kept.bytes)
    }

    /// Returns the block or page with the byte `at`, and its full size; `length` bytes are wanted from there.
    fn piece(&self, at: u64, length: usize) -> io::Result<(Arc<Vec<u8>>, usize)> {
        let number = |size: usize| at.checked_div(to_u64(size)).unwrap_or(0);
        let (block, page) = (number(BLOCK), number(PAGE));
        let whole = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.asked = kept.asked.saturating_add(1);
            if let Some(block) = kept.blocks.used(block) {
                return Ok((block, BLOCK));
            }
            if let Some(page) = kept.pages.used(page) {
                return Ok((page, PAGE));
            }
            let beside = |kept: &Kept| {
                kept.pages.holds(page.wrapping_sub(1)) || kept.pages.holds(page.saturating_add(1))
            };
            length > PAGE || beside(&kept)
        };
        let (number, size) = if whole { (block, BLOCK) } else { (page, PAGE) };
        // Read without the lock. Another worker may add a piece meanwhile; adding the same one twice is harmless.
        let piece = Arc::new(read_some(&*self.device, number.saturating_mul(to_u64(size)), size)?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.read = kept.read.saturating_add(1);
        kept.bytes = kept.bytes.saturating_add(to_u64(size));
        if whole {
            let of_block = to_u64(BLOCK / PAGE);
            let first = block.saturating_mul(of_block);
            (first..first.saturating_add(of_block)).for_each(|page| kept.pages.remove(page));
            kept.blocks.keep(number, &piece);
        } else {
            kept.pages.keep(number, &piece);
        }
        Ok((piece, size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::disk::device::MemoryDevice;

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at / 7).to_le_bytes()[0]).collect()
    }

    #[test]
    fn the_reported_memory_is_that_of_the_blocks_and_pages() {
        assert_eq!(MEMORY, to_u64(BLOCK * BLOCKS + PAGE * PAGES));
    }

    #[test]
    fn a_cached_block_is_not_read_again_and_the_cache_has_a_limit() {
        let bytes = bytes(BLOCK * 20 + 5);
        let cache = Cache::new(Arc::new(MemoryDevice(bytes.clone())), BLOCKS / 8);
        let mut buffer = vec![0; 1024];
        for round in 0..2 {
            for at in (0..BLOCK * 8).step_by(1024) {
                cache.read_exact(to_u64(at), &mut buffer).unwrap();
                assert_eq!(buffer, bytes[at..at + 1024]);
            }
            // The first page of a block, and then all of it.
            assert_eq!(cache.figures().1, 16, "round {round}");
        }
        // The range spans two blocks, and other blocks evict the first ones.
        cache.read_exact(to_u64(BLOCK * 9 - 10), &mut buffer).unwrap();
        assert_eq!(buffer, bytes[BLOCK * 9 - 10..BLOCK * 9 + 1014]);
        let mut long = vec![0; BLOCK * 3];
        cache.read_exact(to_u64(BLOCK * 12 - 7), &mut long).unwrap();
        assert_eq!(long, bytes[BLOCK * 12 - 7..BLOCK * 15 - 7]);
        let kept = cache.kept.lock().unwrap();
        assert_eq!((kept.blocks.pieces.len(), kept.blocks.order.len()), (8, 8));
        assert!(kept.pages.pieces.len() <= PAGES / (BLOCKS / 8));
        drop(kept);
        let end = to_u64(bytes.len());
        assert!(cache.read_exact(end - 4, &mut buffer[..4]).is_ok());
        let error = cache.read_exact(end - 4, &mut buffer[..5]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn what_is_read_here_and_there_is_read_by_pages() {
        let bytes = bytes(BLOCK * 64);
        let cache = Cache::new(Arc::new(MemoryDevice(bytes.clone())), 32);
        let mut buffer = vec![0; 256];
        let pages = bytes.len() / PAGE;
        // Each page once, none next to one of those before it.
        for step in 0..pages {
            let at = (step * 389 % pages) * PAGE + 100;
            cache.read_exact(to_u64(at), &mut buffer).unwrap();
            assert_eq!(buffer, bytes[at..at + 256]);
        }
        assert_eq!(cache.figures(), (to_u64(pages), to_u64(pages), to_u64(bytes.len())));
        let kept = cache.kept.lock().unwrap();
        assert_eq!((kept.pages.pieces.len(), kept.pages.order.len()), (PAGES / 32, PAGES / 32));
    }
}
