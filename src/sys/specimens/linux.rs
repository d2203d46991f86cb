//! Linux: links. Holes come by themselves, and the rest only Windows has.

use std::fs::File;
use std::io;
use std::path::Path;

pub(super) use super::unsupported::{born, make_peculiar, open_directory};

pub(super) fn make_link(path: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, path)
}

#[allow(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
pub(super) const fn make_sparse(_file: &File) -> io::Result<()> {
    Ok(())
}
