//! Keeps the most recently read blocks of a volume in bounded memory: the records and index blocks of a directory are
//! close to each other, and a raw volume of a running system has no cache of the operating system.
//!
//! File contents bypass this cache: each is read once, and would only evict blocks that are read again.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::device::{Device, read_some, to_u64};

/// Bytes of one block: 64 records of the master file table, or 16 index blocks.
const BLOCK: usize = 64 << 10;

/// Number of blocks for all volumes of an image together. Their memory is part of the run's memory limit (see
/// `Target::memory`).
const BLOCKS: usize = 128;

/// Memory limit of all caches of one image, in bytes: [`BLOCKS`] times [`BLOCK`].
pub(crate) const MEMORY: u64 = 8 << 20;

/// A device with its most recently read blocks in memory.
#[derive(Debug)]
pub(crate) struct Cache {
    device: Arc<dyn Device>,
    kept: Mutex<Kept>,
    most: usize,
}

#[derive(Debug, Default)]
struct Kept {
    blocks: BTreeMap<u64, (u64, Arc<Vec<u8>>)>,
    clock: u64,
    /// Number of blocks requested, and number of blocks read from the device.
    asked: u64,
    read: u64,
}

impl Cache {
    /// Makes a cache of one `share`th of [`MEMORY`].
    pub(crate) fn new(device: Arc<dyn Device>, share: usize) -> Self {
        let most = BLOCKS.checked_div(share).unwrap_or(BLOCKS).max(4);
        Self { device, kept: Mutex::default(), most }
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
        let block_size = to_u64(BLOCK);
        let (mut at, mut filled) = (offset, 0_usize);
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let number = at.checked_div(block_size).unwrap_or(0);
            let within = usize::try_from(at.checked_rem(block_size).unwrap_or(0)).unwrap_or(0);
            let block = self.block(number)?;
            let from = block.get(within..).unwrap_or_default();
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

    /// Returns the number of blocks requested so far, and how many of them were read from the device.
    #[cfg(test)]
    pub(crate) fn figures(&self) -> (u64, u64) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.asked, kept.read)
    }

    fn block(&self, number: u64) -> io::Result<Arc<Vec<u8>>> {
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.clock = kept.clock.saturating_add(1);
            kept.asked = kept.asked.saturating_add(1);
            let now = kept.clock;
            if let Some((used, block)) = kept.blocks.get_mut(&number) {
                *used = now;
                return Ok(Arc::clone(block));
            }
        }
        // Read without the lock. Another worker may add a block meanwhile; adding the same one twice is harmless.
        let block = Arc::new(read_some(&*self.device, number.saturating_mul(to_u64(BLOCK)), BLOCK)?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.read = kept.read.saturating_add(1);
        if kept.blocks.len() >= self.most {
            let oldest = kept.blocks.iter().min_by_key(|(_, (used, _))| *used).map(|(number, _)| *number);
            oldest.map(|oldest| kept.blocks.remove(&oldest));
        }
        let now = kept.clock;
        kept.blocks.insert(number, (now, Arc::clone(&block)));
        Ok(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::disk::device::MemoryDevice;

    #[test]
    fn the_reported_memory_is_that_of_the_blocks() {
        assert_eq!(MEMORY, to_u64(BLOCK * BLOCKS));
    }

    #[test]
    fn a_cached_block_is_not_read_again_and_the_cache_has_a_limit() {
        let bytes: Vec<u8> = (0..BLOCK * 20 + 5).map(|at| (at / 7).to_le_bytes()[0]).collect();
        let cache = Cache::new(Arc::new(MemoryDevice(bytes.clone())), BLOCKS / 8);
        let mut buffer = vec![0; 1024];
        for round in 0..2 {
            for at in (0..BLOCK * 8).step_by(1024) {
                cache.read_exact(to_u64(at), &mut buffer).unwrap();
                assert_eq!(buffer, bytes[at..at + 1024]);
            }
            assert_eq!(cache.figures().1, 8, "round {round}");
        }
        // The range spans two blocks, and other blocks evict the first ones.
        cache.read_exact(to_u64(BLOCK * 9 - 10), &mut buffer).unwrap();
        assert_eq!(buffer, bytes[BLOCK * 9 - 10..BLOCK * 9 + 1014]);
        assert_eq!(cache.kept.lock().unwrap().blocks.len(), 8);
        let end = to_u64(bytes.len());
        assert!(cache.read_exact(end - 4, &mut buffer[..4]).is_ok());
        let error = cache.read_exact(end - 4, &mut buffer[..5]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
