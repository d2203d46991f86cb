//! Linux: a target's files by handles ([`root`]), and what errors and names mean.

mod ranges;
mod root;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

pub(super) use super::unsupported::{HAS_STREAMS, is_in_use};
pub(super) use ranges::data_ranges;
pub(crate) use root::{OpenDirectory, Root};

pub(super) fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

pub(super) fn is_nothing(error: &io::Error) -> bool {
    let is = |errno: Errno| error.raw_os_error() == Some(errno.raw_os_error());
    is_gone(error) || is(Errno::NOTDIR) || is(Errno::LOOP)
}

pub(super) fn read_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::pread(file, buffer, offset)?)
}

pub(super) fn name_bytes(name: &OsStr) -> Vec<u8> {
    name.as_bytes().to_vec()
}

fn name_of(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

pub(super) fn path_bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().to_vec()
}

pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(name_of(bytes))
}
