//! Memory of running processes on Windows, read and never changed: nobody is stopped for it.
//!
//! A page that guards the end of a stack is never read: the first touch would take its guard away. Windows does not tell
//! which committed pages were never written to, so that all of them are read. What an image or a mapped file holds on
//! disk, unchanged, is left to the scan of files.

use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::{
    ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::System::Diagnostics::Debug::ReadProcessMemory;
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
};
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_PRIVATE, MEMORY_BASIC_INFORMATION, PAGE_EXECUTE, PAGE_EXECUTE_READ,
    PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY, PAGE_GUARD, PAGE_NOACCESS, PAGE_NOCACHE, PAGE_READWRITE,
    PAGE_WRITECOMBINE, PAGE_WRITECOPY, VirtualQueryEx,
};
use windows_sys::Win32::System::ProcessStatus::K32GetMappedFileNameW;
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_NAME_WIN32, PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION,
    PROCESS_VM_READ, QueryFullProcessImageNameW,
};

use super::process;
use crate::sys::{LooseCode, MAX_MAPPINGS, MappingBacking, MemoryMapping, ProcessEntry, ProcessIdentity};

/// The kernel's own process, which has this number on every Windows, and no memory of a program's.
const SYSTEM: u32 = 4;

/// Processes that are the kernel's own, and have no program: the idle process and the system itself.
pub(super) const KERNEL: [u32; 2] = [0, SYSTEM];

/// Most processes listed: numbers are multiples of four, and a terminal server has some thousands.
const MAX_PROCESSES: usize = 1 << 16;

/// Units of the longest path of a program.
const MAX_PATH: usize = 32_768;

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
        process::ask_to_debug();
        let handle = open(pid, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ)?;
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

/// The numbers of all processes, in order, but for the one that stands for an idle machine.
pub(crate) fn process_ids() -> io::Result<Vec<u32>> {
    let mut ids: Vec<u32> = processes()?.into_iter().map(|entry| entry.pid).filter(|pid| *pid != 0).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// What a process is called, and which program it runs as far as that is told.
pub(crate) fn process_facts(pid: u32) -> io::Result<ProcessIdentity> {
    let program = open(pid, PROCESS_QUERY_LIMITED_INFORMATION).ok().and_then(|handle| program(&handle));
    let name = match program.as_deref().and_then(|path| path.rsplit('\\').next()) {
        Some(name) => name.to_owned(),
        // Of one that tells nothing of itself, the list of all does.
        None => processes()?
            .into_iter()
            .find_map(|entry| (entry.pid == pid).then_some(entry.name))
            .ok_or(io::ErrorKind::NotFound)?,
    };
    Ok(ProcessIdentity { name, program, owner: None })
}

/// Opens a process; [`io::ErrorKind::NotFound`] where there is none.
pub(super) fn open(pid: u32, access: u32) -> io::Result<OwnedHandle> {
    // SAFETY: it takes numbers and gives a handle or none.
    let handle = unsafe { OpenProcess(access, 0, pid) };
    if handle.is_null() {
        let error = io::Error::last_os_error();
        // How this call says that there is no process of that number.
        let gone = error.raw_os_error() == Some(ERROR_INVALID_PARAMETER.cast_signed());
        return Err(if gone { io::ErrorKind::NotFound.into() } else { error });
    }
    // SAFETY: the call succeeded, so this is an open handle that nobody else has.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// Every process, in the order of the system's list.
pub(crate) fn processes() -> io::Result<Vec<ProcessEntry>> {
    // SAFETY: it takes numbers and gives a handle.
    let snapshot = unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0) };
    if snapshot == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so this is an open handle that nobody else has.
    let snapshot = unsafe { OwnedHandle::from_raw_handle(snapshot) };
    let mut entry = PROCESSENTRY32W {
        dwSize: u32::try_from(size_of::<PROCESSENTRY32W>()).unwrap_or_default(),
        ..PROCESSENTRY32W::default()
    };
    let mut listed = Vec::new();
    // SAFETY: the snapshot is open; the entry is of the size it says.
    let mut more = unsafe { Process32FirstW(snapshot.as_raw_handle(), &raw mut entry) } != 0;
    while more && listed.len() < MAX_PROCESSES {
        listed.push(ProcessEntry {
            kernel: KERNEL.contains(&entry.th32ProcessID),
            pid: entry.th32ProcessID,
            parent: entry.th32ParentProcessID,
            name: super::text(&entry.szExeFile),
            threads: entry.cntThreads,
        });
        // SAFETY: as above.
        more = unsafe { Process32NextW(snapshot.as_raw_handle(), &raw mut entry) } != 0;
    }
    Ok(listed)
}

/// The path of the program that a process runs.
pub(super) fn program(process: &OwnedHandle) -> Option<String> {
    let mut path = vec![0_u16; MAX_PATH];
    let mut length = u32::try_from(path.len()).ok()?;
    // SAFETY: the process is open to be asked; the buffer is as long as is said.
    let done = unsafe {
        QueryFullProcessImageNameW(
            process.as_raw_handle(),
            PROCESS_NAME_WIN32,
            path.as_mut_ptr(),
            &raw mut length,
        )
    };
    (done != 0).then(|| super::text(&path))
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

/// The memory of a process that is run and is of no file, as injected code is, and what compilers at run time make.
pub(crate) fn loose_code(pid: u32) -> io::Result<Vec<LooseCode>> {
    if pid == SYSTEM {
        return Ok(Vec::new());
    }
    process::ask_to_debug();
    let handle = open(pid, PROCESS_QUERY_INFORMATION)?;
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
