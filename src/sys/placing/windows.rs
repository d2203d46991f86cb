//! Windows: `MoveFileExW` without the flag that replaces. Access control lists are inherited from the directory that the
//! operator chose: sticks with FAT have none, and on NTFS one of our own would lock out the administrator who takes the bundle over.

use std::io;
use std::os::windows::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use windows_sys::Win32::Storage::FileSystem::MoveFileExW;

use crate::sys::layouts::Guarded;
use crate::sys::windows::security;

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

/// By the access lists: of the directory itself and the files that are made in it; and whether one above it can be put elsewhere.
pub(super) fn changed_by_others(directory: &Path) -> io::Result<Option<PathBuf>> {
    let directory = directory.canonicalize()?;
    for ancestor in directory.ancestors() {
        let guarded = if ancestor == directory { Guarded::Directory } else { Guarded::Ancestor };
        if security::stranger_at(ancestor, guarded)?.is_some() {
            return Ok(Some(ancestor.to_owned()));
        }
    }
    Ok(None)
}

pub(super) fn keeps_rights(directory: &Path) -> io::Result<bool> {
    security::volume_keeps_rights(directory)
}
