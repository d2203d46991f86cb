//! The only code that differs by operating system, and the only place where `unsafe` may stand.
//!
//! Each system's module offers the same functions; `unsupported.rs` does what the standard library can do everywhere, and
//! answers `None` to what it cannot.

use std::fs::File;
use std::path::PathBuf;

use crate::evidence::{Kind, Metadata, Volume};
use crate::playbook::TargetOs;

#[cfg(not(any(target_os = "linux", windows)))]
mod no_memory;
#[cfg(not(target_os = "linux"))]
mod not_linux;
#[cfg(not(windows))]
mod not_windows;
mod specimens;
mod stopwatch;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;

#[cfg(windows)]
#[allow(
    unsafe_code,
    reason = "Windows' own functions are called here and nowhere else; each call says why it is right"
)]
mod windows;
#[cfg(windows)]
use windows as system;

#[cfg(not(any(target_os = "linux", windows)))]
mod unsupported;
#[cfg(not(any(target_os = "linux", windows)))]
use unsupported as system;

#[cfg(any(windows, test))]
#[cfg_attr(not(windows), allow(dead_code, unused_imports, reason = "elsewhere its own tests alone use it"))]
mod forms;

pub(super) use specimens::{MADE, Peculiar, Workplace};
pub(super) use stopwatch::Stopwatch;
pub(super) use system::{
    Folder, HAS_STREAMS, ProcessMemory, Root, TELLS_AS_WINDOWS, adapters, ask_kernel, ask_resolver,
    ask_table, backup_privilege, boot_time, cached_names, clock_synchronised, data_ranges, device_size,
    effective_capabilities, environment, integrity, is_in_use, is_nothing, live, loaded_modules,
    local_accounts, local_groups, logons, look_at_process, loose_code, mount_table, name_bytes,
    named_objects, named_pipes, neighbours, path_bytes, path_of, place_text, privileged, process_facts,
    process_ids, process_names, processes, raw_volume, read_at, registry_contents, registry_subkeys,
    registry_value, routes, services, sessions, shadow_copies, signature, socket_tables, used_space, volumes,
};
pub use system::{begin_writing, free_space, is_gone, on_close, peak_memory, ui_language};

/// This machine's own files as a target.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) os: TargetOs,
    /// Its roots or drives, that of the system first.
    pub(super) places: Vec<LivePlace>,
}

/// A root or drive of this machine.
#[derive(Debug)]
pub(super) struct LivePlace {
    pub(super) volume: Volume,
    pub(super) path: PathBuf,
    pub(super) asked: Asked,
}

/// For which patterns a place is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// For all.
    Always,
    /// For those that name its drive, and for all where network file systems are asked for.
    WithNetwork,
    /// For those that name its drive.
    #[cfg_attr(not(any(windows, test)), allow(dead_code, reason = "only Windows has drives"))]
    ByName,
    /// For those of artifacts that are taken from shadow copies too.
    AsShadow,
}

/// What the operating system says of a file.
#[derive(Debug, Clone)]
pub(super) struct Stat {
    pub(super) kind: Kind,
    pub(super) metadata: Metadata,
    /// Bytes of storage it takes; below the size where it has holes.
    pub(super) allocated: Option<u64>,
    /// Where a link points, as written in it.
    pub(super) link: Option<Vec<u8>>,
    /// Whether asking has changed its access time, as reading where a link points does.
    pub(super) touched: bool,
    /// Its alternate streams and their sizes, but for `Zone.Identifier`, which is metadata.
    pub(super) streams: Vec<(Vec<u8>, u64)>,
}

/// One entry of a folder.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its name, as bytes.
    pub(super) name: Vec<u8>,
    /// What the folder says it is; a link is a link.
    pub(super) kind: Kind,
    /// What its file system knows it by, where that spares looking its name up again.
    pub(super) reference: Option<u64>,
}

/// A file opened for reading.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) file: File,
    /// Whether reading will change its access time.
    pub(super) touches: bool,
    /// How it was opened, and before it why an earlier way failed.
    pub(super) read_by: Vec<String>,
}
