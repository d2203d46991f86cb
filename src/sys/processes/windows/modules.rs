//! The files that a process runs and has loaded.
//!
//! Windows' own list of them (`CreateToolhelp32Snapshot`) is kept by the process itself, and reading it opens the process's
//! memory. What the kernel has mapped says the same without that, also of a library that took itself off the list.

use std::collections::BTreeSet;
use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};

use windows_sys::Win32::Foundation::{ERROR_BAD_LENGTH, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, MODULEENTRY32W, Module32FirstW, Module32NextW, TH32CS_SNAPMODULE,
    TH32CS_SNAPMODULE32,
};
use windows_sys::Win32::System::Threading::{PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION};

use super::guarded;
use super::list::{KERNEL, open_process, open_with_debugging, program};
use crate::sys::layouts::dos_path;
use crate::sys::memory::mapped_images;
use crate::sys::volumes::drive_devices;
use crate::sys::windows::{text, token};

/// How often a list of modules is asked for that changes meanwhile.
const TRIES: usize = 8;

/// Most modules of one process.
const MAX_MODULES: usize = 20_000;

pub(in crate::sys::processes) fn loaded_modules(pid: u32) -> io::Result<Vec<String>> {
    if KERNEL.contains(&pid) {
        return Ok(Vec::new());
    }
    let opened = open_with_debugging(pid, PROCESS_QUERY_INFORMATION)?;
    let drives = drive_devices();
    let images = mapped_images(&opened);
    let mapped = images.into_iter().take(MAX_MODULES).map(|image| dos_path(&image, &drives));
    let mut known = BTreeSet::new();
    let all = program(&opened).into_iter().chain(mapped);
    let modules: Vec<String> = all.filter(|path| known.insert(path.to_lowercase())).collect();
    if modules.len() > 1 {
        return Ok(modules);
    }
    // Every process has ntdll.dll mapped; only Wine reports none of its own libraries so.
    guarded::refuse(&open_process(pid, PROCESS_QUERY_LIMITED_INFORMATION)?, "")?;
    token::enable_debugging();
    listed(pid)
}

/// The list that the process itself keeps, which is read out of its memory.
fn listed(pid: u32) -> io::Result<Vec<String>> {
    let snapshot = snapshot(pid)?;
    let mut entry = MODULEENTRY32W {
        dwSize: u32::try_from(size_of::<MODULEENTRY32W>()).unwrap_or_default(),
        ..MODULEENTRY32W::default()
    };
    let mut modules = Vec::new();
    // SAFETY: the snapshot is open; the entry is of the size it says.
    let mut more = unsafe { Module32FirstW(snapshot.as_raw_handle(), &raw mut entry) } != 0;
    while more && modules.len() < MAX_MODULES {
        modules.push(text(&entry.szExePath));
        // SAFETY: as above.
        more = unsafe { Module32NextW(snapshot.as_raw_handle(), &raw mut entry) } != 0;
    }
    Ok(modules)
}

fn snapshot(pid: u32) -> io::Result<OwnedHandle> {
    for _ in 0..TRIES {
        // SAFETY: it takes numbers and gives a handle.
        let snapshot = unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPMODULE | TH32CS_SNAPMODULE32, pid) };
        if snapshot != INVALID_HANDLE_VALUE {
            // SAFETY: the call succeeded, so this is an open handle that nobody else has.
            return Ok(unsafe { OwnedHandle::from_raw_handle(snapshot) });
        }
        let error = io::Error::last_os_error();
        // How this call says that the list changed while it was made.
        if error.raw_os_error() != Some(ERROR_BAD_LENGTH.cast_signed()) {
            return Err(error);
        }
    }
    Err(io::Error::other("its list of modules changed each time it was read"))
}
