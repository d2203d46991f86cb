//! Access tokens: the rights of a process, which Windows keeps apart from the process itself.

use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::ptr;
use std::sync::Once;

use windows_sys::Win32::Foundation::{ERROR_SUCCESS, GetLastError, HANDLE, LUID, SetLastError};
use windows_sys::Win32::Security::{
    AdjustTokenPrivileges, GetTokenInformation, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW,
    SE_PRIVILEGE_ENABLED, TOKEN_ADJUST_PRIVILEGES, TOKEN_INFORMATION_CLASS, TOKEN_PRIVILEGES, TOKEN_QUERY,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// Enables the right of a debugger once: with it the memory of services may be read. Nothing is debugged.
pub(in crate::sys) fn enable_debugging() {
    static ASKED: Once = Once::new();
    // Where it is not held, each process that refuses says so.
    ASKED.call_once(|| drop(enable("SeDebugPrivilege")));
}

/// Enables a privilege of this process.
///
/// # Errors
/// It is not held.
pub(in crate::sys) fn enable(name: &str) -> io::Result<()> {
    let token = own_with(TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY)?;
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

/// Opens the token of this process to query it.
pub(in crate::sys) fn own() -> io::Result<OwnedHandle> {
    own_with(TOKEN_QUERY)
}

fn own_with(access: u32) -> io::Result<OwnedHandle> {
    // SAFETY: it takes nothing; the process's own pseudo handle needs no closing.
    with(unsafe { GetCurrentProcess() }, access)
}

/// Opens the token of another process to query it.
pub(in crate::sys) fn of_process(process: HANDLE) -> io::Result<OwnedHandle> {
    with(process, TOKEN_QUERY)
}

fn with(process: HANDLE, access: u32) -> io::Result<OwnedHandle> {
    let mut handle: HANDLE = ptr::null_mut();
    // SAFETY: a handle that is none, or not open for this, is refused by the call; `handle` is of the call's type.
    if unsafe { OpenProcessToken(process, access, &raw mut handle) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so this is an open handle that nobody else has.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// Queries a token; the answer has at most 256 bytes, of which a SID takes 68 at most.
pub(in crate::sys) fn information(token: &OwnedHandle, class: TOKEN_INFORMATION_CLASS) -> Option<Vec<u8>> {
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
