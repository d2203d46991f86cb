//! A target's files by the standard library, which opens by path and not by handle.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::{name_bytes, name_of, path_bytes, path_of};
use crate::evidence::{Entry, Kind, Metadata, Stat, Utc};
use crate::sys::files::OpenFile;

/// The directory that all paths of a target are relative to.
#[derive(Debug)]
pub(crate) struct Root {
    folder: PathBuf,
}

impl Root {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let folder = path.canonicalize()?;
        if folder.is_dir() { Ok(Self { folder }) } else { Err(io::ErrorKind::NotADirectory.into()) }
    }

    pub(crate) fn stat(&self, path: &[u8]) -> io::Result<Stat> {
        stat(&self.folder.join(path_of(path)))
    }

    #[allow(clippy::unnecessary_wraps, reason = "other systems ask the disk")]
    pub(crate) fn folder(&self, path: &[u8]) -> io::Result<OpenDirectory> {
        Ok(OpenDirectory { path: self.folder.join(path_of(path)) })
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self, reason = "other systems ask the disk")]
    pub(crate) fn spelled(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        Ok(path.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec())
    }

    pub(crate) fn open_file(&self, path: &[u8], stream: Option<&[u8]>) -> io::Result<OpenFile> {
        if stream.is_some() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let file = File::open(self.folder.join(path_of(path)))?;
        Ok(OpenFile { file, touches: true, read_by: vec!["open".to_owned()] })
    }

    pub(crate) fn link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        std::fs::read_link(self.folder.join(path_of(path))).map(|target| path_bytes(&target))
    }

    #[allow(clippy::unused_self, reason = "other systems ask the kernel")]
    pub(crate) fn open_program(&self, _path: &[u8]) -> io::Result<OpenFile> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Adds what Linux keeps as extended attributes and flags: here there are none.
    pub(crate) fn add_attributes(_: &File, _: &mut Metadata) {}

    /// The serial number of its volume, where the system has shadow copies to find by it.
    #[allow(clippy::unused_self, reason = "Windows asks the volume")]
    pub(crate) const fn volume_serial(&self) -> Option<u64> {
        None
    }

    pub(crate) fn stat_open(file: &File) -> io::Result<Stat> {
        file.metadata().map(|metadata| of_metadata(&metadata))
    }
}

/// A directory of the target.
#[derive(Debug)]
pub(crate) struct OpenDirectory {
    path: PathBuf,
}

/// The entries of a directory, as they come.
pub(crate) struct DirectoryEntries {
    entries: walkdir::IntoIter,
}

impl OpenDirectory {
    #[allow(clippy::unnecessary_wraps, reason = "other systems ask the disk")]
    pub(crate) fn entries(&self) -> io::Result<DirectoryEntries> {
        let folder = walkdir::WalkDir::new(&self.path).follow_links(false).follow_root_links(false);
        Ok(DirectoryEntries { entries: folder.min_depth(1).max_depth(1).into_iter() })
    }

    pub(crate) fn stat(&self, name: &[u8]) -> io::Result<Stat> {
        stat(&self.path.join(name_of(name)))
    }
}

impl DirectoryEntries {
    /// Whether listing them may change the directory's access time.
    #[allow(clippy::unused_self, reason = "other systems can be asked to leave it")]
    pub(crate) const fn touch(&self) -> bool {
        true
    }
}

impl Iterator for DirectoryEntries {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = match self.entries.next()? {
            Ok(entry) => entry,
            // Its own text would name the folder's absolute path on this machine.
            Err(error) => {
                return Some(Err(error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into())));
            }
        };
        let kind = kind_of(entry.file_type());
        Some(Ok(Entry { name: name_bytes(entry.file_name()), kind, reference: None }))
    }
}

fn stat(place: &Path) -> io::Result<Stat> {
    let mut stat = of_metadata(&std::fs::symlink_metadata(place)?);
    if stat.kind == Kind::Link {
        let target = std::fs::read_link(place).ok();
        stat.metadata.target = target.as_ref().map(|target| target.to_string_lossy().into_owned());
        stat.link = target.map(|target| path_bytes(&target));
    }
    Ok(stat)
}

fn kind_of(kind: std::fs::FileType) -> Kind {
    match kind {
        kind if kind.is_symlink() => Kind::Link,
        kind if kind.is_dir() => Kind::Directory,
        kind if kind.is_file() => Kind::File,
        _ => Kind::Unknown,
    }
}

fn of_metadata(metadata: &std::fs::Metadata) -> Stat {
    let kind = kind_of(metadata.file_type());
    let moment = |time: io::Result<std::time::SystemTime>| time.ok().map(|time| Utc::new(time.into()));
    let metadata = Metadata {
        size: (kind == Kind::File).then_some(metadata.len()),
        modified: moment(metadata.modified()),
        accessed: moment(metadata.accessed()),
        born: moment(metadata.created()),
        ..Metadata::default()
    };
    Stat { kind, metadata, allocated: None, link: None, touched: false, streams: Vec::new() }
}
