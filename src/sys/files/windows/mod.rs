//! Windows: a target's files by handles ([`root`]), and what errors and names mean.

mod access_time;
mod facts;
mod placeholders;
mod ranges;
mod root;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::windows::fs::FileExt as _;
use std::os::windows::io::{AsHandle as _, AsRawHandle as _};
use std::path::{Path, PathBuf};

use windows_sys::Win32::Storage::FileSystem::{FILE_TYPE_DISK, GetFileType};

pub(in crate::sys) use access_time::{leave_access_time, reads_are_noted};
pub(super) use placeholders::expose_placeholders;
pub(super) use ranges::data_ranges;
pub(crate) use root::{OpenDirectory, Root};

use super::OtherWriters;
use crate::sys::layouts;
use crate::sys::layouts::Guarded;
use crate::sys::windows::security;

pub(super) const HAS_STREAMS: bool = true;

/// Another program has it open and shares it with nobody; has locked a part of it; or is asked to give up an opportunistic
/// lock and does not answer (`ERROR_OPLOCK_BREAK_IN_PROGRESS`), or cannot be asked (`ERROR_CANNOT_BREAK_OPLOCK`).
const IN_USE: [i32; 4] = [32, 33, 742, 802];

/// `ERROR_VIRUS_INFECTED`, `ERROR_VIRUS_DELETED`.
const BLOCKED_BY_ANTIVIRUS: [i32; 2] = [225, 226];

/// Names that no file can have: bad ones, and those of what is no folder.
const NO_NAME: [i32; 3] = [123, 161, 267];

pub(super) fn read_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

pub(super) fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

pub(super) fn is_nothing(error: &io::Error) -> bool {
    is_gone(error)
        || error.kind() == io::ErrorKind::NotADirectory
        || error.raw_os_error().is_some_and(|code| NO_NAME.contains(&code))
}

pub(super) fn is_in_use(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| IN_USE.contains(&code))
}

pub(super) fn is_blocked_by_antivirus(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| BLOCKED_BY_ANTIVIRUS.contains(&code))
}

pub(super) fn name_bytes(name: &OsStr) -> Vec<u8> {
    layouts::from_wide(&name.encode_wide().collect::<Vec<_>>())
}

fn name_of(bytes: &[u8]) -> OsString {
    OsString::from_wide(&layouts::to_wide(bytes))
}

pub(super) fn path_bytes(path: &Path) -> Vec<u8> {
    let mut bytes = name_bytes(path.as_os_str());
    bytes.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    bytes
}

pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    let separated: Vec<u8> = bytes.iter().map(|byte| if *byte == b'/' { b'\\' } else { *byte }).collect();
    PathBuf::from(name_of(&separated))
}

/// Opens what is on a disk: the name of a pipe or a device must not hold up the run.
pub(super) fn open_outside(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    // SAFETY: the handle is open.
    if unsafe { GetFileType(file.as_raw_handle()) } == FILE_TYPE_DISK {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
}

/// By the access lists of the file and of the directories it is in.
pub(super) fn other_writers(file: &File, path: &Path) -> io::Result<Option<OtherWriters>> {
    if !security::keeps_rights(file.as_handle()) {
        return Ok(Some(OtherWriters::Unowned));
    }
    let own = security::stranger(file.as_handle(), Guarded::File)?.is_some();
    Ok((own || is_moved_by_others(path)?).then_some(OtherWriters::Others))
}

pub(super) fn other_writers_at(path: &Path) -> io::Result<Option<OtherWriters>> {
    if !path.is_dir() {
        return other_writers(&open_outside(path)?, path);
    }
    if !security::volume_keeps_rights(path)? {
        return Ok(Some(OtherWriters::Unowned));
    }
    let own = security::stranger_at(path, Guarded::Directory)?.is_some();
    Ok((own || is_moved_by_others(path)?).then_some(OtherWriters::Others))
}

/// Whether others can put something else in the place of a directory that a file is in.
fn is_moved_by_others(path: &Path) -> io::Result<bool> {
    for above in path.canonicalize()?.ancestors().skip(1) {
        if security::stranger_at(above, Guarded::Ancestor)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
