//! Linux: started by the descriptor that was digested.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{Mode, OFlags};

/// Size and time of the last change, which nobody can set.
pub(super) type Version = (u64, i64, i64);

/// A pipe in its place must not wait for somebody to write to it.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

pub(super) fn version(file: &File) -> io::Result<Version> {
    let facts = file.metadata()?;
    Ok((facts.size(), facts.ctime(), facts.ctime_nsec()))
}

/// The child has a copy of the descriptor until the program replaces it.
#[allow(clippy::unnecessary_wraps, reason = "other systems ask the disk")]
pub(super) fn name(_: &Path, file: &File) -> io::Result<PathBuf> {
    Ok(PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd())))
}

/// `LC_ALL` so that a program writes the same everywhere.
#[allow(clippy::unnecessary_wraps, reason = "other systems ask the disk")]
pub(super) fn surroundings(command: &mut Command, path: &Path) -> io::Result<()> {
    command.arg0(path).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C").current_dir("/");
    Ok(())
}
