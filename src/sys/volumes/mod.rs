//! Disks, partitions, drives and mounts of this machine, the roots of its file trees, and the space on them.

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

#[cfg(windows)]
pub(in crate::sys) use windows::drive_devices;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(any(target_os = "linux", windows)))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::evidence::Volume;

/// The system that runs on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostSystem {
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "each system names itself"))]
    Linux,
    #[cfg_attr(not(windows), allow(dead_code, reason = "each system names itself"))]
    Windows,
}

/// This machine's own files.
#[derive(Debug)]
pub(crate) struct LiveSystem {
    pub(crate) system: HostSystem,
    /// Its root or drives, the one with the system first.
    pub(crate) roots: Vec<LiveRoot>,
}

/// A root or drive of this machine.
#[derive(Debug)]
pub(crate) struct LiveRoot {
    pub(crate) volume: Volume,
    pub(crate) path: PathBuf,
    pub(crate) asked: Asked,
}

/// The patterns for which a root is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All.
    Always,
    /// Those that name its drive, and all where network file systems are included.
    WithNetwork,
    /// Those that name its drive.
    #[cfg_attr(not(any(windows, test)), allow(dead_code, reason = "only Windows has drives"))]
    ByName,
    /// Those of artifacts that are also collected from shadow copies.
    AsShadow,
}

/// The volume that a path is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VolumeMount {
    /// Where it is mounted, as bytes with `/` between names.
    pub(crate) place: Vec<u8>,
    /// The name of its file system in lower case; `remote` for another machine's.
    pub(crate) file_system: String,
    pub(crate) device: String,
}

/// A disk, partition or volume of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SystemVolume {
    /// Its device.
    pub(crate) name: String,
    pub(crate) kind: SystemVolumeKind,
    /// The device of the disk that it begins on; Windows only.
    pub(crate) disk: Option<String>,
    /// Where it begins on its disk, in bytes.
    pub(crate) start: Option<u64>,
    /// In bytes.
    pub(crate) size: u64,
    /// The file system as the running system names it; `None` where it mounts none or does not report it here.
    pub(crate) file_system: Option<String>,
    /// Where it is mounted, as people write it.
    pub(crate) place: Option<String>,
    /// A device by which the volume's own bytes can be read, by who may.
    pub(crate) device: Option<PathBuf>,
}

/// The kind of a [`SystemVolume`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "each system has kinds of its own")]
pub(crate) enum SystemVolumeKind {
    Disk,
    Partition,
    /// A volume of this machine that has no kind of its own.
    Volume,
    Network,
    ShadowCopy,
}

/// This machine's own files as a target; `None` on a system whose files this version does not read.
pub(crate) fn live() -> Option<LiveSystem> {
    system::live()
}

/// Linux' own table of mounts (`/proc/self/mountinfo`), which also has what is mounted beneath a tree; empty where it cannot be
/// read, `None` on other systems.
pub(crate) fn mountinfo() -> Option<Vec<u8>> {
    system::mountinfo()
}

/// The volume that a path is on; `None` where there is no medium, and on Linux, whose table of mounts has all.
pub(crate) fn mounted_volume(path: &Path) -> Option<VolumeMount> {
    system::mounted_volume(path)
}

/// Lists the disks, partitions and volumes of this machine, shadow copies last.
pub(crate) fn volumes() -> io::Result<Vec<SystemVolume>> {
    system::volumes()
}

/// Lists the shadow copies of this machine's volumes: the number that Windows gives each, and the root of its file system.
pub(crate) fn shadow_copies() -> Vec<(u32, PathBuf)> {
    system::shadow_copies()
}

/// The device by which the volume under this root is read as bytes, where files that are in use can be read in no other way.
pub(crate) fn raw_volume(root: &Path) -> Option<PathBuf> {
    system::raw_volume(root)
}

/// The directory that holds Windows' own programs (`C:\Windows\System32`), which is the current one of an elevated prompt;
/// `None` on other systems.
pub(crate) fn system_directory() -> Option<PathBuf> {
    system::system_directory()
}

/// The size in bytes of a file, disk or volume that is open.
pub(crate) fn device_size(file: &File) -> io::Result<u64> {
    system::device_size(file)
}

/// Bytes that may still be written below a directory.
pub(crate) fn free_space(directory: &Path) -> Option<u64> {
    system::free_space(directory)
}

/// Bytes that are in use on the file system of a directory.
pub(crate) fn used_space(directory: &Path) -> Option<u64> {
    system::used_space(directory)
}

/// Makes the medium begin to write a range of a file, without waiting for it, where the system has a call for that.
pub(crate) fn begin_writing(file: &File, from: u64, to: u64) {
    system::begin_writing(file, from, to);
}

/// The place of a mount as people write it.
pub(crate) fn place_text(place: &[u8]) -> String {
    system::place_text(place)
}
