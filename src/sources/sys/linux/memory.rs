//! Memory of running processes on Linux: `/proc/PID/maps`, `mem` and `pagemap`, read and never changed.
//!
//! Reading `mem` needs what tracing needs (`ptrace(2)`), and stops nobody.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

use crate::sources::memory::{Mapping, ProcessFacts, parse_maps};

/// Bytes of a page; a machine with larger ones only has each looked up several times.
const PAGE: u64 = 4096;

/// An entry of `pagemap`: bit 63 says that the page is in memory, bit 62 that it is in swap
/// (<https://docs.kernel.org/admin-guide/mm/pagemap.html>).
const IN_USE: u64 = (1 << 63) | (1 << 62);

/// A process whose memory can be read.
#[derive(Debug)]
pub(in crate::sources) struct ProcessMemory {
    mem: File,
    pagemap: Option<File>,
    mappings: Vec<Mapping>,
}

impl ProcessMemory {
    /// Opens the memory of a process. A kernel thread has no mappings.
    pub(in crate::sources) fn open(pid: u32) -> io::Result<Self> {
        let maps = std::fs::read(format!("/proc/{pid}/maps"))?;
        let mappings = parse_maps(&String::from_utf8_lossy(&maps));
        let mem = File::open(format!("/proc/{pid}/mem"))?;
        Ok(Self { mem, pagemap: File::open(format!("/proc/{pid}/pagemap")).ok(), mappings })
    }

    /// Its mappings, lowest first.
    pub(in crate::sources) fn mappings(&self) -> &[Mapping] {
        &self.mappings
    }

    /// Reads from an address on; less where the mapping ends.
    pub(in crate::sources) fn read_at(&self, address: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.mem.read_at(buffer, address)
    }

    /// Whether anything was ever written to a stretch. Reading what was not would make the kernel map it, for nothing
    /// but zeros. Where the kernel does not tell, everything counts as used.
    pub(in crate::sources) fn is_used(&self, start: u64, length: u64) -> bool {
        let Some(pagemap) = &self.pagemap else { return true };
        let pages = usize::try_from(length.div_ceil(PAGE)).unwrap_or(usize::MAX).min(1 << 16);
        let mut entries = vec![0; pages.saturating_mul(8)];
        let offset = start.checked_div(PAGE).unwrap_or(0).saturating_mul(8);
        if pagemap.read_exact_at(&mut entries, offset).is_err() {
            return true;
        }
        entries
            .chunks_exact(8)
            .any(|entry| entry.try_into().is_ok_and(|entry| u64::from_ne_bytes(entry) & IN_USE != 0))
    }
}

/// The numbers of all processes, in order.
pub(in crate::sources) fn process_ids() -> io::Result<Vec<u32>> {
    let entries = std::fs::read_dir("/proc")?;
    let mut ids: Vec<u32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// What a process is called, which program it runs, and whose it is.
pub(in crate::sources) fn process_facts(pid: u32) -> io::Result<ProcessFacts> {
    let owner = std::fs::metadata(format!("/proc/{pid}"))?.uid();
    let name = std::fs::read(format!("/proc/{pid}/comm"))?;
    let program = std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    Ok(ProcessFacts {
        name: String::from_utf8_lossy(&name).trim_end().to_owned(),
        program: program.map(|path| path.to_string_lossy().into_owned()),
        owner: Some(owner),
    })
}
