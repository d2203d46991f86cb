//! Identifies the file system of a volume by its signature. Only signatures are read; nothing else in the volume is
//! trusted here.

mod elsewhere;

use std::io;

use super::device::{Device, read_some};
use crate::evidence::bytes::{u16_at, u32_at};

/// The content of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the product's own name")]
pub enum FileSystem {
    Ntfs,
    BitLocker,
    Luks,
    Fat,
    ExFat,
    ReFs,
    Ext,
    Xfs,
    Btrfs,
    Lvm,
    SoftwareRaid,
    Swap,
    Apfs,
    Zfs,
    Vmfs,
    /// The file system of a disc: ISO 9660 or UDF, by name.
    Disc(&'static str),
    Bcache,
    /// Another file system without specific advice, by name.
    Other(&'static str),
    /// No known content.
    Unknown,
}

impl FileSystem {
    /// Returns the product name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ntfs => "NTFS",
            Self::BitLocker => "BitLocker",
            Self::Luks => "LUKS",
            Self::Fat => "FAT",
            Self::ExFat => "exFAT",
            Self::ReFs => "ReFS",
            Self::Ext => "ext2/3/4",
            Self::Xfs => "XFS",
            Self::Btrfs => "Btrfs",
            Self::Lvm => "LVM",
            Self::SoftwareRaid => "Linux RAID",
            Self::Swap => "swap",
            Self::Apfs => "APFS",
            Self::Zfs => "ZFS",
            Self::Vmfs => "VMFS",
            Self::Bcache => "bcache",
            Self::Disc(name) | Self::Other(name) => name,
            Self::Unknown => "unknown",
        }
    }

    /// Returns why the content cannot be read and what to do; `None` where it can be read.
    #[must_use]
    pub const fn obstacle(self) -> Option<&'static str> {
        match self {
            Self::Ntfs | Self::Ext => None,
            Self::BitLocker => Some(
                "encrypted by BitLocker: unlock it with dislocker or in Windows, and collect the unlocked volume",
            ),
            Self::Luks => {
                Some("encrypted by LUKS: open it with cryptsetup open --readonly, and use the mapped device")
            }
            Self::Fat | Self::ExFat => {
                Some("this version cannot read FAT: mount it, and collect with --root")
            }
            Self::Lvm => Some(
                "this version cannot read LVM volumes: make them devices with losetup --partscan --read-only \
                 and vgchange --activate y, and use one of /dev/GROUP/ as the image",
            ),
            Self::SoftwareRaid => Some(
                "a member of a Linux RAID: assemble it with mdadm --assemble --readonly, and use the assembled device",
            ),
            Self::Swap => Some("swap space holds no files; it may contain strings of programs that ran"),
            Self::Zfs => Some(
                "a member of a ZFS pool, which this version cannot read: mount it with zpool import -o readonly=on, and collect \
                 with --root",
            ),
            Self::Vmfs => Some(
                "a VMware datastore, which this version cannot read: mount it with vmfs-fuse or vmfs6-fuse, and use the \
                 disks (-flat.vmdk) on it as images",
            ),
            Self::Bcache => Some(
                "a bcache device, which this version cannot read: register it in Linux from a read-only loop device, \
                 and use /dev/bcache0 as the image",
            ),
            Self::ReFs | Self::Xfs | Self::Btrfs | Self::Apfs | Self::Disc(_) | Self::Other(_) => {
                Some("this version cannot read this file system: mount it, and collect with --root")
            }
            Self::Unknown => Some("holds no known file system"),
        }
    }

    /// Whether the signature is in the first sector, in place of a partition table: such a volume has no table.
    pub(super) const fn begins_with_its_mark(self) -> bool {
        matches!(
            self,
            Self::Ntfs | Self::BitLocker | Self::ExFat | Self::ReFs | Self::Fat | Self::Luks | Self::Xfs
        )
    }
}

/// Bytes at the beginning of a volume that contain signatures; that of Btrfs is the last.
const HEAD: usize = 68 << 10;

/// Signature of Linux software RAID: little-endian in version 1, in the byte order of the machine in 0.90.
const SOFTWARE_RAID: [u8; 4] = [0xfc, 0x4e, 0x2b, 0xa9];

/// The GUID of `BitLocker` To Go, {4967D63B-2E29-4AD8-8399-F6A339E3D001}, as it is on disk.
const BITLOCKER_TO_GO: [u8; 16] =
    [0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01];

/// Signatures at fixed offsets, in the order in which they are checked. RAID and encryption come before file systems,
/// since the first member may show the signatures of both.
const MARKS: [(FileSystem, usize, &[u8]); 47] = [
    (FileSystem::Ntfs, 3, b"NTFS    "),
    (FileSystem::BitLocker, 3, b"-FVE-FS-"),
    (FileSystem::ExFat, 3, b"EXFAT   "),
    (FileSystem::ReFs, 3, b"ReFS\0"),
    (FileSystem::Luks, 0, b"LUKS\xba\xbe"),
    (FileSystem::SoftwareRaid, 4096, &SOFTWARE_RAID),
    (FileSystem::SoftwareRaid, 0, &SOFTWARE_RAID),
    (FileSystem::Lvm, 0, b"LABELONE"),
    (FileSystem::Lvm, 512, b"LABELONE"),
    (FileSystem::Lvm, 1024, b"LABELONE"),
    (FileSystem::Lvm, 1536, b"LABELONE"),
    (FileSystem::Bcache, 4096 + 24, b"\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"),
    (
        FileSystem::Other("bcachefs"),
        4096 + 24,
        b"\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef",
    ),
    (FileSystem::Ext, 1024 + 56, b"\x53\xef"),
    (FileSystem::Xfs, 0, b"XFSB"),
    (FileSystem::Btrfs, 65_600, b"_BHRfS_M"),
    (FileSystem::Swap, 4086, b"SWAPSPACE2"),
    (FileSystem::Swap, 4086, b"SWAP-SPACE"),
    (FileSystem::Swap, 4086, b"S1SUSPEND"),
    (FileSystem::Swap, 8182, b"SWAPSPACE2"),
    (FileSystem::Swap, 16_374, b"SWAPSPACE2"),
    (FileSystem::Swap, 32_758, b"SWAPSPACE2"),
    (FileSystem::Swap, 65_526, b"SWAPSPACE2"),
    (FileSystem::Apfs, 32, b"NXSB"),
    (FileSystem::Other("Apple CoreStorage"), 88, b"CS\x01\x00"),
    (FileSystem::Other("HFS+"), 1024, b"H+\x00\x04"),
    (FileSystem::Other("HFS+"), 1024, b"HX\x00\x05"),
    (FileSystem::Other("HFS"), 1024, b"BD"),
    (FileSystem::Other("JFS"), 32_768, b"JFS1"),
    (FileSystem::Other("F2FS"), 1024, b"\x10\x20\xf5\xf2"),
    (FileSystem::Other("NILFS2"), 1024 + 6, b"\x34\x34"),
    (FileSystem::Other("EROFS"), 1024, b"\xe2\xe1\xf5\xe0"),
    (FileSystem::Other("SquashFS"), 0, b"hsqs"),
    (FileSystem::Other("cramfs"), 0, b"\x45\x3d\xcd\x28"),
    (FileSystem::Other("UBI"), 0, b"UBI#"),
    (FileSystem::Other("ReiserFS"), 65_536 + 52, b"ReIsEr"),
    (FileSystem::Other("ReiserFS"), 8192 + 52, b"ReIsEr"),
    (FileSystem::Other("Reiser4"), 65_536, b"ReIsEr4"),
    (FileSystem::Other("GFS2"), 65_536, b"\x01\x16\x19\x70"),
    (FileSystem::Other("VxFS"), 1024, b"\xf5\xfc\x01\xa5"),
    (FileSystem::Other("OCFS2"), 2048, b"OCFSV2"),
    (FileSystem::Other("OCFS2"), 4096, b"OCFSV2"),
    (FileSystem::Other("UFS1"), 8192 + 1372, b"\x54\x19\x01\x00"),
    (FileSystem::Other("UFS2"), 65_536 + 1372, b"\x19\x01\x54\x19"),
    (FileSystem::Other("BSD disklabel"), 512, b"\x57\x45\x56\x82"),
    (FileSystem::Other("Apple partition map"), 512, b"PM\x00\x00"),
    (FileSystem::Other("Storage Spaces"), 0, b"SPACEDB "),
];

/// Identifies the content of a volume.
pub(crate) fn identify(volume: &dyn Device) -> io::Result<FileSystem> {
    let head = read_some(volume, 0, HEAD)?;
    let has = |at: usize, mark: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(mark));
    if has(3, b"MSWIN4.1") && has(424, &BITLOCKER_TO_GO) {
        return Ok(FileSystem::BitLocker);
    }
    if let Some((found, ..)) = MARKS.iter().find(|(_, at, mark)| has(*at, mark)) {
        // A RAID member with its superblock at the end begins like the volume inside it; a mirror member contains
        // that volume as a whole.
        let above = if found.obstacle().is_none() { elsewhere::raid_at_the_end(volume)? } else { None };
        return Ok(above.filter(|(_, is_mirror)| !is_mirror).map_or(*found, |(raid, _)| raid));
    }
    if is_fat(&head) {
        return Ok(FileSystem::Fat);
    }
    let found = match elsewhere::disc(&head) {
        Some(disc) => Some(disc),
        None => elsewhere::identify(volume)?,
    };
    Ok(found.unwrap_or(FileSystem::Unknown))
}

/// Whether a volume that can be read on its own is one half of a Linux mirror.
pub(super) fn is_half_of_a_mirror(volume: &dyn Device) -> bool {
    matches!(elsewhere::raid_at_the_end(volume), Ok(Some((_, true))))
}

/// Whether a first sector is a FAT boot sector: by its label, or by a parameter block that every FAT has.
fn is_fat(head: &[u8]) -> bool {
    let has = |at: usize, mark: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(mark));
    let byte = |at: usize| head.get(at).copied().unwrap_or(0);
    let short = |at: usize| u16_at(head, at).unwrap_or(0);
    let long = |at: usize| u32_at(head, at).unwrap_or(0);
    if has(510, &[0x55, 0xaa]) && (has(82, b"FAT32   ") || has(54, b"FAT12   ") || has(54, b"FAT16   ")) {
        return true;
    }
    let (sectors, tables) = (u32::from(short(19)).max(long(32)), u32::from(short(22)).max(long(36)));
    // Old disks have no signature, but all of them have the jump over the parameter block.
    matches!((byte(0), byte(2)), (0xeb, 0x90) | (0xe9, _))
        && matches!(short(11), 512 | 1024 | 2048 | 4096)
        && byte(13).is_power_of_two()
        && short(14) > 0
        && matches!(byte(16), 1 | 2)
        && matches!(byte(21), 0xf0 | 0xf8..=0xff)
        && sectors > 0
        && tables > 0
        && tables < sectors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::disk::device::MemoryDevice;

    fn of(marks: &[(usize, &[u8])]) -> FileSystem {
        let mut bytes = vec![0; 70_000];
        for (at, mark) in marks {
            bytes[*at..at + mark.len()].copy_from_slice(mark);
        }
        identify(&MemoryDevice(bytes)).unwrap()
    }

    #[test]
    fn each_file_system_is_detected_and_an_empty_volume_has_none() {
        assert_eq!(of(&[(3, b"NTFS    ")]), FileSystem::Ntfs);
        assert_eq!(of(&[(3, b"-FVE-FS-")]), FileSystem::BitLocker);
        assert_eq!(of(&[(0, b"LUKS\xba\xbe")]), FileSystem::Luks);
        assert_eq!(of(&[(82, b"FAT32   "), (510, &[0x55, 0xaa])]), FileSystem::Fat);
        assert_eq!(of(&[(82, b"FAT32   ")]), FileSystem::Unknown);
        assert_eq!(of(&[(1080, &[0x53, 0xef])]), FileSystem::Ext);
        assert_eq!(of(&[(65_600, b"_BHRfS_M")]), FileSystem::Btrfs);
        assert_eq!(of(&[(0, b"XFSB")]), FileSystem::Xfs);
        assert_eq!(of(&[(512, b"LABELONE")]), FileSystem::Lvm);
        assert_eq!(of(&[(4086, b"SWAPSPACE2")]), FileSystem::Swap);
        assert_eq!(of(&[(4096, &SOFTWARE_RAID), (1080, &[0x53, 0xef])]), FileSystem::SoftwareRaid);
        assert_eq!(of(&[(32_769, b"CD001")]), FileSystem::Disc("ISO 9660"));
        assert_eq!(of(&[(0x4000, b"SKUL\xba\xbe")]), FileSystem::Luks);
        assert_eq!(of(&[]), FileSystem::Unknown);
        assert_eq!(identify(&MemoryDevice(Vec::new())).unwrap(), FileSystem::Unknown);
    }

    #[test]
    fn unsupported_file_systems_have_a_name_and_advice() {
        for (file_system, at, mark) in MARKS {
            let found = of(&[(at, mark)]);
            assert_eq!(found, file_system);
            assert!(found.obstacle().is_none_or(|advice| advice.len() > 30) && found.name().len() > 1);
        }
    }

    #[test]
    fn a_fat_without_a_label_is_detected_and_boot_code_is_not() {
        // As `mkfs.fat` formats a 1.44 MB disk.
        let mut boot = vec![0; 512];
        boot[..3].copy_from_slice(&[0xeb, 0x3c, 0x90]);
        boot[11..24].copy_from_slice(&[0, 2, 1, 1, 0, 2, 224, 0, 0x40, 0x0b, 0xf0, 9, 0]);
        assert_eq!(of(&[(0, &boot)]), FileSystem::Fat);
        for (at, byte) in [(0, 0xfa), (11, 1), (13, 3), (14, 0), (16, 3), (21, 0xf1), (22, 0)] {
            let mut other = boot.clone();
            other[at] = byte;
            assert_eq!(of(&[(0, &other)]), FileSystem::Unknown, "{at}");
        }
    }
}
