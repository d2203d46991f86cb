//! Where this tool puts its own files: moves that never replace, and directories that others can change.

#[cfg(target_os = "linux")]
mod linux;
#[cfg_attr(
    any(target_os = "linux", windows),
    allow(dead_code, reason = "compiled everywhere, so that it stays right")
)]
mod unsupported;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(any(target_os = "linux", windows)))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

use std::io;
use std::path::{Path, PathBuf};

/// Moves a file within a file system, in one step that fails with `AlreadyExists` where the new name is taken, by a link too.
/// File systems that have no such step (FAT by old drivers) are asked first, which leaves a moment between.
pub(crate) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    system::rename_new(from, to)
}

/// The first directory, of this one and those above it, in which others than its owner and root can replace what is there:
/// writable by all or by a group that is not root's, without the sticky bit. The owner is not asked for: a stick is mounted as
/// the desktop's user. `None` where there is none, or where the system has no such modes (Windows).
pub(crate) fn changed_by_others(directory: &Path) -> io::Result<Option<PathBuf>> {
    system::changed_by_others(directory)
}
