//! Other systems: disks as `sysinfo` lists them.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::{LiveSystem, VolumeMount};
#[cfg(not(windows))]
use super::{SystemVolume, SystemVolumeKind};

pub(super) const fn system_directory() -> Option<PathBuf> {
    None
}

pub(super) const fn live() -> Option<LiveSystem> {
    None
}

pub(super) const fn mountinfo() -> Option<Vec<u8>> {
    None
}

pub(super) const fn mounted_volume(_path: &Path) -> Option<VolumeMount> {
    None
}

#[cfg(not(windows))]
pub(super) fn volumes() -> io::Result<Vec<SystemVolume>> {
    let disks =
        sysinfo::Disks::new_with_refreshed_list().map_err(|error| io::Error::other(error.to_string()))?;
    let facts = disks.iter().map(|disk| SystemVolume {
        name: disk.name().to_string_lossy().into_owned(),
        kind: SystemVolumeKind::Volume,
        disk: None,
        start: None,
        size: disk.total_space(),
        file_system: Some(disk.file_system().to_string_lossy().into_owned()),
        place: Some(disk.mount_point().to_string_lossy().into_owned()),
        device: None,
    });
    Ok(facts.collect())
}

pub(super) const fn shadow_copies() -> Vec<(u32, PathBuf)> {
    Vec::new()
}

/// What is in use can be read as any other file here.
pub(super) const fn raw_volume(_root: &Path) -> Option<PathBuf> {
    None
}

pub(super) fn device_size(file: &File) -> io::Result<u64> {
    file.metadata().map(|metadata| metadata.len())
}

#[cfg(not(windows))]
pub(super) fn free_space(directory: &Path) -> Option<u64> {
    disk(directory).map(|(available, _)| available)
}

#[cfg(not(windows))]
pub(super) fn used_space(directory: &Path) -> Option<u64> {
    disk(directory).map(|(_, used)| used)
}

/// Bytes available and in use on the disk with the longest mount point above a directory.
#[cfg(not(windows))]
fn disk(directory: &Path) -> Option<(u64, u64)> {
    let directory = directory.canonicalize().ok()?;
    let disks = sysinfo::Disks::new_with_refreshed_list().ok()?;
    let above = disks.iter().filter(|disk| directory.starts_with(disk.mount_point()));
    let nearest = above.max_by_key(|disk| disk.mount_point().as_os_str().len())?;
    Some((nearest.available_space(), nearest.total_space().saturating_sub(nearest.available_space())))
}

pub(super) const fn begin_writing(_file: &File, _from: u64, _to: u64) {}

pub(super) fn place_text(place: &[u8]) -> String {
    String::from_utf8_lossy(place).into_owned()
}
