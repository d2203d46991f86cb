//! Disks, partitions, drives and mounts of this machine, the roots of its file trees, and the space on them.

use std::path::PathBuf;

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
pub(crate) struct MountedVolume {
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
