//! What Windows reports of running processes: who started them, as whom they run, with which command line.
//!
//! A process is opened with the least right that reports something. What it keeps in its own memory is read only where nothing else
//! has it: the command line and the folder before Windows 8.1, environments; of guarded processes never ([`super::guarded`]).
//! Nothing is written to it. Where its command line and folder stand there is no documented form and the same on every Windows for x64: the
//! process's own block, and its parameters behind it. <https://learn.microsoft.com/windows/win32/api/winternl/ns-winternl-peb>

use std::io;
use std::os::windows::io::{AsRawHandle as _, OwnedHandle};
use std::ptr;

use windows_sys::Wdk::System::Threading::{NtQueryInformationProcess, PROCESSINFOCLASS};
use windows_sys::Win32::Foundation::{FILETIME, NTSTATUS, STATUS_INVALID_INFO_CLASS, STATUS_NOT_IMPLEMENTED};
use windows_sys::Win32::Security::{TokenElevation, TokenIntegrityLevel, TokenStatistics, TokenUser};
use windows_sys::Win32::System::Diagnostics::Debug::ReadProcessMemory;
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::RemoteDesktop::ProcessIdToSessionId;
use windows_sys::Win32::System::Threading::{
    GetProcessTimes, PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_VM_READ,
};

use super::guarded;
use super::list::{KERNEL, open_with_debugging, program};
use crate::sys::layouts;
use crate::sys::layouts::{u16_at, u64_at};
use crate::sys::windows::{handle, ticks, token};
use crate::sys::{ProcessDetails, ProcessEntry, ProcessEnvironment};

/// `ProcessBasicInformation` and, since Windows 8.1, `ProcessCommandLineInformation`.
const BASIC: PROCESSINFOCLASS = 0;
const COMMAND_LINE: PROCESSINFOCLASS = 60;

/// Most bytes of an environment, which a row has room for, and of what is read of one at a time: where a page ends, the next may be nobody's.
const MAX_ENVIRONMENT: usize = 128 << 10;
const PAGE: u64 = 4 << 10;

pub(in crate::sys::processes) fn process_details(process: &ProcessEntry) -> io::Result<ProcessDetails> {
    let mut told = ProcessDetails::default();
    if process.kernel {
        return Ok(told);
    }
    let mut session = 0;
    // SAFETY: it takes a number and writes one of the call's type.
    if unsafe { ProcessIdToSessionId(process.pid, &raw mut session) } != 0 {
        told.session = Some(session);
    }
    let opened = match open_with_debugging(process.pid, PROCESS_QUERY_LIMITED_INFORMATION) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
        Err(error) => {
            told.unread.push(("process", error));
            return Ok(told);
        }
    };
    told.program = program(&opened);
    times(&opened, &mut told);
    told.resident = resident(&opened);
    rights(&opened, &mut told);
    let line = match reported_command_line(&opened) {
        Ok(line) => line,
        // Before Windows 8.1 it is in the memory of the process alone, as its folder is.
        Err(STATUS_INVALID_INFO_CLASS | STATUS_NOT_IMPLEMENTED) => {
            let read = guarded::refuse(&opened, &process.name).and_then(|()| parameters(process.pid));
            let (line, directory) = read.unwrap_or_else(|error| {
                told.unread.push(("parameters", error));
                (None, None)
            });
            told.directory = directory;
            line
        }
        Err(status) => {
            told.unread.push(("parameters", handle::error_of(status)));
            None
        }
    };
    told.command_line = line.filter(|line| !line.is_empty());
    Ok(told)
}

/// When it began and ended, and its time in the kernel and outside of it.
fn all_times(process: &OwnedHandle) -> Option<[u64; 4]> {
    let mut all = [FILETIME::default(); 4];
    let [created, ended, kernel, user] = &mut all;
    // SAFETY: the process is open to be asked; the four are of the call's types.
    let done = unsafe {
        GetProcessTimes(
            process.as_raw_handle(),
            &raw mut *created,
            &raw mut *ended,
            &raw mut *kernel,
            &raw mut *user,
        )
    };
    (done != 0).then(|| all.map(ticks))
}

fn times(process: &OwnedHandle, told: &mut ProcessDetails) {
    if let Some([created, _, kernel, user]) = all_times(process) {
        told.started = layouts::filetime(created);
        told.processor_ms = Some(kernel.saturating_add(user) / 10_000);
    }
}

fn resident(process: &OwnedHandle) -> Option<u64> {
    let mut counters = PROCESS_MEMORY_COUNTERS::default();
    let length = u32::try_from(size_of::<PROCESS_MEMORY_COUNTERS>()).ok()?;
    // SAFETY: the process is open to be asked; `counters` is as long as is said.
    let done = unsafe { K32GetProcessMemoryInfo(process.as_raw_handle(), &raw mut counters, length) };
    if done == 0 { None } else { u64::try_from(counters.WorkingSetSize).ok() }
}

/// As whom it runs, and with which rights.
fn rights(opened: &OwnedHandle, told: &mut ProcessDetails) {
    let opened = match token::of_process(opened.as_raw_handle()) {
        Ok(opened) => opened,
        Err(error) => return told.unread.push(("token", error)),
    };
    let ask = |class| token::information(&opened, class);
    told.sid = ask(TokenUser).and_then(|answer| layouts::sid_behind(&answer));
    told.integrity = ask(TokenIntegrityLevel).and_then(|answer| layouts::integrity(&answer));
    told.elevated = ask(TokenElevation).and_then(|answer| Some(layouts::u32_at(&answer, 0)? != 0));
    // `TOKEN_STATISTICS`: its own number, then that of its logon.
    told.logon = ask(TokenStatistics).and_then(|answer| u64_at(&answer, 8));
}

/// The command line as newer versions report it; the kernel's answer where they do not.
fn reported_command_line(process: &OwnedHandle) -> Result<Option<Vec<u8>>, NTSTATUS> {
    let mut answer = vec![0_u64; (64 << 10) / 8 + 16];
    let length = u32::try_from(answer.len().saturating_mul(8)).unwrap_or_default();
    let mut filled = 0;
    // SAFETY: the process is open to be asked; the buffer is as long as is said and aligned for pointers.
    let status = unsafe {
        NtQueryInformationProcess(
            process.as_raw_handle(),
            COMMAND_LINE,
            answer.as_mut_ptr().cast(),
            length,
            &raw mut filled,
        )
    };
    if status < 0 {
        return Err(status);
    }
    let base = u64::try_from(answer.as_ptr().addr()).unwrap_or_default();
    let bytes: Vec<u8> = answer.iter().flat_map(|word| word.to_le_bytes()).collect();
    Ok(layouts::counted_text(&bytes, 0, base).map(|text| layouts::from_wide(&text)))
}

/// Command line and folder, each where it could be read.
type Parameters = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Both, out of the process's own memory.
fn parameters(pid: u32) -> io::Result<Parameters> {
    let (opened, parameters) = own_parameters(pid)?;
    let told = read(&opened, parameters, 0x80)?;
    let text = |at: usize| {
        let length = usize::from(u16_at(&told, at)?);
        let address = u64_at(&told, at.saturating_add(8))?;
        read(&opened, address, length).ok().map(|bytes| layouts::from_wide(&layouts::wide(&bytes)))
    };
    // `CurrentDirectory` and `CommandLine`.
    Ok((text(0x70), text(0x38)))
}

pub(in crate::sys::processes) fn environment(pid: u32) -> io::Result<ProcessEnvironment> {
    if KERNEL.contains(&pid) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let asked = open_with_debugging(pid, PROCESS_QUERY_LIMITED_INFORMATION)?;
    guarded::refuse(&asked, "")?;
    let (opened, parameters) = own_parameters(pid)?;
    let started = all_times(&opened).and_then(|[created, ..]| layouts::filetime(created));
    // `Environment`, behind the two texts.
    let pointer = read(&opened, parameters.saturating_add(0x80), 8)?;
    let mut address = u64_at(&pointer, 0).unwrap_or_default();
    let mut block = Vec::new();
    let mut told = (Vec::new(), false);
    // How long it is stands in no place that all versions share: it is read page by page until its end is there.
    while !told.1 && block.len() < MAX_ENVIRONMENT {
        let page = PAGE.saturating_sub(address % PAGE);
        let bytes = match read(&opened, address, usize::try_from(page).unwrap_or_default()) {
            Ok(bytes) => bytes,
            Err(error) if block.is_empty() => return Err(error),
            Err(_) => break,
        };
        address = address.saturating_add(page);
        block.extend(bytes);
        told = layouts::variables(&block);
    }
    let (variables, whole) = told;
    Ok(ProcessEnvironment { started, variables, whole })
}

/// A process, and where in it its parameters stand.
fn own_parameters(pid: u32) -> io::Result<(OwnedHandle, u64)> {
    let opened = open_with_debugging(pid, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ)?;
    let mut basic = [0_u64; 6];
    let mut filled = 0;
    let length = u32::try_from(size_of_val(&basic)).unwrap_or_default();
    // SAFETY: the process is open to be asked; the buffer is as long as is said and aligned for pointers.
    let status = unsafe {
        NtQueryInformationProcess(
            opened.as_raw_handle(),
            BASIC,
            basic.as_mut_ptr().cast(),
            length,
            &raw mut filled,
        )
    };
    if status < 0 {
        return Err(handle::error_of(status));
    }
    // `ProcessParameters` in the process's block.
    let [_, block, ..] = basic;
    let pointer = read(&opened, block.saturating_add(0x20), 8)?;
    Ok((opened, u64_at(&pointer, 0).unwrap_or_default()))
}

fn read(process: &OwnedHandle, address: u64, length: usize) -> io::Result<Vec<u8>> {
    let address = usize::try_from(address).map_err(|_| io::ErrorKind::InvalidInput)?;
    let (mut bytes, mut count) = (vec![0; length], 0);
    // SAFETY: the process is open to be read; the buffer is as long as is said. The address is of that process, where the
    // call itself looks whether anything is.
    let done = unsafe {
        ReadProcessMemory(
            process.as_raw_handle(),
            ptr::without_provenance(address),
            bytes.as_mut_ptr().cast(),
            length,
            &raw mut count,
        )
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    bytes.truncate(count);
    Ok(bytes)
}
