//! Linux: links. Holes come by themselves, and the rest only Windows has.

use std::fs::File;
use std::io;
use std::path::Path;

pub(super) use super::unsupported::{born, make_peculiar, open_directory};

pub(super) fn make_link(path: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, path)
}

/// The self-test's own directory.
#[allow(clippy::disallowed_methods, reason = "the self-test's own directory")]
pub(super) fn open_to_everybody(path: &Path) -> io::Result<()> {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o777))
}

#[allow(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
pub(super) const fn make_sparse(_file: &File) -> io::Result<()> {
    Ok(())
}
