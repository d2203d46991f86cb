//! Which file system a volume holds, by the marks that each leaves at a fixed place. Only marks are looked at: what a
//! volume claims besides is not believed here.

use std::io;

use super::device::{Device, read_some};

/// What stands on a volume.
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
    /// Nothing that is known here.
    Unknown,
}

impl FileSystem {
    /// Its name.
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
            Self::Unknown => "unknown",
        }
    }

    /// Why it is not read, and what to do; `None` for what is.
    #[must_use]
    pub const fn obstacle(self) -> Option<&'static str> {
        match self {
            Self::Ntfs | Self::Ext => None,
            Self::BitLocker => Some(
                "encrypted by BitLocker: unlock it with dislocker or in Windows, and collect what that gives",
            ),
            Self::Luks => {
                Some("encrypted by LUKS: open it with cryptsetup open --readonly, and name what that gives")
            }
            Self::Fat | Self::ExFat => {
                Some("FAT is not read by this version: mount it, and collect with --root")
            }
            Self::Lvm => Some(
                "volumes of LVM are not read by this version: make them devices with losetup --partscan --read-only \
                 and vgchange --activate y, and name one of /dev/GROUP/ as the image",
            ),
            Self::SoftwareRaid => Some(
                "a part of a RAID by Linux: put it together with mdadm --assemble --readonly, and name what that gives",
            ),
            Self::Swap => Some("swap space holds no files; strings of what ran may stand in it"),
            Self::ReFs | Self::Xfs | Self::Btrfs | Self::Apfs => {
                Some("this file system is not read by this version: mount it, and collect with --root")
            }
            Self::Unknown => Some("holds no file system that is known"),
        }
    }
}

/// Most bytes at the beginning of a volume that marks stand in: that of Btrfs is the last.
const HEAD: usize = 68 << 10;

/// Says what stands on a volume.
pub(crate) fn identify(volume: &dyn Device) -> io::Result<FileSystem> {
    let head = read_some(volume, 0, HEAD)?;
    let has = |at: usize, mark: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(mark));
    let signed = has(510, &[0x55, 0xaa]);
    Ok(if has(3, b"NTFS    ") {
        FileSystem::Ntfs
    } else if has(3, b"-FVE-FS-") || (has(3, b"MSWIN4.1") && has(424, &BITLOCKER_TO_GO)) {
        FileSystem::BitLocker
    } else if has(3, b"EXFAT   ") {
        FileSystem::ExFat
    } else if has(3, b"ReFS\0") {
        FileSystem::ReFs
    } else if has(0, b"LUKS\xba\xbe") {
        FileSystem::Luks
    } else if signed && (has(82, b"FAT32   ") || has(54, b"FAT12   ") || has(54, b"FAT16   ")) {
        FileSystem::Fat
    } else if has(4096, &SOFTWARE_RAID) || has(0, &SOFTWARE_RAID) {
        FileSystem::SoftwareRaid
    } else if has(1024 + 56, &[0x53, 0xef]) {
        FileSystem::Ext
    } else if has(0, b"XFSB") {
        FileSystem::Xfs
    } else if has(65_600, b"_BHRfS_M") {
        FileSystem::Btrfs
    } else if has(512, b"LABELONE") || has(0, b"LABELONE") {
        FileSystem::Lvm
    } else if has(4086, b"SWAPSPACE2") || has(4086, b"SWAP-SPACE") {
        FileSystem::Swap
    } else if has(32, b"NXSB") {
        FileSystem::Apfs
    } else {
        FileSystem::Unknown
    })
}

/// What the superblock of Linux's software RAID begins with, which stands here in its versions 1.2 and 1.1.
const SOFTWARE_RAID: [u8; 4] = [0xfc, 0x4e, 0x2b, 0xa9];

/// The identifier of `BitLocker` To Go, {4967D63B-2E29-4AD8-8399-F6A339E3D001}, as it stands on disk.
const BITLOCKER_TO_GO: [u8; 16] =
    [0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::disk::device::MemoryDevice;

    #[test]
    fn each_file_system_is_known_by_its_mark_and_an_empty_volume_is_none() {
        let of = |marks: &[(usize, &[u8])]| {
            let mut bytes = vec![0; 70_000];
            for (at, mark) in marks {
                bytes[*at..at + mark.len()].copy_from_slice(mark);
            }
            identify(&MemoryDevice(bytes)).unwrap()
        };
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
        assert_eq!(of(&[]), FileSystem::Unknown);
        assert_eq!(identify(&MemoryDevice(Vec::new())).unwrap(), FileSystem::Unknown);
    }
}
