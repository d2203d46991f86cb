//! Whether Windows notes when a file was read, and reading without that.

use std::os::windows::io::{AsRawHandle as _, OwnedHandle};
use std::ptr;
use std::sync::OnceLock;

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::Storage::FileSystem::SetFileTime;

use crate::sys::registry::registry_value;

/// Whether Windows notes on this machine when a file was read last: the lowest bit of this value says no
/// (<https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/fsutil-behavior>). Where nothing
/// is told, it is taken to.
pub(in crate::sys) fn reads_are_noted() -> bool {
    static NOTED: OnceLock<bool> = OnceLock::new();
    *NOTED.get_or_init(|| {
        let value =
            registry_value("SYSTEM\\CurrentControlSet\\Control\\FileSystem", "NtfsDisableLastAccessUpdate");
        value.and_then(|value| value.number()).is_none_or(|number| number & 1 == 0)
    })
}

/// Asks that reading by this handle is not noted as an access.
pub(in crate::sys) fn leave_access_time(handle: &OwnedHandle) -> bool {
    let never = FILETIME { dwLowDateTime: u32::MAX, dwHighDateTime: u32::MAX };
    // SAFETY: the handle is open with the right to write attributes; the call reads `never` and changes no time for it
    // (<https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-setfiletime>).
    let done = unsafe { SetFileTime(handle.as_raw_handle(), ptr::null(), &raw const never, ptr::null()) };
    done != 0
}
