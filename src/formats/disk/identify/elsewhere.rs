//! Signatures that are not at a fixed place near the beginning: at the end of a volume, in one of several copies, or
//! far inside.

use std::io;

use super::{FileSystem, SOFTWARE_RAID};
use crate::evidence::bytes::{u32_at, u64_at};
use crate::formats::disk::device::{Device, read_some};

/// Possible offsets of the second LUKS 2 header: the sizes that the first may have.
const SECOND_LUKS: [u64; 9] =
    [0x4000, 0x8000, 0x1_0000, 0x2_0000, 0x4_0000, 0x8_0000, 0x10_0000, 0x20_0000, 0x40_0000];

/// Offset and length of the uberblock ring in a ZFS label, and the signature of an uberblock in either byte order.
const UBERBLOCKS: (u64, usize) = (128 << 10, 128 << 10);
const UBERBLOCK: u64 = 0x00ba_b10c;

/// Bytes of a ZFS label: two are at the beginning of the volume, two at the end.
const ZFS_LABEL: u64 = 256 << 10;

/// Maximum number of descriptors in the volume recognition sequence of a disc (ECMA-167, part 2).
const DESCRIPTORS: usize = 16;

/// Identifies the file system of a disc. UDF takes precedence over ISO 9660, since a disc may have both.
pub(super) fn disc(head: &[u8]) -> Option<FileSystem> {
    let sequence = head.get(32_768..)?.chunks(2048).take(DESCRIPTORS).filter_map(|sector| sector.get(1..6));
    let mut found = None;
    for identifier in sequence {
        match identifier {
            b"NSR02" | b"NSR03" => return Some(FileSystem::Disc("UDF")),
            b"CD001" => found = Some(FileSystem::Disc("ISO 9660")),
            _ => {}
        }
    }
    found
}

/// Checks the places that are far from the beginning.
pub(super) fn identify(volume: &dyn Device) -> io::Result<Option<FileSystem>> {
    for place in SECOND_LUKS {
        if read_some(volume, place, 6)?.starts_with(b"SKUL\xba\xbe") {
            return Ok(Some(FileSystem::Luks));
        }
    }
    // VMFS has its descriptor in the second mebibyte of the partition; a VMFS volume in the first.
    if read_some(volume, 1 << 20, 4)? == 0xc001_d00d_u32.to_le_bytes()
        || read_some(volume, 2 << 20, 4)? == 0x2fab_f15e_u32.to_le_bytes()
    {
        return Ok(Some(FileSystem::Vmfs));
    }
    let last_labels = volume.size().checked_div(ZFS_LABEL).unwrap_or(0).saturating_sub(2);
    for label in [0, last_labels.saturating_mul(ZFS_LABEL)] {
        let (at, length) = UBERBLOCKS;
        let ring = read_some(volume, label.saturating_add(at), length)?;
        let is_one = |slot: &[u8]| {
            u64_at(slot, 0).is_some_and(|mark| mark == UBERBLOCK || mark.swap_bytes() == UBERBLOCK)
        };
        if ring.chunks(1024).any(is_one) {
            return Ok(Some(FileSystem::Zfs));
        }
    }
    Ok(raid_at_the_end(volume)?.map(|(raid, _)| raid))
}

/// Identifies a RAID member with its superblock at the end: Linux RAID of versions 0.90 and 1.0, Intel firmware RAID,
/// or SNIA DDF. The second value says whether it is a mirror, whose members each have all data.
pub(in crate::formats::disk) fn raid_at_the_end(
    volume: &dyn Device,
) -> io::Result<Option<(FileSystem, bool)>> {
    let size = volume.size();
    if size < 128 << 10 {
        return Ok(None);
    }
    let unit = |unit: u64| size.checked_div(unit).unwrap_or(0).saturating_mul(unit);
    let old = read_some(volume, unit(64 << 10).saturating_sub(64 << 10), 32)?;
    let (first, little) = (u32_at(&old, 0).unwrap_or(0), u32::from_le_bytes(SOFTWARE_RAID));
    let word = |at: usize| {
        let word = u32_at(&old, at).unwrap_or(u32::MAX);
        if first == little { word } else { word.swap_bytes() }
    };
    if (first == little || first.swap_bytes() == little) && word(4) == 0 {
        return Ok(Some((FileSystem::SoftwareRaid, word(28) == 1)));
    }
    // Version 1.0: at least 8 KiB before the end, at a multiple of 4 KiB.
    let sectors = size.checked_div(512).unwrap_or(0).saturating_sub(16);
    let new = read_some(volume, (sectors & !7).saturating_mul(512), 76)?;
    if new.starts_with(&SOFTWARE_RAID) && u32_at(&new, 4) == Some(1) {
        return Ok(Some((FileSystem::SoftwareRaid, u32_at(&new, 72) == Some(1))));
    }
    let end = read_some(volume, unit(512).saturating_sub(1024), 1024)?;
    let (intel, last) = end.split_at_checked(512).unwrap_or_default();
    Ok(if intel.starts_with(b"Intel Raid ISM Cfg Sig. ") {
        Some((FileSystem::Other("Intel firmware RAID"), false))
    } else if last.starts_with(&[0xde, 0x11, 0xde, 0x11]) {
        Some((FileSystem::Other("DDF RAID"), false))
    } else {
        None
    })
}

#[cfg(test)]
mod tests {
    use super::super::identify;
    use super::*;
    use crate::formats::disk::device::MemoryDevice;

    fn of(size: usize, marks: &[(usize, &[u8])]) -> FileSystem {
        let mut bytes = vec![0; size];
        for (at, mark) in marks {
            bytes[*at..at + mark.len()].copy_from_slice(mark);
        }
        identify(&MemoryDevice(bytes)).unwrap()
    }

    #[test]
    fn raid_is_detected_in_all_superblock_versions_also_above_a_file_system() {
        const MIB: usize = 1 << 20;
        let ext: (usize, &[u8]) = (1080, b"\x53\xef");
        let (old, new) = (b"\xfc\x4e\x2b\xa9\0\0\0\0".as_slice(), b"\xfc\x4e\x2b\xa9\x01\0\0\0".as_slice());
        let big = b"\xa9\x2b\x4e\xfc\0\0\0\0".as_slice();
        // Version 0.90, also for a size that is not a multiple of 64 KiB.
        for (size, at, mark) in [
            (MIB, MIB - (64 << 10), old),
            (MIB, MIB - (64 << 10), big),
            (MIB + 5000, MIB - (64 << 10), old),
            (MIB, MIB - (8 << 10), new),
            (MIB + 512, MIB - (8 << 10), new),
            (MIB, 0, new),
            (MIB, 4096, new),
        ] {
            assert_eq!(of(size, &[(at, mark)]), FileSystem::SoftwareRaid, "{size} {at}");
            assert_eq!(of(size, &[(at, mark), ext]), FileSystem::SoftwareRaid, "{size} {at}");
        }
        assert_eq!(of(MIB, &[ext]), FileSystem::Ext);
        // A member of a mirror has all data.
        let level: (usize, &[u8]) = (MIB - (8 << 10) + 72, &[1]);
        assert_eq!(of(MIB, &[(MIB - (8 << 10), new), level, ext]), FileSystem::Ext);
        assert_eq!(of(MIB, &[(MIB - 1024, b"Intel Raid ISM Cfg Sig. ")]).name(), "Intel firmware RAID");
    }

    #[test]
    fn signatures_far_inside_or_in_a_copy_are_detected() {
        const MIB: usize = 1 << 20;
        for place in SECOND_LUKS {
            let at = usize::try_from(place).unwrap();
            assert_eq!(of(8 * MIB, &[(at, b"SKUL\xba\xbe")]), FileSystem::Luks, "{at}");
        }
        assert_eq!(of(4 * MIB, &[(MIB, &[0x0d, 0xd0, 0x01, 0xc0])]), FileSystem::Vmfs);
        assert_eq!(of(4 * MIB, &[(2 * MIB, &[0x5e, 0xf1, 0xab, 0x2f])]), FileSystem::Vmfs);
        let uberblock = UBERBLOCK.to_le_bytes();
        assert_eq!(of(4 * MIB, &[((128 << 10) + 3 * 1024, &uberblock)]), FileSystem::Zfs);
        assert_eq!(of(4 * MIB, &[((128 << 10) + 8192, &UBERBLOCK.to_be_bytes())]), FileSystem::Zfs);
        // The labels at the beginning were overwritten.
        assert_eq!(of(4 * MIB, &[(4 * MIB - (512 << 10) + (128 << 10), &uberblock)]), FileSystem::Zfs);
        let udf: [(usize, &[u8]); 3] = [(32_769, b"BEA01"), (34_817, b"NSR03"), (36_865, b"TEA01")];
        assert_eq!(of(MIB, &udf), FileSystem::Disc("UDF"));
        let bridge: [(usize, &[u8]); 3] = [(32_769, b"CD001"), (34_817, b"CD001"), (38_913, b"NSR02")];
        assert_eq!(of(MIB, &bridge), FileSystem::Disc("UDF"));
    }
}
