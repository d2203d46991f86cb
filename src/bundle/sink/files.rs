//! The files of a bundle on a file system: one file, or parts.
//!
//! In: bytes in order. Out: a new file, or parts `.001`, `.002` …, of a given size or of the size limit of the file
//! system. Nothing is ever overwritten.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::bundle::Error;

/// Largest file on FAT32, in bytes.
pub const FAT32_LIMIT: u64 = 4 * 1024 * 1024 * 1024 - 1;

/// Bytes after which the medium is asked to start writing, so that it writes continuously, and a checkpoint has
/// little to wait for.
const STRETCH: u64 = 8 * 1024 * 1024;

/// `FILE_SHARE_READ` and `FILE_SHARE_DELETE`
/// (<https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-createfilew>).
#[cfg(windows)]
const SHARE_READ: u32 = 1;
#[cfg(windows)]
const SHARE_DELETE: u32 = 4;

/// Moves a file to a free name, and never over another file.
pub type Rename = fn(&Path, &Path) -> io::Result<()>;

/// Asks the medium to start writing a range of a file, without waiting.
pub type Begin = fn(&File, u64, u64);

pub(super) struct Files {
    /// The requested name; parts append `.001` and so on.
    path: PathBuf,
    current: File,
    paths: Vec<PathBuf>,
    /// Bytes in the current part.
    length: u64,
    /// Offset up to which the medium was asked to write.
    begun: u64,
    begin: Option<Begin>,
    rename: Rename,
    split: Option<u64>,
    /// Finished parts that were not yet fsynced.
    ended: Vec<File>,
}

impl Files {
    pub(super) fn create(path: &Path, split: Option<u64>) -> Result<Self, Error> {
        let split = split.map(|size| size.max(1));
        let first = if split.is_some() { part_path(path, 1) } else { path.to_owned() };
        let current = create_new(&first).map_err(|source| Error::Create { path: first.clone(), source })?;
        sync_directory(&first);
        let path = path.to_owned();
        Ok(Self {
            path,
            current,
            paths: vec![first],
            length: 0,
            begun: 0,
            begin: None,
            rename: rename_checked,
            split,
            ended: Vec::new(),
        })
    }

    /// Sets the function that is called for every range that was written.
    pub(super) fn set_to_work(&mut self, begin: Begin) {
        self.begin = Some(begin);
    }

    /// Sets the function that renames a file to the name of a first part.
    pub(super) fn rename_by(&mut self, rename: Rename) {
        self.rename = rename;
    }

    /// Returns the requested name, without a part number.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the parts, in order.
    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.split.is_some_and(|split| self.length >= split) {
            self.next_part()?;
        }
        let room = self.split.map_or(u64::MAX, |split| split.saturating_sub(self.length));
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        let part = bytes.get(..room).unwrap_or_default();
        let written = match self.current.write(part) {
            Err(error) if self.split.is_none() && at_its_end(self.length, part.len(), &error) => {
                self.split_from_here()?;
                self.current.write(part)?
            }
            other => other?,
        };
        self.length = self.length.saturating_add(u64::try_from(written).unwrap_or(u64::MAX));
        if let Some(begin) = self.begin
            && self.length.saturating_sub(self.begun) >= STRETCH
        {
            // The range before as well, which is written by now: see `Sink::set_to_work`.
            begin(&self.current, self.begun.saturating_sub(STRETCH), self.length);
            self.begun = self.length;
        }
        Ok(written)
    }

    /// Renames the bundle's file to the name of its first part.
    fn split_from_here(&mut self) -> io::Result<()> {
        let first = part_path(&self.path, 1);
        (self.rename)(&self.path, &first)?;
        self.paths = vec![first];
        self.split = Some(self.length);
        self.next_part()
    }

    fn next_part(&mut self) -> io::Result<()> {
        let path = part_path(&self.path, self.paths.len().saturating_add(1));
        let next = create_new(&path)?;
        sync_directory(&path);
        self.paths.push(path);
        self.ended.push(std::mem::replace(&mut self.current, next));
        (self.length, self.begun) = (0, 0);
        Ok(())
    }

    /// Returns handles of all files that were not yet fsynced.
    pub(super) fn unsynced(&mut self) -> io::Result<Vec<File>> {
        let current = self.current.try_clone()?;
        let mut handles = std::mem::take(&mut self.ended);
        handles.push(current);
        Ok(handles)
    }
}

/// Whether the file size limit, instead of the disk space, was reached, where `more` bytes after `length` were
/// refused. Windows reports both as "full", and refuses a write across FAT32's limit as a whole, so the length after
/// the write decides.
fn at_its_end(length: u64, more: usize, error: &io::Error) -> bool {
    let after = length.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
    match error.kind() {
        io::ErrorKind::FileTooLarge => length > 0,
        io::ErrorKind::StorageFull => length > 0 && after > FAT32_LIMIT,
        _ => false,
    }
}

/// Returns the path of part `number` (from 1) of a split bundle; `cat` with shell globbing joins up to 999 of them in
/// order.
#[must_use]
pub fn part_path(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number:03}"));
    PathBuf::from(name)
}

/// Creates a file next to the bundle (receipt, signature) and waits until it is on the medium.
///
/// # Errors
///
/// [`Error::Create`], also where the file exists.
pub fn write_sidecar(path: &Path, content: &[u8]) -> Result<(), Error> {
    let write = || {
        let mut file = create_new(path)?;
        file.write_all(content)?;
        file.sync_all()
    };
    write().map_err(|source| Error::Create { path: path.to_owned(), source })?;
    sync_directory(path);
    Ok(())
}

/// Creates the directory for a bundle, with its parents, where it does not exist.
///
/// # Errors
///
/// [`Error::Create`].
#[allow(clippy::disallowed_methods, reason = "only the directory that the operator chose")]
pub fn make_directory(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).map_err(|source| Error::Create { path: path.to_owned(), source })
}

/// Creates a file for its owner only; on Windows, it inherits the access control list of its directory. Others may
/// read it on Windows while it is written; they may also move it, since a full file is renamed to a first part while
/// it is open.
#[allow(clippy::disallowed_methods, reason = "the one place where a bundle and its sidecars are made")]
fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, SHARE_READ | SHARE_DELETE);
    options.open(path)
}

/// The fallback: checks first whether the name is free, since a rename would replace.
#[allow(clippy::disallowed_methods, reason = "the bundle's file is renamed to its first part")]
fn rename_checked(from: &Path, to: &Path) -> io::Result<()> {
    if to.symlink_metadata().is_ok() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, to.display().to_string()));
    }
    std::fs::rename(from, to)
}

/// Syncs the new directory entry. Best effort: Windows has no such call, and some file systems refuse it.
fn sync_directory(path: &Path) {
    let directory =
        path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_medium_is_set_to_work_on_every_stretch_and_once_more_on_the_one_before() {
        static ASKED: std::sync::Mutex<Vec<(u64, u64)>> = std::sync::Mutex::new(Vec::new());
        let directory = tempfile::tempdir().unwrap();
        let mut files = Files::create(&directory.path().join("b.zip.age"), None).unwrap();
        files.set_to_work(|_, from, to| ASKED.lock().unwrap().push((from, to)));
        for _ in 0..25 {
            assert_eq!(files.write(&vec![0; 1 << 20]).unwrap(), 1 << 20);
        }
        assert_eq!(*ASKED.lock().unwrap(), [(0, STRETCH), (0, 2 * STRETCH), (STRETCH, 3 * STRETCH)]);
        files.split_from_here().unwrap();
        files.write(&vec![0; 9 << 20]).unwrap();
        assert_eq!(ASKED.lock().unwrap().last(), Some(&(0, 9 << 20)), "a part begins at its own beginning");
    }

    #[test]
    fn a_full_file_becomes_the_first_part() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("b.zip.age");
        let mut files = Files::create(&path, None).unwrap();
        files.write(b"first").unwrap();
        files.split_from_here().unwrap();
        assert_eq!(files.write(b"second").unwrap(), 5, "a part is as long as the first");
        assert_eq!(files.write(b"d").unwrap(), 1);
        assert!(!path.exists());
        assert_eq!(files.paths(), [part_path(&path, 1), part_path(&path, 2), part_path(&path, 3)]);
        assert_eq!(std::fs::read(part_path(&path, 1)).unwrap(), b"first");
        assert_eq!(std::fs::read(part_path(&path, 2)).unwrap(), b"secon");
        assert_eq!(std::fs::read(part_path(&path, 3)).unwrap(), b"d");
    }

    #[test]
    fn the_file_size_limit_of_fat32_is_distinguished_from_a_full_disk() {
        let (too_large, full) = (io::ErrorKind::FileTooLarge, io::ErrorKind::StorageFull);
        for (length, more, error, expected) in [
            (5, 10, too_large, true),
            (5, 10, full, false),
            (FAT32_LIMIT, 1, full, true),
            // Windows refuses a write across the limit as a whole.
            (FAT32_LIMIT - 100_000, 262_144, full, true),
            (FAT32_LIMIT - 300_000, 262_144, full, false),
            (0, 262_144, io::ErrorKind::PermissionDenied, false),
        ] {
            assert_eq!(at_its_end(length, more, &error.into()), expected, "{length} {more} {error}");
        }
    }

    #[test]
    fn a_full_file_is_not_split_over_another_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("b.zip.age");
        let mut files = Files::create(&path, None).unwrap();
        std::fs::write(part_path(&path, 1), "evidence").unwrap();
        assert!(files.split_from_here().is_err());
        assert_eq!(std::fs::read(part_path(&path, 1)).unwrap(), b"evidence");
    }
}
