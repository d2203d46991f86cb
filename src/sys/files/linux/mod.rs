//! Linux: a target's files by handles ([`root`]), and what errors and names mean.

mod attributes;
mod ranges;
mod root;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

pub(super) use super::unsupported::{HAS_STREAMS, expose_placeholders, is_blocked_by_antivirus, is_in_use};
pub(super) use ranges::data_ranges;
pub(crate) use root::{OpenDirectory, Root};

use super::OtherWriters;

/// Everybody may write.
const OTHERS_WRITE: u32 = 0o002;

/// The group may write.
const GROUP_WRITES: u32 = 0o020;

/// File systems that keep no owners, so that the modes are those of the mount: FAT and exFAT.
const WITHOUT_OWNERS: [rustix::fs::FsWord; 2] = [0x4d44, 0x2011_bab0];

/// In such a directory nobody but its owner may replace a file.
const STICKY: u32 = 0o1000;

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

/// A pipe in its place must not wait for somebody to write to it.
pub(super) fn open_outside(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

pub(super) fn other_writers_at(path: &Path) -> io::Result<Option<OtherWriters>> {
    other_writers(&open_outside(path)?, path)
}

/// By the modes of the file and of the directories it is in: who can move one of them away puts another in its place. A group with the number of the owner is taken as the owner's own, as most
/// distributions make one for each user.
pub(super) fn other_writers(file: &File, path: &Path) -> io::Result<Option<OtherWriters>> {
    let facts = file.metadata()?;
    let mut replaced = false;
    for above in path.canonicalize()?.ancestors().skip(1) {
        let mode = above.metadata()?.mode();
        replaced |= mode & OTHERS_WRITE != 0 && mode & STICKY == 0;
    }
    Ok(if facts.mode() & OTHERS_WRITE != 0 || replaced {
        let keeps_owners = !WITHOUT_OWNERS.contains(&rustix::fs::fstatfs(file)?.f_type);
        Some(if keeps_owners { OtherWriters::Everybody } else { OtherWriters::Unowned })
    } else {
        (facts.mode() & GROUP_WRITES != 0 && facts.gid() != facts.uid()).then_some(OtherWriters::Group)
    })
}
