//! What the self-test makes on Linux: links. Holes come by themselves, and the rest only Windows has.

use std::fs::{File, FileTimes};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use crate::sys::Peculiar;

/// When a file was made is the kernel's to say.
pub(crate) const fn born(times: FileTimes, _moment: SystemTime) -> FileTimes {
    times
}

pub(crate) fn make_link(path: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, path)
}

#[allow(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
pub(crate) const fn make_sparse(_file: &File) -> io::Result<()> {
    Ok(())
}

pub(crate) fn make_peculiar(_kind: Peculiar, _path: &Path, _content: &[u8]) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}
