//! The disks and partitions of this host, as the kernel tells them in `/proc/partitions` and below `/sys/class/block`.

use std::io;
use std::path::Path;

use crate::formats::disk::FileSystem;
use crate::sources::mounts::{Mount, parse_mountinfo};
use crate::sources::volumes::VolumeFacts;

/// Most devices that are told.
const MAX_DEVICES: usize = 10_000;

/// Lists them.
pub(crate) fn volumes() -> io::Result<Vec<VolumeFacts>> {
    let table = std::fs::read_to_string("/proc/partitions")?;
    let mounts = parse_mountinfo(&std::fs::read("/proc/self/mountinfo").unwrap_or_default());
    Ok(parse(&table).map(|(name, size)| facts(name, size, &mounts)).collect())
}

/// The names and sizes in bytes in a table of the form of `/proc/partitions` (proc(5)).
fn parse(table: &str) -> impl Iterator<Item = (&str, u64)> {
    table.lines().take(MAX_DEVICES).filter_map(|line| {
        let mut fields = line.split_whitespace().skip(2);
        let blocks: u64 = fields.next()?.parse().ok()?;
        Some((fields.next()?, blocks.checked_mul(1024)?))
    })
}

fn facts(name: &str, size: u64, mounts: &[Mount]) -> VolumeFacts {
    let device = format!("/dev/{name}");
    let told = |file: &str| std::fs::read_to_string(format!("/sys/class/block/{name}/{file}")).ok();
    let number = |file: &str| told(file)?.trim().parse::<u64>().ok();
    let mount = mounts.iter().find(|mount| mount.device == device);
    // Only root may look at the device itself; what is mounted is told besides.
    let seen = crate::sources::image::file_system(Path::new(&device)).ok();
    let mounted = mount.map(|mount| mount.file_system.clone());
    let seen = seen.filter(|seen| *seen != FileSystem::Unknown);
    VolumeFacts {
        disk: None,
        name: device,
        start: number("start").and_then(|sectors| sectors.checked_mul(512)),
        size,
        kind: Some(if number("partition").is_some() { "partition" } else { "disk" }.to_owned()),
        label: None,
        file_system: mounted.or_else(|| seen.map(|seen| seen.name().to_owned())),
        place: mount.map(|mount| String::from_utf8_lossy(&mount.place).into_owned()),
        not_read: None,
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
