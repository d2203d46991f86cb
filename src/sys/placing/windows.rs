//! Windows: `MoveFileExW` without the flag that replaces. Access control lists are inherited from the directory that the
//! operator chose: sticks with FAT have none, and on NTFS one of our own would lock out the administrator who takes the bundle over.

use std::io;
use std::os::windows::ffi::OsStrExt as _;
use std::path::Path;

use windows_sys::Win32::Storage::FileSystem::MoveFileExW;

pub(super) use super::unsupported::changed_by_others;

pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    let wide = |path: &Path| path.as_os_str().encode_wide().chain([0]).collect::<Vec<u16>>();
    let (from, to) = (wide(from), wide(to));
    // SAFETY: both paths end in a zero and outlive the call.
    if unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), 0) } == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
