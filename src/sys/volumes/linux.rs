//! Linux: devices from `/proc/partitions` and `/sys/class/block`, mounts from `/proc/self/mountinfo`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::statvfs;

pub(super) use super::unsupported::{
    mounted_volume, place_text, raw_volume, shadow_copies, system_directory,
};
use super::{Asked, HostSystem, LiveRoot, LiveSystem, SystemVolume, SystemVolumeKind};
use crate::evidence::Volume;

/// Most devices that are listed.
const MAX_DEVICES: usize = 10_000;

/// Where each is mounted, and which file system it has, the caller finds out.
pub(super) fn volumes() -> io::Result<Vec<SystemVolume>> {
    let table = std::fs::read_to_string("/proc/partitions")?;
    Ok(parse(&table).map(|(name, size)| facts(name, size)).collect())
}

/// The names and sizes in bytes in a table of the form of `/proc/partitions` (proc(5)).
fn parse(table: &str) -> impl Iterator<Item = (&str, u64)> {
    table.lines().take(MAX_DEVICES).filter_map(|line| {
        let mut fields = line.split_whitespace().skip(2);
        let blocks: u64 = fields.next()?.parse().ok()?;
        Some((fields.next()?, blocks.checked_mul(1024)?))
    })
}

fn facts(name: &str, size: u64) -> SystemVolume {
    let device = format!("/dev/{name}");
    let number = |file: &str| {
        let text = std::fs::read_to_string(format!("/sys/class/block/{name}/{file}")).ok()?;
        text.trim().parse::<u64>().ok()
    };
    let partition = number("partition").is_some();
    SystemVolume {
        device: Some(PathBuf::from(&device)),
        name: device,
        kind: if partition { SystemVolumeKind::Partition } else { SystemVolumeKind::Disk },
        disk: None,
        start: number("start").and_then(|sectors| sectors.checked_mul(512)),
        size,
        file_system: None,
        place: None,
    }
}

#[allow(clippy::unnecessary_wraps, reason = "not every system has it")]
pub(super) fn live() -> Option<LiveSystem> {
    let root = LiveRoot { volume: Volume::Root, path: PathBuf::from("/"), asked: Asked::Always };
    Some(LiveSystem { system: HostSystem::Linux, roots: vec![root] })
}

#[allow(clippy::unnecessary_wraps, reason = "not every system has it")]
pub(super) fn mountinfo() -> Option<Vec<u8>> {
    Some(std::fs::read("/proc/self/mountinfo").unwrap_or_default())
}

pub(super) fn device_size(file: &File) -> io::Result<u64> {
    let size = rustix::fs::seek(file, rustix::fs::SeekFrom::End(0))?;
    rustix::fs::seek(file, rustix::fs::SeekFrom::Start(0))?;
    Ok(size)
}

pub(super) fn free_space(directory: &Path) -> Option<u64> {
    let facts = statvfs(directory).ok()?;
    facts.f_bavail.checked_mul(facts.f_frsize)
}

pub(super) fn used_space(directory: &Path) -> Option<u64> {
    let facts = statvfs(directory).ok()?;
    facts.f_blocks.checked_sub(facts.f_bfree)?.checked_mul(facts.f_frsize)
}

/// Linux begins to write what it is advised to drop, and drops what it has written, so that a bundle does not push the host's own
/// files out of its memory. <https://man7.org/linux/man-pages/man2/posix_fadvise.2.html>
pub(super) fn begin_writing(file: &File, from: u64, to: u64) {
    let length = std::num::NonZeroU64::new(to.saturating_sub(from));
    // Where the advice is not taken, the next checkpoint asks.
    let _ = rustix::fs::fadvise(file, from, length, rustix::fs::Advice::DontNeed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_table_gives_names_and_sizes() {
        let table = "major minor  #blocks  name\n\n   8        0   20971520 sda\n   8        1    1048576 sda1\nnonsense\n";
        let told: Vec<_> = parse(table).collect();
        assert_eq!(told, [("sda", 20_971_520 * 1024), ("sda1", 1 << 30)]);
    }
}
