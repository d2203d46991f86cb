//! Linux: files by `statx` and `openat2`, so that no path leads out of the tree and access times stay.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, ResolveFlags, SeekFrom, Statx, StatxFlags, StatxTimestamp, makedev,
    openat, openat2, readlinkat, seek, statvfs, statx,
};
use rustix::io::Errno;

use super::{OpenFile, Stat};
use crate::evidence::{Kind, Metadata, Range, Utc};

/// The folder that all paths of a target are relative to, held open so that it stays the same folder.
#[derive(Debug)]
pub(in crate::sources) struct Root {
    folder: OwnedFd,
    /// Whether the kernel has `openat2` (5.6 and later).
    beneath: AtomicBool,
}

/// What is asked of `statx`: the basic facts and the time of birth.
const WANTED: StatxFlags = StatxFlags::BASIC_STATS.union(StatxFlags::BTIME);

impl Root {
    pub(in crate::sources) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self { folder, beneath: AtomicBool::new(true) })
    }

    /// The facts of `path` below the root; a link's own. The empty path is the root itself.
    pub(in crate::sources) fn stat(&self, path: &[u8]) -> io::Result<Stat> {
        let path = if path.is_empty() { b"." } else { path };
        let facts = statx(&self.folder, OsStr::from_bytes(path), AtFlags::SYMLINK_NOFOLLOW, WANTED)?;
        let mut stat = of_statx(&facts);
        if stat.kind == Kind::Link {
            stat.metadata.target =
                self.link(path).ok().map(|target| String::from_utf8_lossy(&target).into_owned());
        }
        Ok(stat)
    }

    /// Where a link points, as written in it.
    pub(in crate::sources) fn link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        Ok(readlinkat(&self.folder, OsStr::from_bytes(path), Vec::new())?.into_bytes())
    }

    /// Opens a regular file for reading: never through a link, never out of the root, and where the system allows
    /// it without changing the access time.
    pub(in crate::sources) fn open_file(&self, path: &[u8]) -> io::Result<OpenFile> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match self.open_with(path, flags | OFlags::NOATIME) {
            Ok(file) => Ok(OpenFile { file, touches: false }),
            // Only the owner and root may leave the access time alone.
            Err(Errno::PERM) => Ok(OpenFile { file: self.open_with(path, flags)?, touches: true }),
            Err(error) => Err(error.into()),
        }
    }

    fn open_with(&self, path: &[u8], flags: OFlags) -> rustix::io::Result<File> {
        let path = OsStr::from_bytes(path);
        if self.beneath.load(Ordering::Relaxed) {
            // Somebody who swaps a folder for a link while we read must not lead us elsewhere.
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            match openat2(&self.folder, path, flags, Mode::empty(), resolve) {
                Err(Errno::NOSYS | Errno::INVAL) => self.beneath.store(false, Ordering::Relaxed),
                opened => return opened.map(File::from),
            }
        }
        openat(&self.folder, path, flags, Mode::empty()).map(File::from)
    }

    /// The facts of an open file.
    pub(in crate::sources) fn stat_open(file: &File) -> io::Result<Stat> {
        Ok(of_statx(&statx(file, "", AtFlags::EMPTY_PATH, WANTED)?))
    }
}

fn of_statx(facts: &Statx) -> Stat {
    let kind = match FileType::from_raw_mode(facts.stx_mode.into()) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Link,
        FileType::Fifo => Kind::Fifo,
        FileType::Socket => Kind::Socket,
        FileType::CharacterDevice | FileType::BlockDevice => Kind::Device,
        FileType::Unknown => Kind::Unknown,
    };
    let has = |flag: StatxFlags| facts.stx_mask & flag.bits() != 0;
    let metadata = Metadata {
        size: (kind == Kind::File || kind == Kind::Link).then_some(facts.stx_size),
        modified: moment(facts.stx_mtime),
        accessed: moment(facts.stx_atime),
        changed: moment(facts.stx_ctime),
        born: has(StatxFlags::BTIME).then(|| moment(facts.stx_btime)).flatten(),
        mode: Some(facts.stx_mode.into()),
        uid: Some(facts.stx_uid),
        gid: Some(facts.stx_gid),
        device: Some(makedev(facts.stx_dev_major, facts.stx_dev_minor)),
        inode: Some(facts.stx_ino),
        links: Some(facts.stx_nlink.into()),
        ..Metadata::default()
    };
    Stat { kind, metadata, allocated: Some(facts.stx_blocks.saturating_mul(512)) }
}

fn moment(time: StatxTimestamp) -> Option<Utc> {
    Utc::from_unix(time.tv_sec, time.tv_nsec)
}

/// The ranges of a file that hold data, at most `most` of them; where there are more, the last one reaches to the
/// end, and the flag says so. `None` where the file system cannot tell.
pub(in crate::sources) fn data_ranges(file: &File, size: u64, most: usize) -> Option<(Vec<Range>, bool)> {
    let mut ranges = Vec::new();
    let mut position = 0;
    while position < size {
        let offset = match seek(file, SeekFrom::Data(position)) {
            Ok(offset) => offset,
            Err(Errno::NXIO) => break,
            Err(_) => return None,
        };
        if ranges.len() >= most.saturating_sub(1) {
            ranges.push(Range { offset, length: size.saturating_sub(offset) });
            return rewind(file).then_some((ranges, true));
        }
        let end = seek(file, SeekFrom::Hole(offset)).ok()?.min(size);
        ranges.push(Range { offset, length: end.saturating_sub(offset) });
        position = end.max(offset.saturating_add(1));
    }
    rewind(file).then_some((ranges, false))
}

fn rewind(file: &File) -> bool {
    seek(file, SeekFrom::Start(0)).is_ok()
}

/// Whether an error says that what was asked for is there no more: a file, or the process that `/proc` told of.
#[must_use]
pub fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

/// Bytes that may still be written below a folder.
#[must_use]
pub fn free_space(folder: &Path) -> Option<u64> {
    let facts = statvfs(folder).ok()?;
    facts.f_bavail.checked_mul(facts.f_frsize)
}

/// Bytes that the file system of a folder holds.
#[must_use]
pub fn used_space(folder: &Path) -> Option<u64> {
    let facts = statvfs(folder).ok()?;
    facts.f_blocks.checked_sub(facts.f_bfree)?.checked_mul(facts.f_frsize)
}

/// The most memory this process has had in RAM so far, in bytes.
#[must_use]
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Whether this system's own files can be a target.
pub(in crate::sources) const fn is_live() -> bool {
    true
}

/// Whether this process may read everything.
pub(in crate::sources) fn privileged() -> bool {
    rustix::process::geteuid().is_root()
}

/// The process's effective capabilities, as the kernel writes them.
pub(in crate::sources) fn effective_capabilities() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("CapEff:")).map(|value| value.trim().to_owned())
}

/// When the system was started.
pub(in crate::sources) fn boot_time() -> Option<Utc> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let seconds = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    Utc::from_unix(seconds.trim().parse().ok()?, 0)
}

/// Whether something keeps the clock right: the time service's own mark, which systemd-timesyncd leaves.
pub(in crate::sources) fn clock_synchronised() -> Option<bool> {
    Some(Path::new("/run/systemd/timesync/synchronized").exists())
        .filter(|_| Path::new("/run/systemd/timesync").exists())
}

/// A name as the bytes of an origin.
pub(in crate::sources) fn name_bytes(name: &OsStr) -> &[u8] {
    name.as_bytes()
}

/// A name out of the bytes of an origin.
pub(in crate::sources) fn name_of(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

/// A path as bytes, joined by `/`.
pub(in crate::sources) fn path_bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().to_vec()
}

/// A path out of bytes joined by `/`.
pub(in crate::sources) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(name_of(bytes))
}
