//! Other systems: what the standard library can do everywhere.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// Size and time of the last write.
pub(super) type Version = (u64, Option<SystemTime>);

pub(super) fn open(path: &Path) -> io::Result<File> {
    if std::fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::ErrorKind::InvalidInput.into())
    }
}

pub(super) fn version(file: &File) -> io::Result<Version> {
    let facts = file.metadata()?;
    Ok((facts.len(), facts.modified().ok()))
}

pub(super) fn name(path: &Path, _: &File) -> io::Result<PathBuf> {
    path.canonicalize()
}

#[allow(clippy::unnecessary_wraps, reason = "other systems ask the disk")]
pub(super) fn surroundings(command: &mut Command, _: &Path) -> io::Result<()> {
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C").current_dir("/");
    Ok(())
}
