//! The few ways in which unpacking touches the disk: everything new, for its owner alone, below one folder.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::evidence::Utc;

/// Makes a folder with those above it.
#[allow(clippy::disallowed_methods, reason = "the folder that the analyst named, and what is beneath it")]
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

/// Creates a file that does not exist yet, readable by its owner alone.
#[allow(clippy::disallowed_methods, reason = "unpacking writes below the folder that the analyst named")]
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Moves a staged file to its place, where nothing is yet. A move would replace, so the name is asked for first: where a
/// system can do both in one step, [`super::Wish::rename`] does it.
#[allow(clippy::disallowed_methods, reason = "both places are below the folder that the analyst named")]
pub(super) fn place(from: &Path, to: &Path) -> io::Result<()> {
    // A link would count as standing there, wherever it leads.
    match std::fs::symlink_metadata(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::rename(from, to),
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
    }
}

/// Gives a file that this run has put down another name besides, where nothing stands yet.
#[allow(clippy::disallowed_methods, reason = "both places are below the folder that the analyst named")]
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

/// Removes a staged file. One that cannot be removed stays in the staging folder, where nobody takes it for evidence.
#[allow(clippy::disallowed_methods, reason = "only what this run has staged itself")]
pub(super) fn remove(path: &Path) {
    drop(std::fs::remove_file(path));
}

/// Removes the staging folder, if it is empty.
#[allow(clippy::disallowed_methods, reason = "only the folder that this run has made itself")]
pub(super) fn remove_folder(path: &Path) {
    drop(std::fs::remove_dir(path));
}

/// Makes a file as long as the item was, as one hole.
#[allow(clippy::disallowed_methods, reason = "a file that this run has made itself")]
pub(super) fn set_length(file: &File, length: u64) -> io::Result<()> {
    file.set_len(length)
}

/// Gives a file the time that its record has.
#[allow(clippy::disallowed_methods, reason = "a file that this run has written itself")]
pub(super) fn set_time(path: &Path, modified: Utc) -> io::Result<()> {
    let moment = modified.date_time();
    filetime::set_file_mtime(
        path,
        filetime::FileTime::from_unix_time(moment.unix_timestamp(), moment.nanosecond()),
    )
}
