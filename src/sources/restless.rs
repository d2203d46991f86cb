//! A disk that changes while it is read, for tests of what is noted of that.

use std::io;
use std::sync::{Mutex, PoisonError};

use crate::formats::disk::{Device, MemoryDevice};
use crate::formats::made_volume;

/// A volume whose master file table changes after it was read, so many times.
#[derive(Debug)]
pub(crate) struct Restless(Mutex<(MemoryDevice, u32)>);

/// Where the table is, and a byte of its first sector that no fact depends on.
const TABLE: u64 = 16 * 512;
const COUNTER: usize = 16 * 512 + 400;

impl Restless {
    pub(crate) fn new(changes: u32) -> Self {
        Self(Mutex::new((MemoryDevice(made_volume::volume()), changes)))
    }
}

impl Device for Restless {
    fn size(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let (disk, left) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = disk.read_at(offset, buffer);
        // The item itself is read from there in one go; what only looks takes a page of the cache at most.
        if offset == TABLE && buffer.len() > 4_096 && *left > 0 {
            *left -= 1;
            disk.0[COUNTER] ^= 0x55;
        }
        count
    }
}
