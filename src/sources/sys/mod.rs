//! The only code that differs by operating system, and the only place where `unsafe` may stand.
//!
//! Each file offers the same functions; `unsupported.rs` does what the standard library can do everywhere, and
//! answers `None` to what it cannot.

use std::fs::File;

use crate::evidence::{Kind, Metadata};

mod stopwatch;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
use unsupported as system;

pub(super) use stopwatch::Stopwatch;
pub(super) use system::{
    Folder, ProcessMemory, Root, boot_time, clock_synchronised, data_ranges, device_size,
    effective_capabilities, is_live, is_nothing, name_bytes, path_bytes, path_of, privileged, process_facts,
    process_ids, read_at, volumes,
};
pub use system::{free_space, is_gone, peak_memory, used_space};

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
}
