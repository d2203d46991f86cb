//! What this process may do, and what it and the system tell of themselves.

use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::ptr;
use std::sync::{Once, OnceLock};

use windows_sys::Win32::Foundation::{ERROR_SUCCESS, GetLastError, HANDLE, LUID, SetLastError};
use windows_sys::Win32::Globalization::GetUserDefaultUILanguage;
use windows_sys::Win32::Security::{
    AdjustTokenPrivileges, GetTokenInformation, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW,
    SE_PRIVILEGE_ENABLED, TOKEN_ADJUST_PRIVILEGES, TOKEN_INFORMATION_CLASS, TOKEN_PRIVILEGES, TOKEN_QUERY,
    TokenElevation, TokenIntegrityLevel,
};
use windows_sys::Win32::System::Console::{
    CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, INFINITE, OpenProcessToken, Sleep};
use windows_sys::core::BOOL;

use super::registry;
use crate::evidence::Utc;
use crate::sys::layouts;

/// Whether this process runs with an administrator's full rights.
pub(crate) fn privileged() -> bool {
    // A number that says yes or no.
    token_information(TokenElevation)
        .is_some_and(|answer| layouts::u32_at(&answer, 0).is_some_and(|yes| yes != 0))
}

/// Linux's own kind of right.
pub(crate) fn effective_capabilities() -> Option<String> {
    None
}

/// The integrity level of this process, by its name.
pub(crate) fn integrity() -> Option<String> {
    layouts::integrity(&token_information(TokenIntegrityLevel)?).map(str::to_owned)
}

/// Whether the right to make backups is held; it is enabled with the first asking. With it, files are read whose
/// permissions would refuse them.
#[allow(clippy::unnecessary_wraps, reason = "not every system has it")]
pub(crate) fn backup_privilege() -> Option<bool> {
    static HELD: OnceLock<bool> = OnceLock::new();
    Some(*HELD.get_or_init(|| enable("SeBackupPrivilege").is_ok()))
}

/// Asks once for the right of a debugger, with which the memory of services may be read.
pub(super) fn ask_to_debug() {
    static ASKED: Once = Once::new();
    // Where it is not held, each process that refuses says so.
    ASKED.call_once(|| drop(enable("SeDebugPrivilege")));
}

fn enable(name: &str) -> io::Result<()> {
    let token = token(TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY)?;
    let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
    let mut luid = LUID::default();
    // SAFETY: the name ends in a zero and outlives the call; `luid` is of the call's type.
    if unsafe { LookupPrivilegeValueW(ptr::null(), name.as_ptr(), &raw mut luid) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let wanted = TOKEN_PRIVILEGES {
        PrivilegeCount: 1,
        Privileges: [LUID_AND_ATTRIBUTES { Luid: luid, Attributes: SE_PRIVILEGE_ENABLED }],
    };
    // SAFETY: the token is open with the right to adjust; the call only reads `wanted`. It says yes also where the
    // privilege is not held; the last error tells, and is cleared before.
    unsafe {
        SetLastError(ERROR_SUCCESS);
        let done = AdjustTokenPrivileges(
            token.as_raw_handle(),
            0,
            &raw const wanted,
            0,
            ptr::null_mut(),
            ptr::null_mut(),
        );
        if done == 0 || GetLastError() != ERROR_SUCCESS {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

fn token(access: u32) -> io::Result<OwnedHandle> {
    // SAFETY: it takes nothing; the process's own pseudo handle needs no closing.
    token_with(unsafe { GetCurrentProcess() }, access)
}

/// The token of a process that is open to be asked, to be asked itself.
pub(super) fn token_of(process: HANDLE) -> io::Result<OwnedHandle> {
    token_with(process, TOKEN_QUERY)
}

fn token_with(process: HANDLE, access: u32) -> io::Result<OwnedHandle> {
    let mut handle: HANDLE = ptr::null_mut();
    // SAFETY: a handle that is none, or not open for this, is refused by the call; `handle` is of the call's type.
    if unsafe { OpenProcessToken(process, access, &raw mut handle) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so this is an open handle that nobody else has.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

fn token_information(class: TOKEN_INFORMATION_CLASS) -> Option<Vec<u8>> {
    information(&token(TOKEN_QUERY).ok()?, class)
}

/// What a token that is open to be asked tells; of no more than 256 bytes, as a SID has 68 at most.
pub(super) fn information(token: &OwnedHandle, class: TOKEN_INFORMATION_CLASS) -> Option<Vec<u8>> {
    // Aligned for the pointer that it may begin with.
    let mut answer = [0_u64; 32];
    let size = u32::try_from(size_of_val(&answer)).ok()?;
    let mut length = 0;
    // SAFETY: the token is open to be asked; the buffer is as long as is said.
    let done = unsafe {
        GetTokenInformation(token.as_raw_handle(), class, answer.as_mut_ptr().cast(), size, &raw mut length)
    };
    let mut answer: Vec<u8> = answer.iter().flat_map(|word| word.to_le_bytes()).collect();
    answer.truncate(usize::try_from(length).ok()?);
    (done != 0).then_some(answer)
}

/// Whether Windows notes on this machine when a file was read last: the lowest bit of this value says no
/// (<https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/fsutil-behavior>). Where nothing
/// is told, it is taken to.
pub(super) fn reads_are_noted() -> bool {
    static NOTED: OnceLock<bool> = OnceLock::new();
    *NOTED.get_or_init(|| {
        let value =
            registry::value("SYSTEM\\CurrentControlSet\\Control\\FileSystem", "NtfsDisableLastAccessUpdate");
        value.and_then(|value| value.number()).is_none_or(|number| number & 1 == 0)
    })
}

/// The most memory this process has had in RAM so far, in bytes.
#[must_use]
pub fn peak_memory() -> Option<u64> {
    let mut counters = PROCESS_MEMORY_COUNTERS::default();
    let length = u32::try_from(size_of::<PROCESS_MEMORY_COUNTERS>()).ok()?;
    // SAFETY: the process's own pseudo handle; `counters` is as long as is said.
    let done = unsafe { K32GetProcessMemoryInfo(GetCurrentProcess(), &raw mut counters, length) };
    if done == 0 { None } else { u64::try_from(counters.PeakWorkingSetSize).ok() }
}

/// When the system was started.
pub(crate) fn boot_time() -> Option<Utc> {
    let seconds = i64::try_from(sysinfo::System::boot_time().ok()?).ok()?;
    Utc::from_unix(seconds, 0)
}

/// Whether something keeps the clock right: only a time service that is told to keep no time is known.
pub(crate) fn clock_synchronised() -> Option<bool> {
    let kind = registry::value("SYSTEM\\CurrentControlSet\\Services\\W32Time\\Parameters", "Type")?.text()?;
    kind.eq_ignore_ascii_case("NoSync").then_some(false)
}

/// The language of the user's Windows, as the beginning of a locale's name: `nl` or `en`; `None` for another.
#[must_use]
pub fn ui_language() -> Option<String> {
    // SAFETY: it takes nothing and gives a number. Its lowest ten bits are the language, the rest its region.
    match unsafe { GetUserDefaultUILanguage() } & 0x3ff {
        0x13 => Some("nl".to_owned()),
        0x09 => Some("en".to_owned()),
        _ => None,
    }
}

static ON_CLOSE: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();

/// Calls `act` when the console is closed, the user logs off or the system shuts down, and then keeps Windows waiting:
/// it ends the process as soon as the answer is there, or after some seconds (5 for a closed console), in which the
/// run is sealed.
pub fn on_close(act: Box<dyn Fn() + Send + Sync>) {
    if ON_CLOSE.set(act).is_ok() {
        // SAFETY: the routine is a function of the program, there as long as it runs.
        unsafe { SetConsoleCtrlHandler(Some(closing), 1) };
    }
}

unsafe extern "system" fn closing(event: u32) -> BOOL {
    if !matches!(event, CTRL_CLOSE_EVENT | CTRL_LOGOFF_EVENT | CTRL_SHUTDOWN_EVENT) {
        return 0;
    }
    if let Some(act) = ON_CLOSE.get() {
        act();
    }
    // SAFETY: Windows calls this on a thread of its own, which may wait.
    unsafe { Sleep(INFINITE) };
    1
}
