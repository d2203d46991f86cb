//! The memory of running processes where this version does not read it, and says so.

use std::convert::Infallible;
use std::io;

/// The memory of a process: there is none to be had here.
#[derive(Debug)]
pub(crate) struct ProcessMemory(Infallible);

impl ProcessMemory {
    pub(crate) fn open(_pid: u32) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) const fn mappings(&self) -> &[super::MemoryMapping] {
        match self.0 {}
    }

    pub(crate) fn read_at(&self, _address: u64, _buffer: &mut [u8]) -> io::Result<usize> {
        match self.0 {}
    }

    pub(crate) const fn is_used(&self, _start: u64, _length: u64) -> bool {
        match self.0 {}
    }
}

/// The numbers of all processes: not to be had here.
pub(crate) fn process_ids() -> io::Result<Vec<u32>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// What a process is called: not to be had here.
pub(crate) fn process_facts(_pid: u32) -> io::Result<super::ProcessIdentity> {
    Err(io::ErrorKind::Unsupported.into())
}
