//! Images and disks as file trees of the target: opens the files, and places each volume under its letter or root.
//!
//! In: the path of an image, raw (also split into `.000` or `.001`, `.002` …) or a virtual disk; or the path of a disk of the
//! running system. Out: the volumes that are read, as volumes of the target, and facts of the others. What an image
//! holds is read by [`crate::formats::disk`].

mod places;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub(crate) use places::{ImageVolumes, in_memory as volumes_in_memory, open as open_volumes, told};

use super::devices::ImageFiles;
use crate::formats::disk;
use crate::formats::disk::{Disk, TableNote};

/// Opens an image and finds its volumes.
///
/// # Errors
/// Where it cannot be read, or has a form that is not read here; the text says what to do.
pub fn open(path: &Path) -> io::Result<Disk> {
    let files = ImageFiles::open(path)?;
    let lacking = files.lacking().map(|why| TableNote::gap(why.to_owned()));
    let mut disk = disk::open(Arc::new(files))?;
    disk.notes.extend(lacking);
    Ok(disk)
}
