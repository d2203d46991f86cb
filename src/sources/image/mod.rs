//! Images and disks as file trees of the target: opens the files, and places each volume under its letter or root.
//!
//! In: the path of an image, raw (also split into `.001`, `.002` …) or a virtual disk; or the path of a disk of the running
//! system. Out: the volumes that are read, as places of the target, and of the others what is known of them. What an
//! image holds is read by [`crate::formats::disk`].

mod files;
mod places;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub(crate) use places::{Standing, in_memory as standing_in_memory, open as standing, told};

use crate::formats::disk::{self, Device, Disk, FileSystem, Sectors, Stretch, identify};
use files::Files;

/// Opens an image and finds its volumes.
///
/// # Errors
/// Where it cannot be read, or has a form that is not read here; the text says what to do.
pub fn open(path: &Path) -> io::Result<Disk> {
    disk::open(Arc::new(Files::open(path)?))
}

/// A disk or volume of the running system.
///
/// # Errors
/// Where it cannot be opened: only an administrator may.
pub(crate) fn disk(path: &Path) -> io::Result<Arc<dyn Device>> {
    Ok(Arc::new(Sectors(Arc::new(Files::open(path)?))))
}

/// What stands on such a one.
///
/// # Errors
/// Where it cannot be opened or read.
pub(crate) fn file_system(path: &Path) -> io::Result<FileSystem> {
    identify(&*disk(path)?)
}

/// What stands on a stretch of a disk of the running system.
///
/// # Errors
/// Where the disk cannot be opened or read.
pub(crate) fn file_system_at(path: &Path, start: u64, size: u64) -> io::Result<FileSystem> {
    identify(&Stretch::new(disk(path)?, start, size))
}
