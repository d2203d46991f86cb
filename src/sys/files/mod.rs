//! A target's files by handles, so that no path leads out of its tree; and what errors and names mean on this system.
//!
//! In: paths below a root, as bytes with `/` between names. Out: facts, entries and open files. No link is followed on the way, and
//! access times stay as they were where the system allows it.

#[cfg(target_os = "linux")]
mod linux;
mod outside;
#[cfg_attr(
    any(target_os = "linux", windows),
    allow(dead_code, unused_imports, reason = "compiled everywhere, so that it stays right")
)]
mod unsupported;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(any(target_os = "linux", windows)))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use outside::{other_writers_at, read_outside, read_outside_below};
pub(crate) use system::{OpenDirectory, Root};
#[cfg(windows)]
pub(in crate::sys) use windows::{leave_access_time, reads_are_noted};

use crate::evidence::Range;

/// Whether files and directories may have streams besides their content.
pub(crate) const HAS_STREAMS: bool = system::HAS_STREAMS;

/// What would have to be fetched from elsewhere to be read: it is left there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotLocal(&'static str);

/// The error of a file whose data is elsewhere.
#[cfg_attr(not(windows), allow(dead_code, reason = "only Windows has placeholders"))]
fn data_not_local() -> io::Error {
    io::Error::other(NotLocal("its data is not on this machine, and reading it would fetch it"))
}

/// The error of a directory whose entries are elsewhere.
#[cfg_attr(not(any(windows, test)), allow(dead_code, reason = "only Windows has placeholders"))]
pub(crate) fn entries_not_local() -> io::Error {
    io::Error::other(NotLocal("its entries are not on this machine, and asking for them would fetch them"))
}

/// Whether an error means that something is not on this machine and would have to be fetched.
pub(crate) fn is_not_local(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(inner) if inner.is::<NotLocal>())
}

/// Has this process see placeholders of what is elsewhere as they are; whether it does. `None` where there are none.
pub(crate) fn expose_placeholders() -> Option<bool> {
    system::expose_placeholders()
}

/// A file opened for reading.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) file: File,
    /// Whether reading will change its access time.
    pub(crate) touches: bool,
    /// How it was opened, and before it why an earlier way failed.
    pub(crate) read_by: Vec<String>,
}

/// Who may write to a file besides its owner and the administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(all(target_os = "linux", windows)),
    allow(dead_code, reason = "what each system can say differs")
)]
pub(crate) enum OtherWriters {
    /// A group that is not the owner's own.
    Group,
    /// Every user, since the file system keeps no owners: that of most sticks.
    Unowned,
    /// Every user, by the modes of the file or its directory.
    Everybody,
    /// Others than this user and the administrators, by the access list or the owner of the file or its directory (Windows).
    Others,
}

/// Reads at an offset of a file; less than asked at its end.
pub(crate) fn read_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    system::read_at(file, offset, buffer)
}

/// The ranges of a file that hold data, at most `most` of them. The flag is set where the file has more: those with the smallest
/// holes between them are then joined. `None` where the file system does not report them.
pub(crate) fn data_ranges(file: &File, size: u64, most: usize) -> Option<(Vec<Range>, bool)> {
    system::data_ranges(file, size, most)
}

/// Whether an error means that a file, or the process that `/proc` listed, no longer exists.
#[must_use]
pub fn is_gone(error: &io::Error) -> bool {
    system::is_gone(error)
}

/// Whether an error means that a path names nothing: no such name, no directory on the way, or a link where none may be followed.
pub(crate) fn is_nothing(error: &io::Error) -> bool {
    system::is_nothing(error)
}

/// Whether an error means that another program keeps the file to itself.
pub(crate) fn is_in_use(error: &io::Error) -> bool {
    system::is_in_use(error)
}

/// Whether an error means that an anti-virus program let nobody read a file.
pub(crate) fn is_blocked_by_antivirus(error: &io::Error) -> bool {
    system::is_blocked_by_antivirus(error)
}

/// A name as the bytes of an origin.
pub(crate) fn name_bytes(name: &OsStr) -> Vec<u8> {
    system::name_bytes(name)
}

/// A path as bytes with `/` between names.
pub(crate) fn path_bytes(path: &Path) -> Vec<u8> {
    system::path_bytes(path)
}

/// The path of bytes with `/` between names.
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    system::path_of(bytes)
}
