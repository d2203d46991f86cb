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

/// The first directory, of this one and those above it, in which others than its owner and the administrators can replace what is
/// there; `None` where there is none.
///
/// On Linux by the modes: writable by all or by a group that is not root's, without the sticky bit; the owner is not asked for, since
/// a stick is mounted as the desktop's user. On Windows by the access lists, owners among them; not where the volume keeps none
/// ([`keeps_rights`]).
pub(crate) fn changed_by_others(directory: &Path) -> io::Result<Option<PathBuf>> {
    system::changed_by_others(directory)
}

/// Whether the volume of a directory keeps access rights: on Windows, FAT and exFAT do not. On Linux the mount gives the modes, and
/// the answer is yes.
pub(crate) fn keeps_rights(directory: &Path) -> io::Result<bool> {
    system::keeps_rights(directory)
}
