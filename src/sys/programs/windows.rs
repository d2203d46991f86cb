//! Windows: the file is held so that nobody else may write, rename or delete it until it has started.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStringExt as _;
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::AsRawHandle as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use windows_sys::Win32::Storage::FileSystem::{FILE_SHARE_READ, GetFinalPathNameByHandleW, VOLUME_NAME_DOS};

use crate::sys::windows::library::system_directory;

/// Longest path of the system, in units.
const MAX_PATH: usize = 32_768;

/// The system sees to it that it does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version;

#[allow(clippy::disallowed_methods, reason = "opened to read, with others kept from writing")]
pub(super) fn open(path: &Path) -> io::Result<File> {
    // Anything else is started by way of another program, or under a name to which the system adds the ending.
    if !path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("exe")) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "its name does not end in .exe"));
    }
    OpenOptions::new().read(true).share_mode(FILE_SHARE_READ).open(path)
}

#[allow(clippy::unnecessary_wraps, reason = "other systems ask the file")]
pub(super) const fn version(_: &File) -> io::Result<Version> {
    Ok(Version)
}

/// Where the open file is, without a link on the way. While it is open no directory above it can be renamed.
pub(super) fn name(_: &Path, file: &File) -> io::Result<PathBuf> {
    let mut path = vec![0_u16; MAX_PATH];
    let most = u32::try_from(path.len()).unwrap_or_default();
    // SAFETY: the handle is open, and the buffer is as long as is said.
    let length =
        unsafe { GetFinalPathNameByHandleW(file.as_raw_handle(), path.as_mut_ptr(), most, VOLUME_NAME_DOS) };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    match path.get(..length) {
        Some(path) if length > 0 => Ok(PathBuf::from(OsString::from_wide(path))),
        Some(_) => Err(io::Error::last_os_error()),
        None => Err(io::ErrorKind::InvalidFilename.into()),
    }
}

/// Many programs do not start without `SystemRoot`: the system's own libraries look for others by it.
pub(super) fn surroundings(command: &mut Command, _: &Path) -> io::Result<()> {
    let system = system_directory()?;
    let root = system.parent().unwrap_or(&system).to_owned();
    let path = std::env::join_paths([system.clone(), root.clone(), system.join("Wbem")]);
    command.env("PATH", path.map_err(io::Error::other)?).env("SystemRoot", root).current_dir(system);
    Ok(())
}
