//! Any other system: what the standard library can do everywhere, and an honest `None` for the rest.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use super::no_memory::{ProcessMemory, process_facts, process_ids};
pub(crate) use super::not_linux::{ask_kernel, ask_resolver, ask_table};
pub(crate) use super::not_windows::{
    HAS_STREAMS, TELLS_AS_WINDOWS, adapters, backup_privilege, cached_names, environment, integrity,
    is_in_use, loaded_modules, local_accounts, local_groups, logons, loose_code, named_objects, named_pipes,
    neighbours, place_text, process_details, processes, raw_volume, registry_contents, registry_subkeys,
    registry_value, routes, services, sessions, shadow_copies, signature, socket_tables,
};
pub use super::not_windows::{on_close, ui_language};
use super::{LiveSystem, MountedVolume, OpenFile, SystemVolume, SystemVolumeKind};
use crate::evidence::{Entry, Kind, Metadata, Range, Stat, Utc};

/// The folder that all paths of a target are relative to.
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

    pub(crate) fn folder(&self, path: &[u8]) -> io::Result<Folder> {
        Ok(Folder { path: self.folder.join(path_of(path)) })
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

    pub(crate) fn open_program(&self, _path: &[u8]) -> io::Result<OpenFile> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn stat_open(file: &File) -> io::Result<Stat> {
        file.metadata().map(|metadata| of_metadata(&metadata))
    }
}

/// A folder of the target.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

/// The entries of a folder, as they come.
pub(crate) struct Entries {
    entries: walkdir::IntoIter,
}

impl Folder {
    pub(crate) fn entries(&self) -> io::Result<Entries> {
        let folder = walkdir::WalkDir::new(&self.path).follow_links(false).follow_root_links(false);
        Ok(Entries { entries: folder.min_depth(1).max_depth(1).into_iter() })
    }

    pub(crate) fn stat(&self, name: &[u8]) -> io::Result<Stat> {
        stat(&self.path.join(name_of(name)))
    }
}

impl Iterator for Entries {
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
        size: (kind == Kind::File).then(|| metadata.len()),
        modified: moment(metadata.modified()),
        accessed: moment(metadata.accessed()),
        born: moment(metadata.created()),
        ..Metadata::default()
    };
    Stat { kind, metadata, allocated: None, link: None, touched: false, streams: Vec::new() }
}

/// Reads at an offset of a file.
pub(crate) fn read_at(mut file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    use std::io::{Read as _, Seek as _};
    /// The standard library has no such call for all systems: the place and the reading must stay together.
    static ONE_BY_ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _alone = ONE_BY_ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    file.seek(io::SeekFrom::Start(offset))?;
    file.read(buffer)
}

/// The size of a file.
pub(crate) fn device_size(file: &File) -> io::Result<u64> {
    file.metadata().map(|metadata| metadata.len())
}

pub(crate) fn data_ranges(_file: &File, _size: u64, _most: usize) -> Option<(Vec<Range>, bool)> {
    None
}

/// The volumes of this host, as far as the standard ways of all systems tell them.
pub(crate) fn volumes() -> io::Result<Vec<SystemVolume>> {
    let disks =
        sysinfo::Disks::new_with_refreshed_list().map_err(|error| io::Error::other(error.to_string()))?;
    let facts = disks.iter().map(|disk| SystemVolume {
        name: disk.name().to_string_lossy().into_owned(),
        kind: SystemVolumeKind::Volume,
        disk: None,
        start: None,
        size: disk.total_space(),
        file_system: Some(disk.file_system().to_string_lossy().into_owned()),
        place: Some(disk.mount_point().to_string_lossy().into_owned()),
        device: None,
    });
    Ok(facts.collect())
}

/// Whether an error says that what was asked for is there no more.
#[must_use]
pub fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// Whether an error says that nothing is there under that path: no such name, or no folder on the way.
pub(crate) fn is_nothing(error: &io::Error) -> bool {
    is_gone(error) || error.kind() == io::ErrorKind::NotADirectory
}

/// Bytes that may still be written below a folder: that of the disk with the longest mount point above it.
#[must_use]
pub fn free_space(folder: &Path) -> Option<u64> {
    disk(folder).map(|(available, _)| available)
}

/// The system's own way of writing is all there is.
pub const fn begin_writing(_file: &File, _from: u64, _to: u64) {}

/// Bytes that the file system of a folder holds.
pub(crate) fn used_space(folder: &Path) -> Option<u64> {
    disk(folder).map(|(_, used)| used)
}

fn disk(folder: &Path) -> Option<(u64, u64)> {
    let folder = folder.canonicalize().ok()?;
    let disks = sysinfo::Disks::new_with_refreshed_list().ok()?;
    let above = disks.iter().filter(|disk| folder.starts_with(disk.mount_point()));
    let nearest = above.max_by_key(|disk| disk.mount_point().as_os_str().len())?;
    Some((nearest.available_space(), nearest.total_space().saturating_sub(nearest.available_space())))
}

/// The most memory this process has had in RAM so far: not known here.
#[must_use]
pub fn peak_memory() -> Option<u64> {
    None
}

pub(crate) const fn live() -> Option<LiveSystem> {
    None
}

pub(crate) const fn mountinfo() -> Option<Vec<u8>> {
    None
}

pub(crate) const fn mounted_volume(_path: &Path) -> Option<MountedVolume> {
    None
}

pub(crate) fn privileged() -> bool {
    false
}

pub(crate) fn effective_capabilities() -> Option<String> {
    None
}

pub(crate) fn boot_time() -> Option<Utc> {
    let seconds = i64::try_from(sysinfo::System::boot_time().ok()?).ok()?;
    Utc::from_unix(seconds, 0)
}

pub(crate) fn clock_synchronised() -> Option<bool> {
    None
}

pub(crate) fn name_bytes(name: &OsStr) -> Vec<u8> {
    name.as_encoded_bytes().to_vec()
}

fn name_of(bytes: &[u8]) -> OsString {
    OsString::from(String::from_utf8_lossy(bytes).into_owned())
}

pub(crate) fn path_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().replace('\\', "/").into_bytes()
}

pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(name_of(bytes))
}

/// What the self-test makes: nothing of the kind here.
pub(crate) const fn born(times: std::fs::FileTimes, _moment: std::time::SystemTime) -> std::fs::FileTimes {
    times
}

pub(crate) fn make_link(_path: &Path, _to: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn make_sparse(_file: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn make_peculiar(_kind: super::Peculiar, _path: &Path, _content: &[u8]) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}
