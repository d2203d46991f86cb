//! Processes whose memory is read only where the operator asks for memory by name: lsass.exe and csrss.exe, and those that Windows
//! protects.
//!
//! They hold the passwords of this machine, and a program that opens them for reading is what an EDR takes for theft of them
//! (MITRE ATT&CK T1003.001). The name alone does not guard a process: anybody may give it to a program of his own.

use std::io;
use std::os::windows::io::{AsRawHandle as _, OwnedHandle};

use windows_sys::Wdk::System::Threading::{NtQueryInformationProcess, PROCESSINFOCLASS};

use super::list::program;
use crate::sys::layouts;
use crate::sys::windows::library::system_directory;

/// `ProcessBasicInformation`, of which Windows knows a longer form since Vista.
const BASIC: PROCESSINFOCLASS = 0;

/// `ProcessProtectionInformation`, since Windows 8.1.
const PROTECTION: PROCESSINFOCLASS = 61;

/// Names of programs in System32 that are guarded.
const GUARDED: [&str; 3] = ["lsass.exe", "lsaiso.exe", "csrss.exe"];

/// Fails where a process is guarded.
///
/// # Errors
/// [`io::ErrorKind::PermissionDenied`] with the reason.
pub(super) fn refuse(process: &OwnedHandle, name: &str) -> io::Result<()> {
    let why = if is_named(process, name) {
        "its memory is read only with --scan-processes, since it holds the passwords of this machine"
    } else if is_protected(process) {
        "Windows protects its memory, which is read only with --scan-processes"
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

/// Whether it runs one of the programs; by its name alone where its path is not reported.
fn is_named(process: &OwnedHandle, name: &str) -> bool {
    let guarded = |name: &str| GUARDED.iter().any(|guarded| guarded.eq_ignore_ascii_case(name));
    let Some(path) = program(process) else { return guarded(name) };
    let Some((folder, name)) = path.rsplit_once('\\') else { return guarded(&path) };
    let system = system_directory().ok().map(|system| system.to_string_lossy().into_owned());
    guarded(name) && system.is_none_or(|system| system.eq_ignore_ascii_case(folder))
}

fn is_protected(process: &OwnedHandle) -> bool {
    let mut protection = [0_u64; 1];
    if ask(process, PROTECTION, &mut protection, 1) {
        return protection != [0];
    }
    // `PROCESS_EXTENDED_BASIC_INFORMATION`: its own size, the short form, and flags, of which the lowest says so.
    let mut basic = [0_u64; 8];
    let length = u32::try_from(size_of_val(&basic)).unwrap_or_default();
    if let Some(size) = basic.first_mut() {
        *size = length.into();
    }
    let answered = ask(process, BASIC, &mut basic, length);
    let bytes: Vec<u8> = basic.iter().flat_map(|word| word.to_le_bytes()).collect();
    answered && layouts::u32_at(&bytes, 56).is_some_and(|flags| flags & 1 != 0)
}

/// Asks about a process; whether it was answered. At most `length` bytes of the answer are used.
fn ask(process: &OwnedHandle, class: PROCESSINFOCLASS, answer: &mut [u64], length: u32) -> bool {
    let length = length.min(u32::try_from(size_of_val(answer)).unwrap_or_default());
    let mut filled = 0;
    // SAFETY: the process is open to be asked; the buffer is at least as long as is said, and aligned for pointers.
    let status = unsafe {
        NtQueryInformationProcess(
            process.as_raw_handle(),
            class,
            answer.as_mut_ptr().cast(),
            length,
            &raw mut filled,
        )
    };
    status >= 0
}
