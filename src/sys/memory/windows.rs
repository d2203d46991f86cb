//! Windows: the committed regions of a process.
//!
//! A page that guards the end of a stack is never read: the first touch would take its guard away. Windows does not tell
//! which committed pages were never written to, so that all of them are read. What an image or a mapped file holds on
//! disk, unchanged, is left to the scan of files.

use std::io;
use std::os::windows::io::{AsRawHandle as _, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::ERROR_INSUFFICIENT_BUFFER;
use windows_sys::Win32::System::Diagnostics::Debug::ReadProcessMemory;
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_IMAGE, MEM_PRIVATE, MEMORY_BASIC_INFORMATION, PAGE_EXECUTE, PAGE_EXECUTE_READ,
    PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY, PAGE_GUARD, PAGE_NOACCESS, PAGE_NOCACHE, PAGE_READWRITE,
    PAGE_WRITECOMBINE, PAGE_WRITECOPY, VirtualQueryEx,
};
use windows_sys::Win32::System::ProcessStatus::K32GetMappedFileNameW;
use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};
use windows_sys::Win32::System::Threading::{PROCESS_QUERY_INFORMATION, PROCESS_VM_READ};

use super::{LooseCode, MAX_MAPPINGS, MappingBacking, MemoryMapping};
use crate::sys::processes::{SYSTEM, open_with_debugging};
use crate::sys::windows::text;

/// A process whose memory can be read.
#[derive(Debug)]
pub(crate) struct ProcessMemory {
    handle: Option<OwnedHandle>,
    mappings: Vec<MemoryMapping>,
}

impl ProcessMemory {
    /// Opens the memory of a process. The kernel's own has no mappings.
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
        if pid == SYSTEM {
            return Ok(Self { handle: None, mappings: Vec::new() });
        }
        // Those of services are open to administrators who ask for the right of a debugger; nothing is debugged.
        let handle = open_with_debugging(pid, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ)?;
        let mappings = mappings(&handle);
        Ok(Self { handle: Some(handle), mappings })
    }

    /// Its mappings, lowest first.
    pub(crate) fn mappings(&self) -> &[MemoryMapping] {
        &self.mappings
    }

    /// Reads from an address on; less where the mapping ends.
    pub(crate) fn read_at(&self, address: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(handle) = &self.handle else { return Ok(0) };
        let address = usize::try_from(address).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut count = 0;
        // SAFETY: the process is open to be read; the buffer is as long as is said. The address is of that process, where
        // the call itself looks whether anything is.
        let done = unsafe {
            ReadProcessMemory(
                handle.as_raw_handle(),
                ptr::without_provenance(address),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                &raw mut count,
            )
        };
        // A part that was read before the mapping changed counts.
        if done == 0 && count == 0 { Err(io::Error::last_os_error()) } else { Ok(count.min(buffer.len())) }
    }

    /// Whether anything was ever written to a stretch: not told here, so everything counts as used.
    #[allow(clippy::unused_self, reason = "other systems ask the process")]
    pub(crate) const fn is_used(&self, _start: u64, _length: u64) -> bool {
        true
    }
}

/// What is committed of a process's memory.
fn mappings(process: &OwnedHandle) -> Vec<MemoryMapping> {
    let mut mappings = Vec::new();
    regions(process, &mut |region| {
        if let Some((start, end)) = bounds(region) {
            let readable = region.Protect & (PAGE_NOACCESS | PAGE_GUARD) == 0;
            let writable = region.Protect & WRITABLE != 0;
            let backing = match region.Type {
                _ if region.Protect & (PAGE_NOCACHE | PAGE_WRITECOMBINE) != 0 => MappingBacking::Device,
                MEM_PRIVATE => MappingBacking::Memory,
                _ if is_of_a_file(process, region) => MappingBacking::File,
                _ => MappingBacking::Memory,
            };
            mappings.push(MemoryMapping { start, end, readable, writable, backing });
        }
    });
    mappings
}

pub(super) fn total_memory() -> Option<u64> {
    let mut facts = MEMORYSTATUSEX {
        dwLength: u32::try_from(size_of::<MEMORYSTATUSEX>()).ok()?,
        ..MEMORYSTATUSEX::default()
    };
    // SAFETY: `facts` is of the call's type, and as long as it says.
    let done = unsafe { GlobalMemoryStatusEx(&raw mut facts) };
    (done != 0).then_some(facts.ullTotalPhys)
}

pub(super) fn loose_code(pid: u32) -> io::Result<Vec<LooseCode>> {
    if pid == SYSTEM {
        return Ok(Vec::new());
    }
    let handle = open_with_debugging(pid, PROCESS_QUERY_INFORMATION)?;
    let mut loose = Vec::new();
    regions(&handle, &mut |region| {
        if let Some((start, end)) = bounds(region)
            && region.Type == MEM_PRIVATE
            && region.Protect & RUN != 0
        {
            let writable = region.Protect & WRITABLE != 0;
            loose.push(LooseCode { start, length: end.saturating_sub(start), writable });
        }
    });
    Ok(loose)
}

/// Lists the files that a process has mapped to run them, lowest first, by the kernel's own names: of drives, their devices.
pub(in crate::sys) fn mapped_images(process: &OwnedHandle) -> Vec<String> {
    let (mut images, mut last) = (Vec::new(), 0);
    regions(process, &mut |region| {
        let base = region.AllocationBase.addr();
        if region.Type == MEM_IMAGE && base != last {
            last = base;
            images.extend(mapped_file(process, region));
        }
    });
    images
}

/// The name of the file of a region.
fn mapped_file(process: &OwnedHandle, region: &MEMORY_BASIC_INFORMATION) -> Option<String> {
    let mut name = vec![0_u16; MAX_PATH];
    let length = u32::try_from(name.len()).ok()?;
    // SAFETY: the process is open to be asked; the buffer is as long as is said.
    let filled = unsafe {
        K32GetMappedFileNameW(process.as_raw_handle(), region.BaseAddress, name.as_mut_ptr(), length)
    };
    (filled != 0).then(|| text(&name))
}

/// Units of the longest path of a file.
const MAX_PATH: usize = 32_768;

/// Hands out the committed regions of a process, lowest first.
fn regions(process: &OwnedHandle, act: &mut dyn FnMut(&MEMORY_BASIC_INFORMATION)) {
    let mut address = 0_usize;
    for _ in 0..MAX_MAPPINGS {
        let mut region = MEMORY_BASIC_INFORMATION::default();
        // SAFETY: the process is open to be asked; the answer is as long as is said.
        let filled = unsafe {
            VirtualQueryEx(
                process.as_raw_handle(),
                ptr::without_provenance(address),
                &raw mut region,
                size_of::<MEMORY_BASIC_INFORMATION>(),
            )
        };
        let end = region.BaseAddress.addr().saturating_add(region.RegionSize);
        // Past the last one nothing is told.
        if filled == 0 || end <= address {
            break;
        }
        address = end;
        if region.State == MEM_COMMIT {
            act(&region);
        }
    }
}

/// Where a region begins and ends.
fn bounds(region: &MEMORY_BASIC_INFORMATION) -> Option<(u64, u64)> {
    let start = region.BaseAddress.addr();
    Some((u64::try_from(start).ok()?, u64::try_from(start.checked_add(region.RegionSize)?).ok()?))
}

/// Protections under which memory may be run.
const RUN: u32 = PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;

/// Protections under which a process may write.
const WRITABLE: u32 = PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;

/// Whether a file stands behind a section; one that lives in the page file only has no name.
fn is_of_a_file(process: &OwnedHandle, region: &MEMORY_BASIC_INFORMATION) -> bool {
    let mut name = [0_u16; 1024];
    let length = u32::try_from(name.len()).unwrap_or_default();
    // SAFETY: the process is open to be asked and read; the buffer is as long as is said.
    let filled = unsafe {
        K32GetMappedFileNameW(process.as_raw_handle(), region.BaseAddress, name.as_mut_ptr(), length)
    };
    // A path longer than that is one, too.
    filled != 0 || io::Error::last_os_error().raw_os_error() == Some(ERROR_INSUFFICIENT_BUFFER.cast_signed())
}
