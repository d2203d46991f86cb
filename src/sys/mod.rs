//! THE OPERATING SYSTEM: the only code that differs by system, and the only place with `unsafe`.
//!
//! In: questions. Out: structs of its own, which the rooms above turn into records and rows; it imports nothing of them. Each
//! subject is a module: its `mod.rs` has the structs, the documented functions and the one switch between `linux`, `windows` and
//! `unsupported`, which answers for every other system, and for what one of the two has not. What Windows answers is read by
//! `layouts`, tested everywhere. What may hang is called through `time_limit`.

pub(crate) mod abandoned;
mod accounts;
mod clock;
mod console_child;
mod files;
pub(crate) mod guarded_step;
mod host;
mod interruptions;
#[cfg(any(windows, test))]
#[cfg_attr(not(windows), allow(dead_code, unused_imports, reason = "elsewhere only its own tests use it"))]
mod layouts;
mod lost_gap;
mod memory;
mod network;
mod objects;
mod placing;
mod processes;
mod programs;
mod registry;
mod services;
mod signatures;
mod specimens;
mod this_process;
pub(crate) mod time_limit;
mod volumes;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

pub(crate) use accounts::{
    LocalAccount, LocalGroup, LogonSession, TerminalSession, local_accounts, local_groups, logons, sessions,
};
pub(crate) use clock::{Stopwatch, boot_time, clock_synchronised};
pub(crate) use console_child::ConsoleChild;
#[cfg(test)]
pub(crate) use files::entries_not_local;
pub use files::is_gone;
pub(crate) use files::{
    HAS_STREAMS, OpenDirectory, OpenFile, OtherWriters, Root, data_ranges, expose_placeholders,
    is_blocked_by_antivirus, is_in_use, is_not_local, is_nothing, name_bytes, other_writers_at, path_bytes,
    path_of, read_at, read_outside, read_outside_below,
};
pub(crate) use host::{host_name, kernel_version};
pub(crate) use interruptions::{Interruption, on_interruption};
pub(crate) use lost_gap::{GapPlace, gap_is_lost};
pub(crate) use memory::{LooseCode, ProcessMemory, loose_code, total_memory};
pub(crate) use network::{
    InterfaceAddress, NeighbourEntry, NetlinkPart, NetworkAdapter, ResolverEntry, RouteEntry, SocketEntry,
    adapters, ask_kernel, ask_resolver, ask_table, cached_names, interface_addresses, neighbours, routes,
    socket_tables,
};
pub(crate) use objects::{KernelObject, NamedPipe, named_objects, named_pipes};
pub(crate) use placing::{changed_by_others, keeps_rights, rename_new};
pub(crate) use processes::{
    ProcessDetails, ProcessEntry, ProcessEnvironment, environment, loaded_modules, process_details,
    process_facts, process_ids, processes,
};
pub(crate) use programs::HeldProgram;
pub(crate) use registry::{RegistryEntry, RegistryHandle, RegistryKey};
pub(crate) use services::{ServiceState, services};
pub(crate) use signatures::{FileSignature, SignatureStatus, signature};
pub(crate) use specimens::{MADE, Peculiar, RegistrySpecimens, Workplace};
pub(crate) use this_process::{
    backup_privilege, effective_capabilities, file_size_limit, integrity, keep_memory_private,
    keep_out_of_swap, outlive_file_size_limit, peak_memory, privileged, restrict_libraries, standard_output,
    standard_output_is_terminal, ui_language,
};
pub(crate) use volumes::{
    Asked, HostSystem, LiveRoot, LiveSystem, SystemVolume, SystemVolumeKind, VolumeMount, begin_writing,
    device_size, free_space, live, mounted_volume, mountinfo, place_text, raw_volume, shadow_copies,
    system_directory, used_space, volumes,
};

/// Whether this is Windows, which has tables of its own for what other systems keep in files.
pub(crate) const IS_WINDOWS: bool = cfg!(windows);
