//! The list of processes, and opening one of them to query it.

use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};

use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
};
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION, QueryFullProcessImageNameW,
};

use crate::sys::processes::{ProcessEntry, ProcessIdentity};
use crate::sys::windows::{text, token};

/// The kernel's own process, which has this number on every Windows, and no memory of a program's.
pub(in crate::sys) const SYSTEM: u32 = 4;

/// Processes that are the kernel's own, and have no program: the idle process and the system itself.
pub(super) const KERNEL: [u32; 2] = [0, SYSTEM];

/// Most processes listed: numbers are multiples of four, and a terminal server has some thousands.
const MAX_PROCESSES: usize = 1 << 16;

/// Units of the longest path of a program.
const MAX_PATH: usize = 32_768;

pub(in crate::sys::processes) fn process_ids() -> io::Result<Vec<u32>> {
    let mut ids: Vec<u32> = processes()?.into_iter().map(|entry| entry.pid).filter(|pid| *pid != 0).collect();
    ids.sort_unstable();
    Ok(ids)
}

pub(in crate::sys::processes) fn process_facts(pid: u32) -> io::Result<ProcessIdentity> {
    let program =
        open_process(pid, PROCESS_QUERY_LIMITED_INFORMATION).ok().and_then(|handle| program(&handle));
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

/// Opens a process, and only where that is refused asks for the right of a debugger and tries again: asking is noted by EDRs, and an
/// administrator may query most processes without.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] where there is none.
pub(in crate::sys) fn open_with_debugging(pid: u32, access: u32) -> io::Result<OwnedHandle> {
    match open_process(pid, access) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            token::enable_debugging();
            open_process(pid, access)
        }
        opened => opened,
    }
}

/// Opens a process; [`io::ErrorKind::NotFound`] where there is none.
pub(super) fn open_process(pid: u32, access: u32) -> io::Result<OwnedHandle> {
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

pub(in crate::sys::processes) fn processes() -> io::Result<Vec<ProcessEntry>> {
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
            name: text(&entry.szExeFile),
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
    (done != 0).then(|| text(&path))
}
