//! Windows: the token of this process, its counters, and the events of its console.

use std::sync::OnceLock;

use windows_sys::Win32::Globalization::GetUserDefaultUILanguage;
use windows_sys::Win32::Security::{TOKEN_INFORMATION_CLASS, TokenElevation, TokenIntegrityLevel};
use windows_sys::Win32::System::Console::{
    CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, INFINITE, Sleep};
use windows_sys::core::BOOL;

pub(super) use super::unsupported::effective_capabilities;
use crate::sys::layouts;
use crate::sys::windows::token;

pub(super) fn privileged() -> bool {
    // A number that says yes or no.
    token_information(TokenElevation)
        .is_some_and(|answer| layouts::u32_at(&answer, 0).is_some_and(|yes| yes != 0))
}

pub(super) fn integrity() -> Option<String> {
    layouts::integrity(&token_information(TokenIntegrityLevel)?).map(str::to_owned)
}

#[allow(clippy::unnecessary_wraps, reason = "not every system has it")]
pub(super) fn backup_privilege() -> Option<bool> {
    static HELD: OnceLock<bool> = OnceLock::new();
    Some(*HELD.get_or_init(|| token::enable("SeBackupPrivilege").is_ok()))
}

fn token_information(class: TOKEN_INFORMATION_CLASS) -> Option<Vec<u8>> {
    token::information(&token::own().ok()?, class)
}

pub(super) fn peak_memory() -> Option<u64> {
    let mut counters = PROCESS_MEMORY_COUNTERS::default();
    let length = u32::try_from(size_of::<PROCESS_MEMORY_COUNTERS>()).ok()?;
    // SAFETY: the process's own pseudo handle; `counters` is as long as is said.
    let done = unsafe { K32GetProcessMemoryInfo(GetCurrentProcess(), &raw mut counters, length) };
    if done == 0 { None } else { u64::try_from(counters.PeakWorkingSetSize).ok() }
}

pub(super) fn ui_language() -> Option<String> {
    // SAFETY: it takes nothing and gives a number. Its lowest ten bits are the language, the rest its region.
    match unsafe { GetUserDefaultUILanguage() } & 0x3ff {
        0x13 => Some("nl".to_owned()),
        0x09 => Some("en".to_owned()),
        _ => None,
    }
}

static ON_CLOSE: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();

pub(super) fn on_close(act: Box<dyn Fn() + Send + Sync>) {
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
