//! The memory of running processes: its mappings, and reading it. Nothing is changed, and no process is stopped.

#[cfg(target_os = "linux")]
mod linux;
#[cfg_attr(
    any(target_os = "linux", windows),
    allow(dead_code, reason = "compiled everywhere, so that it stays right")
)]
mod unsupported;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(any(target_os = "linux", windows)))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

use std::io;

pub(crate) use system::ProcessMemory;
#[cfg(windows)]
pub(in crate::sys) use windows::mapped_images;

/// Most mappings of one process: 65,530 are allowed by default on Linux, and Windows has hardly more regions.
pub(crate) const MAX_MAPPINGS: usize = 1 << 17;

/// A range of a process's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemoryMapping {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) backing: MappingBacking,
}

impl MemoryMapping {
    /// Whether rules may find in it what no scan of files finds: what only memory holds, and changes of mapped files.
    pub(crate) const fn is_wanted(&self) -> bool {
        self.readable
            && match self.backing {
                MappingBacking::Memory => true,
                MappingBacking::File => self.writable,
                MappingBacking::Device => false,
            }
    }
}

/// What a mapping is backed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MappingBacking {
    /// Nothing but memory, or a file that exists in memory only.
    Memory,
    /// A file that still exists.
    File,
    /// A device that reading would act on, or the kernel itself.
    Device,
}

/// A range of memory that may be executed and belongs to no file, as injected code does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LooseCode {
    pub(crate) start: u64,
    /// In bytes.
    pub(crate) length: u64,
    pub(crate) writable: bool,
}

/// The memory of this machine, in bytes, as far as the system may use it.
pub(crate) fn total_memory() -> Option<u64> {
    system::total_memory()
}

/// Lists the executable memory of a process that belongs to no file. Compilers at run time make such memory as well.
pub(crate) fn loose_code(pid: u32) -> io::Result<Vec<LooseCode>> {
    system::loose_code(pid)
}
