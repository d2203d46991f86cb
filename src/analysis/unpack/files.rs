//! The file operations of unpacking: all files are new, for their owner only, and below one directory.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::evidence::Utc;

/// Creates a directory with its parents.
#[allow(clippy::disallowed_methods, reason = "only the directory that the analyst chose, and below it")]
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

/// Creates a new file that only its owner can read.
#[allow(clippy::disallowed_methods, reason = "only below the directory that the analyst chose")]
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Moves a staged file to its place, which must be free. A rename would replace, so the name is checked first; where
/// a system can do both in one step, [`super::Wish::rename`] does it.
#[allow(clippy::disallowed_methods, reason = "both paths are below the directory that the analyst chose")]
pub(super) fn place(from: &Path, to: &Path) -> io::Result<()> {
    // A link counts as an existing file, wherever it leads.
    match std::fs::symlink_metadata(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::rename(from, to),
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
    }
}

/// Adds a second name to a file that this run created, where nothing exists yet.
#[allow(clippy::disallowed_methods, reason = "both paths are below the directory that the analyst chose")]
pub(super) fn link(from: &Path, to: &Path) -> io::Result<()> {
    // A link would lead elsewhere.
    if std::fs::symlink_metadata(from)?.is_file() {
        std::fs::hard_link(from, to)
    } else {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// Whether there is a link at a path.
pub(super) fn is_link(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// Makes a symbolic link where nothing is yet, in a directory that is reached without a link.
#[cfg(unix)]
#[allow(clippy::disallowed_methods, reason = "below the directory that the analyst named")]
pub(super) fn symlink(target: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, to)
}

/// Windows asks for a right that analysts rarely have, and for the kind of the target, which need not be there.
#[cfg(not(unix))]
pub(super) fn symlink(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "links are made on Unix only"))
}

/// Removes a staged file. One that cannot be removed stays in the staging directory, where nobody takes it for
/// evidence.
#[allow(clippy::disallowed_methods, reason = "only what this run has staged itself")]
pub(super) fn remove(path: &Path) {
    drop(std::fs::remove_file(path));
}

/// Removes the staging directory, if it is empty.
#[allow(clippy::disallowed_methods, reason = "only the directory that this run created itself")]
pub(super) fn remove_folder(path: &Path) {
    drop(std::fs::remove_dir(path));
}

/// Makes a file as long as the item was, as one hole.
#[allow(clippy::disallowed_methods, reason = "a file that this run has made itself")]
pub(super) fn set_length(file: &File, length: u64) -> io::Result<()> {
    file.set_len(length)
}

/// Sets the modification time from the record.
#[allow(clippy::disallowed_methods, reason = "a file that this run has written itself")]
pub(super) fn set_time(path: &Path, modified: Utc) -> io::Result<()> {
    let moment = modified.date_time();
    filetime::set_file_mtime(
        path,
        filetime::FileTime::from_unix_time(moment.unix_timestamp(), moment.nanosecond()),
    )
}
