//! A target's files by handles, so that no path leads out of the tree, whoever changes it meanwhile; so that a path may
//! be longer than one call may name; and so that access times stay.
//!
//! `openat2` (Linux 5.6) opens many components at once and refuses every link among them. Without it, as on older
//! kernels and under seccomp filters that do not know it, each component is opened by itself.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, PROC_SUPER_MAGIC, ResolveFlags, Statx, StatxFlags, StatxTimestamp,
    fstatfs, makedev, openat, openat2, readlinkat, statx,
};
use rustix::io::Errno;

use crate::evidence::{Entry, FileFlag, Kind, Metadata, Stat, Utc};
use crate::sys::OpenFile;

/// The folder that all paths of a target are relative to, held open so that it stays the same folder.
#[derive(Debug)]
pub(crate) struct Root {
    folder: OwnedFd,
    /// Whether `openat2` works here.
    at_once: bool,
}

/// A folder of the target, held open: what is asked of it is asked of that folder, whatever its path leads to by then.
#[derive(Debug)]
pub(crate) struct OpenDirectory {
    fd: OwnedFd,
    /// Whether listing it may change its access time.
    touches: bool,
}

/// The entries of a folder, as they come.
pub(crate) struct DirectoryEntries {
    dir: Dir,
    touches: bool,
}

/// What is asked of `statx`: the basic facts and the time of birth.
const WANTED: StatxFlags = StatxFlags::BASIC_STATS.union(StatxFlags::BTIME);

/// A folder on the way, of which only what stands in it is wanted.
const ON_THE_WAY: OFlags =
    OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Most bytes of a path in one call, below the kernel's 4,096.
const PIECE: usize = 4_000;

impl Root {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let folder =
            rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        // A filter may answer anything to a call it does not know.
        let at_once = openat2(&folder, ".", ON_THE_WAY, Mode::empty(), inside()).is_ok();
        Ok(Self { folder, at_once })
    }

    /// The same without `openat2`.
    #[cfg(test)]
    fn one_by_one(path: &Path) -> io::Result<Self> {
        Ok(Self { at_once: false, ..Self::open(path)? })
    }

    /// The facts of `path` below the root; a link's own. The empty path is the root itself.
    pub(crate) fn stat(&self, path: &[u8]) -> io::Result<Stat> {
        let (folder, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(cut) => {
                (path.get(..cut).unwrap_or_default(), path.get(cut.saturating_add(1)..).unwrap_or_default())
            }
            None => (&b""[..], path),
        };
        if folder.is_empty() {
            return stat_at(&self.folder, name);
        }
        stat_at(&self.descend(folder, ON_THE_WAY)?, name)
    }

    /// Opens a folder to list it, where the system allows it without changing its access time.
    pub(crate) fn folder(&self, path: &[u8]) -> io::Result<OpenDirectory> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match self.descend(path, flags | OFlags::NOATIME) {
            Ok(fd) => Ok(OpenDirectory { fd, touches: false }),
            // Only the owner and root may leave the access time alone.
            Err(Errno::PERM) => Ok(OpenDirectory { fd: self.descend(path, flags)?, touches: true }),
            Err(error) => Err(error.into()),
        }
    }

    /// The name of `path`'s last part as it is spelled on disk: it was found by no other.
    #[allow(clippy::unnecessary_wraps, clippy::unused_self, reason = "other systems ask the disk")]
    pub(crate) fn spelled(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        Ok(path.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec())
    }

    /// Opens a regular file for reading: never through a link, never out of the root, and where the system allows
    /// it without changing the access time. There are no alternate streams here.
    pub(crate) fn open_file(&self, path: &[u8], stream: Option<&[u8]>) -> io::Result<OpenFile> {
        if stream.is_some() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match self.descend(path, flags | OFlags::NOATIME) {
            Ok(fd) => {
                Ok(OpenFile { file: fd.into(), touches: false, read_by: vec!["open_noatime".to_owned()] })
            }
            Err(Errno::PERM) => {
                let file = self.descend(path, flags)?.into();
                Ok(OpenFile { file, touches: true, read_by: vec!["open".to_owned()] })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Where a link points. The kernel's own links in `/proc` are there also where they lead nowhere: then this fails.
    pub(crate) fn link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        let cut = path.iter().rposition(|byte| *byte == b'/').ok_or(Errno::INVAL)?;
        let folder = self.descend(path.get(..cut).unwrap_or_default(), ON_THE_WAY)?;
        let name = OsStr::from_bytes(path.get(cut.saturating_add(1)..).unwrap_or_default());
        Ok(readlinkat(&folder, name, Vec::new())?.into_bytes())
    }

    /// Opens the program of a process by the link `exe` in its folder in `/proc`, which leads to it also where its name
    /// is gone. No link but one that the kernel made is followed.
    pub(crate) fn open_program(&self, path: &[u8]) -> io::Result<OpenFile> {
        let folder = path.strip_suffix(b"/exe").ok_or(Errno::INVAL)?;
        let folder = self.descend(folder, ON_THE_WAY)?;
        if fstatfs(&folder)?.f_type != PROC_SUPER_MAGIC {
            return Err(Errno::LOOP.into());
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match openat(&folder, "exe", flags | OFlags::NOATIME, Mode::empty()) {
            Ok(fd) => Ok(OpenFile { file: fd.into(), touches: false, read_by: vec!["proc_exe".to_owned()] }),
            Err(Errno::PERM) => {
                let file = openat(&folder, "exe", flags, Mode::empty())?.into();
                Ok(OpenFile { file, touches: true, read_by: vec!["proc_exe".to_owned()] })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The serial number of its volume, where the system has shadow copies to find by it.
    #[allow(clippy::unused_self, reason = "Windows asks the volume")]
    pub(crate) const fn volume_serial(&self) -> Option<u64> {
        None
    }

    /// The facts of an open file.
    pub(crate) fn stat_open(file: &File) -> io::Result<Stat> {
        Ok(of_statx(&statx(file, "", AtFlags::EMPTY_PATH, WANTED)?))
    }

    /// Adds the extended attributes and flags of an open file to its metadata.
    pub(crate) fn add_attributes(file: &File, metadata: &mut Metadata) {
        super::attributes::add(file, metadata);
    }

    /// Opens what stands at `path` with `flags`. No component may be a link.
    fn descend(&self, path: &[u8], flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let mut above: Option<OwnedFd> = None;
        let mut rest = if path.is_empty() { b"." } else { path };
        loop {
            let (piece, further) = self.piece(rest);
            let last = further.is_empty();
            let folder = above.as_ref().unwrap_or(&self.folder);
            let opened = self.step(folder, piece, if last { flags } else { ON_THE_WAY })?;
            if last {
                return Ok(opened);
            }
            (above, rest) = (Some(opened), further);
        }
    }

    /// As much of a path as one call takes, and what is left.
    fn piece<'a>(&self, path: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        if self.at_once && path.len() <= PIECE {
            return (path, b"");
        }
        let first = || path.iter().position(|byte| *byte == b'/');
        let cut = if self.at_once {
            let within = path.get(..PIECE).unwrap_or_default();
            within.iter().rposition(|byte| *byte == b'/').or_else(first)
        } else {
            first()
        };
        cut.and_then(|cut| Some((path.get(..cut)?, path.get(cut.saturating_add(1)..)?)))
            .unwrap_or((path, b""))
    }

    fn step(&self, folder: &OwnedFd, piece: &[u8], flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let name = OsStr::from_bytes(piece);
        if self.at_once {
            return openat2(folder, name, flags, Mode::empty(), inside());
        }
        // One component: not upwards, and `NOFOLLOW` in all flags refuses a link.
        if piece == b".." {
            return Err(Errno::XDEV);
        }
        openat(folder, name, flags, Mode::empty())
    }
}

impl OpenDirectory {
    /// Its entries, once: the handle keeps its place in them. An error is the last of them.
    pub(crate) fn entries(&self) -> io::Result<DirectoryEntries> {
        Ok(DirectoryEntries { dir: Dir::new(self.fd.try_clone()?)?, touches: self.touches })
    }

    /// The facts of the entry `name`; a link's own.
    pub(crate) fn stat(&self, name: &[u8]) -> io::Result<Stat> {
        stat_at(&self.fd, name)
    }
}

impl DirectoryEntries {
    /// Whether listing them may change the directory's access time.
    pub(crate) const fn touch(&self) -> bool {
        self.touches
    }
}

impl Iterator for DirectoryEntries {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let entry = match self.dir.read()? {
                Ok(entry) => entry,
                Err(error) => return Some(Err(error.into())),
            };
            let name = entry.file_name().to_bytes();
            // A name with a slash is none: only a file system that lies has it.
            if matches!(name, b"." | b".." | b"") || name.contains(&b'/') {
                continue;
            }
            let kind = match entry.file_type() {
                // Not every file system tells it in its listings.
                FileType::Unknown => {
                    let facts = self.dir.fd().and_then(|fd| {
                        statx(fd, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW, StatxFlags::TYPE)
                    });
                    facts.map_or(Kind::Unknown, |facts| {
                        kind_of(FileType::from_raw_mode(facts.stx_mode.into()))
                    })
                }
                known => kind_of(known),
            };
            return Some(Ok(Entry { name: name.to_vec(), kind, reference: None }));
        }
    }
}

/// How `openat2` is to go: no link on the way, and never out of the folder it starts from.
fn inside() -> ResolveFlags {
    ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS
}

/// The facts of the entry `name` of a folder; the folder's own where it is empty.
fn stat_at(folder: impl AsFd, name: &[u8]) -> io::Result<Stat> {
    if name == b".." {
        return Err(Errno::XDEV.into());
    }
    let (folder, name) = (folder.as_fd(), OsStr::from_bytes(name));
    let facts = statx(folder, name, AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH, WANTED)?;
    let mut stat = of_statx(&facts);
    if stat.kind == Kind::Link
        && let Ok(target) = readlinkat(folder, name, Vec::new())
    {
        let target = target.into_bytes();
        stat.metadata.target = Some(String::from_utf8_lossy(&target).into_owned());
        stat.link = Some(target);
        // No flag keeps the access time of a link as it was: what can be done is to say so.
        let after = statx(folder, name, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::ATIME);
        stat.touched = after.is_ok_and(|after| moment(after.stx_atime) != stat.metadata.accessed);
    }
    Ok(stat)
}

fn of_statx(facts: &Statx) -> Stat {
    let kind = kind_of(FileType::from_raw_mode(facts.stx_mode.into()));
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
        flags: flags_of(facts),
        ..Metadata::default()
    };
    let allocated = Some(facts.stx_blocks.saturating_mul(512));
    Stat { kind, metadata, allocated, link: None, touched: false, streams: Vec::new() }
}

/// The flags that the file system reports, by their bits in `statx(2)`, which are those of an inode.
fn flags_of(facts: &Statx) -> Vec<FileFlag> {
    let set = facts.stx_attributes & facts.stx_attributes_mask;
    let bits = u32::try_from(set.bits() & u64::from(u32::MAX)).unwrap_or_default();
    FileFlag::of_bits(bits)
}

fn kind_of(file_type: FileType) -> Kind {
    match file_type {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Link,
        FileType::Fifo => Kind::Fifo,
        FileType::Socket => Kind::Socket,
        FileType::CharacterDevice | FileType::BlockDevice => Kind::Device,
        FileType::Unknown => Kind::Unknown,
    }
}

fn moment(time: StatxTimestamp) -> Option<Utc> {
    Utc::from_unix(time.tv_sec, time.tv_nsec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn roots(path: &Path) -> [Root; 2] {
        [Root::open(path).unwrap(), Root::one_by_one(path).unwrap()]
    }

    #[test]
    fn no_link_on_the_way_is_followed_and_nothing_leads_upwards() {
        let dir = tempfile::TempDir::new().unwrap();
        std::fs::create_dir_all(dir.path().join("tree/real/folder")).unwrap();
        for place in ["secret", "tree/real/file", "tree/real/folder/file"] {
            std::fs::write(dir.path().join(place), "x").unwrap();
        }
        symlink("..", dir.path().join("tree/up")).unwrap();
        symlink("real", dir.path().join("tree/inside")).unwrap();
        for root in roots(&dir.path().join("tree")) {
            assert!(root.stat(b"real/folder/file").is_ok() && root.open_file(b"real/file", None).is_ok());
            assert_eq!(root.folder(b"real/folder").unwrap().entries().unwrap().count(), 1);
            assert_eq!(root.stat(b"up").unwrap().kind, Kind::Link);
            for path in ["..", "up/secret", "../secret", "inside/file", "real/../../secret"] {
                assert!(root.stat(path.as_bytes()).is_err(), "{path}");
                assert!(root.open_file(path.as_bytes(), None).is_err(), "{path}");
            }
            for path in ["up", "inside", "inside/folder", ".."] {
                assert!(root.folder(path.as_bytes()).is_err(), "{path}");
            }
        }
    }

    #[test]
    fn a_path_longer_than_a_call_may_name_is_walked_and_read() {
        let dir = tempfile::TempDir::new().unwrap();
        let part = "d".repeat(200);
        let mut folder: OwnedFd = rustix::fs::open(dir.path(), ON_THE_WAY, Mode::empty()).unwrap();
        let mut path = Vec::new();
        for _ in 0..40 {
            rustix::fs::mkdirat(&folder, &part, Mode::RWXU).unwrap();
            folder = openat(&folder, &part, ON_THE_WAY, Mode::empty()).unwrap();
            path.extend_from_slice(part.as_bytes());
            path.push(b'/');
        }
        let create = OFlags::CREATE | OFlags::WRONLY;
        rustix::io::write(openat(&folder, "file", create, Mode::RUSR).unwrap(), b"deep").unwrap();
        path.extend_from_slice(b"file");
        assert!(path.len() > 8_000);
        for root in roots(dir.path()) {
            assert_eq!(root.stat(&path).unwrap().metadata.size, Some(4));
            assert_eq!(io::read_to_string(root.open_file(&path, None).unwrap().file).unwrap(), "deep");
            let entries: Vec<_> = root
                .folder(&path[..path.len() - 5])
                .unwrap()
                .entries()
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert_eq!((entries[0].name.as_slice(), entries[0].kind), (&b"file"[..], Kind::File));
        }
    }
}
