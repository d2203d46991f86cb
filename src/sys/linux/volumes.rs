//! The disks and partitions of this host, as the kernel tells them in `/proc/partitions` and below `/sys/class/block`.

use std::io;
use std::path::PathBuf;

use crate::sys::{SystemVolume, SystemVolumeKind};

/// Most devices that are told.
const MAX_DEVICES: usize = 10_000;

/// Lists them. Where each is mounted, and which file system it has, the caller finds out.
pub(crate) fn volumes() -> io::Result<Vec<SystemVolume>> {
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
