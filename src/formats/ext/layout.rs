//! Reads the superblock of a volume: sizes, features, and the location of the group descriptors.

use super::ExtDamage;
use crate::evidence::bytes::{u16_at, u32_at};
use crate::formats::crc32c::{START, crc32c};

/// Offset and length of the superblock.
pub(super) const SUPERBLOCK: (u64, usize) = (1024, 1024);

/// Feature bits of a volume that matter here.
pub(super) mod feature {
    pub(in crate::formats::ext) const HAS_JOURNAL: u32 = 0x4;
    pub(super) const SPARSE_SUPER_2: u32 = 0x200;

    /// The journal has blocks to replay.
    pub(in crate::formats::ext) const RECOVER: u32 = 0x4;
    pub(super) const JOURNAL_DEVICE: u32 = 0x8;
    pub(super) const META_BG: u32 = 0x10;
    pub(super) const BITS_64: u32 = 0x80;
    pub(super) const CHECKSUM_SEED: u32 = 0x2000;
    pub(in crate::formats::ext) const LARGE_DIRECTORIES: u32 = 0x4000;
    /// The supported features: file types in entries, recovery, `meta_bg`, extents, 64 bits, multiple mount
    /// protection, `flex_bg`, attributes in inodes, data in directory entries, checksum seed, large directories,
    /// inline data, encryption (contents are not read), case-insensitive names.
    pub(super) const KNOWN: u32 = 0x2
        | 0x4
        | 0x10
        | 0x40
        | 0x80
        | 0x100
        | 0x200
        | 0x400
        | 0x1000
        | 0x2000
        | 0x4000
        | 0x8000
        | 0x1_0000
        | 0x2_0000;

    pub(super) const SPARSE_SUPER: u32 = 0x1;
    pub(in crate::formats::ext) const HUGE_FILE: u32 = 0x8;
    pub(in crate::formats::ext) const METADATA_CHECKSUMS: u32 = 0x400;
}

/// The superblock of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Superblock {
    /// Bytes of a block.
    pub(super) block: usize,
    /// Number of blocks.
    pub(super) blocks: u64,
    pub(super) inodes: u32,
    /// Bytes of an inode.
    pub(super) inode: usize,
    pub(super) inodes_of_group: u32,
    blocks_of_group: u32,
    first_block: u64,
    /// Bytes of a group descriptor.
    descriptor: usize,
    first_meta_group: u64,
    backups: [u64; 2],
    pub(super) compatible: u32,
    pub(super) incompatible: u32,
    pub(super) read_only: u32,
    /// Initial value of checksums.
    pub(super) seed: u32,
    /// Inode of the journal; 0 where it is not on this volume.
    pub(super) journal: u32,
    pub(super) label: String,
    pub(super) id: [u8; 16],
}

impl Superblock {
    /// Reads a superblock.
    ///
    /// # Errors
    ///
    /// [`ExtDamage::Superblock`] where it is not one; [`ExtDamage::Features`] where the volume has unsupported
    /// features.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, ExtDamage> {
        let layout = read(bytes).ok_or(ExtDamage::Superblock)?;
        if layout.incompatible & feature::JOURNAL_DEVICE != 0 {
            return Err(ExtDamage::Unsupported("the device is the journal of another volume, without files"));
        }
        match layout.incompatible & !feature::KNOWN {
            0 => Ok(layout),
            unknown => Err(ExtDamage::Features(unknown)),
        }
    }

    pub(super) const fn has_checksums(&self) -> bool {
        self.read_only & feature::METADATA_CHECKSUMS != 0
    }

    /// Returns which of ext2, ext3 and ext4 it is.
    pub(super) const fn name(&self) -> &'static str {
        // The features that make an ext4 in mke2fs.conf(5): extents, 64 bits, flexible groups.
        if self.incompatible & (0x40 | 0x80 | 0x200) != 0 {
            "ext4"
        } else if self.compatible & feature::HAS_JOURNAL != 0 {
            "ext3"
        } else {
            "ext2"
        }
    }

    /// Returns the location of a group descriptor: the block, the byte in it, and its length.
    pub(super) fn descriptor(&self, group: u32) -> (u64, usize, usize) {
        let (group, size) = (u64::from(group), to_u64(self.descriptor));
        let per_block = to_u64(self.block).checked_div(size).unwrap_or(1).max(1);
        let index = group.checked_div(per_block).unwrap_or(0);
        let nth = usize::try_from(group.checked_rem(per_block).unwrap_or(0)).unwrap_or(0);
        let within = nth.saturating_mul(self.descriptor);
        if self.incompatible & feature::META_BG == 0 || index < self.first_meta_group {
            // After the superblock, which is in block 1 where blocks have 1 KiB, also where they count from 0
            // (bigalloc).
            let behind = if self.block == 1024 { 2 } else { 1 };
            return (index.saturating_add(behind), within, self.descriptor);
        }
        let first = index.saturating_mul(per_block);
        let begin = self.first_block.saturating_add(first.saturating_mul(self.blocks_of_group.into()));
        let behind = u64::from(self.has_superblock(first));
        // A block of 1 KiB before the first group belongs to that group where blocks count from 0.
        let odd = u64::from(self.block == 1024 && index == 0 && self.first_block == 0);
        (begin.saturating_add(behind).saturating_add(odd), within, self.descriptor)
    }

    /// Whether a group begins with a copy of the superblock.
    fn has_superblock(&self, group: u64) -> bool {
        let is_power = |base: u64| {
            let mut power = base;
            while power < group {
                power = power.saturating_mul(base);
            }
            power == group
        };
        if group == 0 {
            true
        } else if self.compatible & feature::SPARSE_SUPER_2 != 0 {
            self.backups.contains(&group)
        } else {
            group == 1 || self.read_only & feature::SPARSE_SUPER == 0 || [3, 5, 7].into_iter().any(is_power)
        }
    }
}

fn read(bytes: &[u8]) -> Option<Superblock> {
    let (short, long) = (|at| u16_at(bytes, at), |at| u32_at(bytes, at));
    let wide = |low: u32, high: u32| u64::from(low) | (u64::from(high) << 32);
    if short(56)? != 0xef53 {
        return None;
    }
    let block = 1024_usize.checked_shl(long(24).filter(|power| *power <= 6)?)?;
    // Revision 0 has no features, and one size of inodes.
    let old = long(76)? == 0;
    let features = |at| if old { Some(0) } else { long(at) };
    let (compatible, incompatible, read_only) = (features(92)?, features(96)?, features(100)?);
    let inode = if old { 128 } else { usize::from(short(88)?) };
    let bits_64 = incompatible & feature::BITS_64 != 0;
    let descriptor = if bits_64 { usize::from(short(254)?) } else { 32 };
    let blocks = wide(long(4)?, if bits_64 { long(336)? } else { 0 });
    let id = *bytes.get(104..)?.first_chunk::<16>()?;
    let named = bytes.get(120..136)?.split(|byte| *byte == 0).next()?;
    let sane = (128..=block).contains(&inode)
        && inode.is_power_of_two()
        && (32..=1024).contains(&descriptor)
        && descriptor.is_power_of_two()
        && blocks > 0;
    Some(Superblock {
        block,
        blocks: Some(blocks).filter(|_| sane)?,
        inodes: long(0)?,
        inode,
        inodes_of_group: long(40).filter(|count| *count > 0)?,
        blocks_of_group: long(32).filter(|count| *count > 0)?,
        first_block: long(20)?.into(),
        descriptor,
        first_meta_group: long(260)?.into(),
        backups: [long(588)?.into(), long(592)?.into()],
        compatible,
        incompatible,
        read_only,
        seed: if incompatible & feature::CHECKSUM_SEED != 0 { long(624)? } else { crc32c(START, &id) },
        journal: if compatible & feature::HAS_JOURNAL != 0 { long(224)? } else { 0 },
        label: String::from_utf8_lossy(named).into_owned(),
        id,
    })
}

pub(super) fn to_u64(count: usize) -> u64 {
    crate::formats::disk::to_u64(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn superblock() -> Vec<u8> {
        let mut bytes = vec![0; 1024];
        let mut put = |at: usize, value: u32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        for (at, value) in [(0, 4096), (4, 32_768), (24, 2), (32, 8192), (40, 1024), (56, 0xef53), (76, 1)] {
            put(at, value);
        }
        put(88, 256);
        bytes
    }

    #[test]
    fn a_superblock_has_the_sizes_and_nonsense_is_refused() {
        let read = Superblock::of(&superblock()).unwrap();
        assert_eq!((read.block, read.blocks, read.inode, read.name()), (4096, 32_768, 256, "ext2"));
        assert_eq!(read.descriptor(3), (1, 96, 32));
        for (at, byte) in [(24, 7), (56, 0), (40, 0), (41, 0), (88, 3), (89, 0x20), (4, 1)] {
            let mut broken = superblock();
            broken[at] = byte;
            if at == 41 {
                broken[40] = 0;
            }
            let wrong = matches!(Superblock::of(&broken), Err(ExtDamage::Superblock));
            assert_eq!(wrong, !matches!(at, 40 | 4), "{at}: {byte}");
        }
        for cut in [0, 57, 200, 590] {
            assert!(matches!(Superblock::of(&superblock()[..cut]), Err(ExtDamage::Superblock)), "{cut}");
        }
    }

    #[test]
    fn unknown_features_are_refused_with_their_bits() {
        let mut bytes = superblock();
        bytes[96..100].copy_from_slice(&0x0080_0042_u32.to_le_bytes());
        let said = Superblock::of(&bytes).unwrap_err().to_string();
        assert!(said.contains("(0x800000)") && said.contains("--root"), "{said}");
        bytes[96..100].copy_from_slice(&0x8_u32.to_le_bytes());
        assert!(Superblock::of(&bytes).unwrap_err().to_string().contains("journal of another volume"));
    }

    #[test]
    fn descriptors_in_meta_groups_follow_the_superblock_where_there_is_one() {
        let mut bytes = superblock();
        bytes[96..100].copy_from_slice(&0x12_u32.to_le_bytes());
        bytes[100] = 1;
        let layout = Superblock::of(&bytes).unwrap();
        // 128 descriptors per block: the second meta group begins with group 128, which is not a power of 3, 5 or 7.
        assert_eq!(layout.descriptor(1), (1, 32, 32));
        assert_eq!(layout.descriptor(130), (128 * 8192, 64, 32));
        assert!(layout.has_superblock(343) && layout.has_superblock(27) && !layout.has_superblock(6));
    }
}
