//! Systems that have no such kinds of files.

use std::fs::{File, FileTimes};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::Peculiar;

pub(super) const fn born(times: FileTimes, _moment: SystemTime) -> FileTimes {
    times
}

pub(super) fn open_directory(path: &Path) -> io::Result<File> {
    File::open(path)
}

pub(super) fn make_link(_path: &Path, _to: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn open_to_everybody(_path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn make_sparse(_file: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn make_peculiar(_kind: Peculiar, _path: &Path, _content: &[u8]) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}
