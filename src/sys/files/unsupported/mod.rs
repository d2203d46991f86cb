//! Other systems: what the standard library can do everywhere.

mod root;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use root::{OpenDirectory, Root};

use super::OtherWriters;
use crate::evidence::Range;

pub(super) const HAS_STREAMS: bool = false;

pub(super) fn read_at(mut file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    use std::io::{Read as _, Seek as _};
    /// The standard library has no such call for all systems: the place and the reading must stay together.
    static ONE_BY_ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _alone = ONE_BY_ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    file.seek(io::SeekFrom::Start(offset))?;
    file.read(buffer)
}

pub(super) const fn data_ranges(_file: &File, _size: u64, _most: usize) -> Option<(Vec<Range>, bool)> {
    None
}

pub(super) fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

pub(super) fn is_nothing(error: &io::Error) -> bool {
    is_gone(error) || error.kind() == io::ErrorKind::NotADirectory
}

pub(super) const fn expose_placeholders() -> Option<bool> {
    None
}

pub(super) const fn is_blocked_by_antivirus(_error: &io::Error) -> bool {
    false
}

pub(super) const fn is_in_use(_error: &io::Error) -> bool {
    false
}

pub(super) fn name_bytes(name: &OsStr) -> Vec<u8> {
    name.as_encoded_bytes().to_vec()
}

fn name_of(bytes: &[u8]) -> OsString {
    OsString::from(String::from_utf8_lossy(bytes).into_owned())
}

pub(super) fn path_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().replace('\\', "/").into_bytes()
}

pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(name_of(bytes))
}

pub(super) fn open_outside(path: &Path) -> io::Result<File> {
    if std::fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::ErrorKind::InvalidInput.into())
    }
}

/// Not known here.
#[allow(clippy::unnecessary_wraps, reason = "other systems ask the disk")]
pub(super) const fn other_writers(_file: &File, _path: &Path) -> io::Result<Option<OtherWriters>> {
    Ok(None)
}

#[allow(clippy::unnecessary_wraps, reason = "other systems ask the disk")]
pub(super) const fn other_writers_at(_path: &Path) -> io::Result<Option<OtherWriters>> {
    Ok(None)
}
