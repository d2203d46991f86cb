//! Any other system: what the standard library can do everywhere, and an honest `None` for the rest.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::{OpenFile, Stat};
use crate::evidence::{Kind, Metadata, Range, Utc};

/// The folder that all paths of a target are relative to.
#[derive(Debug)]
pub(in crate::sources) struct Root {
    folder: PathBuf,
}

impl Root {
    pub(in crate::sources) fn open(path: &Path) -> io::Result<Self> {
        let folder = path.canonicalize()?;
        if folder.is_dir() { Ok(Self { folder }) } else { Err(io::ErrorKind::NotADirectory.into()) }
    }

    pub(in crate::sources) fn stat(&self, path: &[u8]) -> io::Result<Stat> {
        let place = self.folder.join(path_of(path));
        let mut stat = of_metadata(&std::fs::symlink_metadata(&place)?);
        if stat.kind == Kind::Link {
            stat.metadata.target =
                std::fs::read_link(&place).ok().map(|target| target.to_string_lossy().into_owned());
        }
        Ok(stat)
    }

    pub(in crate::sources) fn link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        std::fs::read_link(self.folder.join(path_of(path))).map(|target| path_bytes(&target))
    }

    pub(in crate::sources) fn open_file(&self, path: &[u8]) -> io::Result<OpenFile> {
        Ok(OpenFile { file: File::open(self.folder.join(path_of(path)))?, touches: true })
    }

    pub(in crate::sources) fn stat_open(file: &File) -> io::Result<Stat> {
        file.metadata().map(|metadata| of_metadata(&metadata))
    }
}

fn of_metadata(metadata: &std::fs::Metadata) -> Stat {
    let kind = match metadata.file_type() {
        kind if kind.is_symlink() => Kind::Link,
        kind if kind.is_dir() => Kind::Directory,
        kind if kind.is_file() => Kind::File,
        _ => Kind::Unknown,
    };
    let moment = |time: io::Result<std::time::SystemTime>| time.ok().map(|time| Utc::new(time.into()));
    let metadata = Metadata {
        size: (kind == Kind::File).then(|| metadata.len()),
        modified: moment(metadata.modified()),
        accessed: moment(metadata.accessed()),
        born: moment(metadata.created()),
        ..Metadata::default()
    };
    Stat { kind, metadata, allocated: None }
}

pub(in crate::sources) fn data_ranges(_file: &File, _size: u64, _most: usize) -> Option<(Vec<Range>, bool)> {
    None
}

/// Whether an error says that what was asked for is there no more.
#[must_use]
pub fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// Bytes that may still be written below a folder: that of the disk with the longest mount point above it.
#[must_use]
pub fn free_space(folder: &Path) -> Option<u64> {
    disk(folder).map(|(available, _)| available)
}

/// Bytes that the file system of a folder holds.
#[must_use]
pub fn used_space(folder: &Path) -> Option<u64> {
    disk(folder).map(|(_, used)| used)
}

fn disk(folder: &Path) -> Option<(u64, u64)> {
    let folder = folder.canonicalize().ok()?;
    let disks = sysinfo::Disks::new_with_refreshed_list();
    let above = disks.iter().filter(|disk| folder.starts_with(disk.mount_point()));
    let nearest = above.max_by_key(|disk| disk.mount_point().as_os_str().len())?;
    Some((nearest.available_space(), nearest.total_space().saturating_sub(nearest.available_space())))
}

/// The most memory this process has had in RAM so far: not known here.
#[must_use]
pub fn peak_memory() -> Option<u64> {
    None
}

pub(in crate::sources) const fn is_live() -> bool {
    false
}

pub(in crate::sources) fn privileged() -> bool {
    false
}

pub(in crate::sources) fn effective_capabilities() -> Option<String> {
    None
}

pub(in crate::sources) fn boot_time() -> Option<Utc> {
    i64::try_from(sysinfo::System::boot_time()).ok().and_then(|seconds| Utc::from_unix(seconds, 0))
}

pub(in crate::sources) fn clock_synchronised() -> Option<bool> {
    None
}

pub(in crate::sources) fn name_bytes(name: &OsStr) -> &[u8] {
    name.as_encoded_bytes()
}

pub(in crate::sources) fn name_of(bytes: &[u8]) -> OsString {
    OsString::from(String::from_utf8_lossy(bytes).into_owned())
}

pub(in crate::sources) fn path_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().replace('\\', "/").into_bytes()
}

pub(in crate::sources) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(name_of(bytes))
}
