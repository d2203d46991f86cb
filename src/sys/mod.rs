//! The only code that differs by operating system, and the only place where `unsafe` may stand.
//!
//! Each system's module offers the same functions; `unsupported.rs` does what the standard library can do everywhere, and
//! answers `None` to what it cannot.

use std::fs::File;

mod accounts;
pub(crate) mod guard;
pub(crate) mod guarded_step;
mod memory;
mod network;
#[cfg(not(any(target_os = "linux", windows)))]
mod no_memory;
#[cfg(not(target_os = "linux"))]
mod not_linux;
#[cfg(not(windows))]
mod not_windows;
mod objects;
mod processes;
mod registry;
mod services;
mod signatures;
mod specimens;
mod stopwatch;
mod volumes;

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

pub(crate) use accounts::{LocalAccount, LocalGroup, LogonSession, TerminalSession};
pub(crate) use memory::{LooseCode, MAX_MAPPINGS, MappingBacking, MemoryMapping};
pub(crate) use network::{
    NeighbourEntry, NetlinkPart, NetworkAdapter, ResolverEntry, RouteEntry, SocketEntry,
};
pub(crate) use objects::{KernelObject, NamedPipe};
pub(crate) use processes::{ProcessDetails, ProcessEntry, ProcessEnvironment, ProcessIdentity};
pub(crate) use registry::{RegistryKey, RegistryValue};
pub(crate) use services::ServiceState;
pub(crate) use signatures::{FileSignature, SignatureStatus};
pub(crate) use specimens::{MADE, Peculiar, Workplace};
pub(crate) use stopwatch::Stopwatch;
pub(crate) use system::{
    Folder, HAS_STREAMS, ProcessMemory, Root, TELLS_AS_WINDOWS, adapters, ask_kernel, ask_resolver,
    ask_table, backup_privilege, boot_time, cached_names, clock_synchronised, data_ranges, device_size,
    effective_capabilities, environment, integrity, is_in_use, is_nothing, live, loaded_modules,
    local_accounts, local_groups, logons, loose_code, mounted_volume, mountinfo, name_bytes, named_objects,
    named_pipes, neighbours, path_bytes, path_of, place_text, privileged, process_details, process_facts,
    process_ids, processes, raw_volume, read_at, registry_contents, registry_subkeys, registry_value, routes,
    services, sessions, shadow_copies, signature, socket_tables, used_space, volumes,
};
pub use system::{begin_writing, free_space, is_gone, on_close, peak_memory, ui_language};
pub(crate) use volumes::{
    Asked, HostSystem, LiveRoot, LiveSystem, MountedVolume, SystemVolume, SystemVolumeKind,
};

/// A file opened for reading.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) file: File,
    /// Whether reading will change its access time.
    pub(crate) touches: bool,
    /// How it was opened, and before it why an earlier way failed.
    pub(crate) read_by: Vec<String>,
}
