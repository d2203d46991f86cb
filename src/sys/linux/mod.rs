//! Linux: a target's files by handles ([`root`]), and what this system and this process tell of themselves.

mod iptables;
mod memory;
mod netlink;
mod ranges;
mod resolver;
mod root;
mod specimens;
mod volumes;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::statvfs;
use rustix::io::Errno;

pub(crate) use self::iptables::ask_table;
pub(crate) use self::memory::{ProcessMemory, process_facts, process_ids};
pub(crate) use self::netlink::ask_kernel;
pub(crate) use self::ranges::data_ranges;
pub(crate) use self::resolver::ask_resolver;
pub(crate) use self::root::{Folder, Root};
pub(crate) use self::specimens::{born, make_link, make_peculiar, make_sparse};
pub(crate) use self::volumes::volumes;
pub(crate) use super::not_windows::{
    HAS_STREAMS, TELLS_AS_WINDOWS, adapters, backup_privilege, cached_names, environment, integrity,
    is_in_use, loaded_modules, local_accounts, local_groups, logons, loose_code, named_objects, named_pipes,
    neighbours, place_text, process_details, processes, raw_volume, registry_contents, registry_subkeys,
    registry_value, routes, services, sessions, shadow_copies, signature, socket_tables,
};
pub use super::not_windows::{on_close, ui_language};
use super::{Asked, HostSystem, LiveRoot, LiveSystem, MountedVolume};
use crate::evidence::{Utc, Volume};

/// Whether an error says that what was asked for is there no more: a file, or the process that `/proc` told of.
#[must_use]
pub fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

/// Whether an error says that nothing is there under that path: no such name, no folder on the way, or a link where
/// none may be followed.
pub(crate) fn is_nothing(error: &io::Error) -> bool {
    let is = |errno: Errno| error.raw_os_error() == Some(errno.raw_os_error());
    is_gone(error) || is(Errno::NOTDIR) || is(Errno::LOOP)
}

/// Bytes that may still be written below a folder.
#[must_use]
pub fn free_space(folder: &Path) -> Option<u64> {
    let facts = statvfs(folder).ok()?;
    facts.f_bavail.checked_mul(facts.f_frsize)
}

/// Bytes that the file system of a folder holds.
pub(crate) fn used_space(folder: &Path) -> Option<u64> {
    let facts = statvfs(folder).ok()?;
    facts.f_blocks.checked_sub(facts.f_bfree)?.checked_mul(facts.f_frsize)
}

/// Sets the medium to work on a stretch of a file, and waits for nothing. Linux begins to write what is said not to be
/// needed any more, and lets go of what it has written, so that a bundle does not push the host's own files out of its
/// memory. <https://man7.org/linux/man-pages/man2/posix_fadvise.2.html>
pub fn begin_writing(file: &File, from: u64, to: u64) {
    let length = std::num::NonZeroU64::new(to.saturating_sub(from));
    // Where the advice is not taken, the next checkpoint asks.
    let _ = rustix::fs::fadvise(file, from, length, rustix::fs::Advice::DontNeed);
}

/// The most memory this process has had in RAM so far, in bytes.
#[must_use]
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Reads at an offset of a file; its own place in it stays.
pub(crate) fn read_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::pread(file, buffer, offset)?)
}

/// The size of a file, or of a disk.
pub(crate) fn device_size(file: &File) -> io::Result<u64> {
    let size = rustix::fs::seek(file, rustix::fs::SeekFrom::End(0))?;
    rustix::fs::seek(file, rustix::fs::SeekFrom::Start(0))?;
    Ok(size)
}

/// This machine's own files as a target.
#[allow(clippy::unnecessary_wraps, reason = "not every system has it")]
pub(crate) fn live() -> Option<LiveSystem> {
    let root = LiveRoot { volume: Volume::Root, path: PathBuf::from("/"), asked: Asked::Always };
    Some(LiveSystem { system: HostSystem::Linux, roots: vec![root] })
}

/// This machine's table of mounts in the kernel's own text; empty where it cannot be read.
#[allow(clippy::unnecessary_wraps, reason = "not every system has it")]
pub(crate) fn mountinfo() -> Option<Vec<u8>> {
    Some(std::fs::read("/proc/self/mountinfo").unwrap_or_default())
}

/// The table of mounts has all.
pub(crate) const fn mounted_volume(_path: &Path) -> Option<MountedVolume> {
    None
}

/// Whether this process may read everything.
pub(crate) fn privileged() -> bool {
    rustix::process::geteuid().is_root()
}

/// The process's effective capabilities, as the kernel writes them.
pub(crate) fn effective_capabilities() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("CapEff:")).map(|value| value.trim().to_owned())
}

/// When the system was started.
pub(crate) fn boot_time() -> Option<Utc> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let seconds = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    Utc::from_unix(seconds.trim().parse().ok()?, 0)
}

/// Whether something keeps the clock right: the time service's own mark, which systemd-timesyncd leaves.
pub(crate) fn clock_synchronised() -> Option<bool> {
    Some(Path::new("/run/systemd/timesync/synchronized").exists())
        .filter(|_| Path::new("/run/systemd/timesync").exists())
}

/// A name as the bytes of an origin.
pub(crate) fn name_bytes(name: &OsStr) -> Vec<u8> {
    name.as_bytes().to_vec()
}

/// A name out of the bytes of an origin.
fn name_of(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

/// A path as bytes, joined by `/`.
pub(crate) fn path_bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().to_vec()
}

/// A path out of bytes joined by `/`.
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(name_of(bytes))
}
