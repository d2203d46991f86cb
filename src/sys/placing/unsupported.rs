//! Systems without a move that does not replace: the name is asked for first.

use std::io;
use std::path::{Path, PathBuf};

pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => move_over(from, to),
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
    }
}

#[allow(clippy::disallowed_methods, reason = "a file that this run has made itself")]
fn move_over(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

#[allow(clippy::unnecessary_wraps, reason = "other systems can fail to answer")]
pub(super) const fn changed_by_others(_directory: &Path) -> io::Result<Option<PathBuf>> {
    Ok(None)
}

#[allow(clippy::unnecessary_wraps, reason = "other systems can fail to answer")]
pub(super) const fn keeps_rights(_directory: &Path) -> io::Result<bool> {
    Ok(true)
}
