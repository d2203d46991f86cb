//! The only code that differs by operating system, and the only place where `unsafe` may stand.
//!
//! Each system's module offers the same functions; `unsupported.rs` does what the standard library can do everywhere, and
//! answers `None` to what it cannot.

use std::fs::File;
use std::path::PathBuf;

use crate::evidence::Volume;
use crate::playbook::TargetOs;

pub(crate) mod guard;
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
pub(crate) mod layouts;

pub(crate) use specimens::{MADE, Peculiar, Workplace};
pub(crate) use stopwatch::Stopwatch;
pub(crate) use system::{
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
pub(crate) struct Live {
    pub(crate) os: TargetOs,
    /// Its roots or drives, that of the system first.
    pub(crate) places: Vec<LivePlace>,
}

/// A root or drive of this machine.
#[derive(Debug)]
pub(crate) struct LivePlace {
    pub(crate) volume: Volume,
    pub(crate) path: PathBuf,
    pub(crate) asked: Asked,
}

/// For which patterns a place is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
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

/// A file opened for reading.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) file: File,
    /// Whether reading will change its access time.
    pub(crate) touches: bool,
    /// How it was opened, and before it why an earlier way failed.
    pub(crate) read_by: Vec<String>,
}
