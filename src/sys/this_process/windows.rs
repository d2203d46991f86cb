//! Windows: the token of this process, and its counters.

use std::sync::OnceLock;

use windows_sys::Win32::Globalization::GetUserDefaultUILanguage;
use windows_sys::Win32::Security::{TOKEN_INFORMATION_CLASS, TokenElevation, TokenIntegrityLevel};
use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX, SetErrorMode,
};
use windows_sys::Win32::System::ErrorReporting::{WER_FAULT_REPORTING_FLAG_NOHEAP, WerSetFlags};
use windows_sys::Win32::System::Memory::VirtualLock;
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

pub(super) use super::unsupported::{
    StandardOutput, effective_capabilities, file_size_limit, outlive_file_size_limit,
};
use crate::sys::layouts;
pub(super) use crate::sys::windows::search_path::restrict as restrict_libraries;
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

/// No report of a crash is made, and one that is made all the same has no heap. Children are started with an error mode of
/// their own.
pub(super) fn keep_memory_private() {
    // SAFETY: both take numbers and change this process alone.
    unsafe {
        SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
        WerSetFlags(WER_FAULT_REPORTING_FLAG_NOHEAP);
    }
}

pub(super) fn keep_out_of_swap(memory: &std::ops::Range<usize>) {
    let start = std::ptr::without_provenance(memory.start);
    // SAFETY: Windows neither reads nor changes what is locked, and refuses addresses that are not this process's.
    unsafe { VirtualLock(start, memory.len()) };
}

pub(super) fn ui_language() -> Option<String> {
    // SAFETY: it takes nothing and gives a number. Its lowest ten bits are the language, the rest its region.
    match unsafe { GetUserDefaultUILanguage() } & 0x3ff {
        0x13 => Some("nl".to_owned()),
        0x09 => Some("en".to_owned()),
        _ => None,
    }
}
