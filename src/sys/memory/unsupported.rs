//! Systems on which this version reads no memory of processes.

use std::convert::Infallible;
use std::io;

use super::{LooseCode, MemoryMapping};

/// The memory of a process, which cannot be opened here.
#[derive(Debug)]
pub(crate) struct ProcessMemory(Infallible);

impl ProcessMemory {
    pub(crate) fn open(_pid: u32) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) const fn mappings(&self) -> &[MemoryMapping] {
        match self.0 {}
    }

    pub(crate) const fn read_at(&self, _address: u64, _buffer: &mut [u8]) -> io::Result<usize> {
        match self.0 {}
    }

    pub(crate) const fn is_used(&self, _start: u64, _length: u64) -> bool {
        match self.0 {}
    }
}

#[cfg(not(windows))]
pub(super) fn total_memory() -> Option<u64> {
    let ram = sysinfo::RefreshKind::nothing().with_memory(sysinfo::MemoryRefreshKind::nothing().with_ram());
    sysinfo::System::new_with_specifics(ram).ok().map(|system| system.total_memory())
}

pub(super) fn loose_code(_pid: u32) -> io::Result<Vec<LooseCode>> {
    Err(io::ErrorKind::Unsupported.into())
}
