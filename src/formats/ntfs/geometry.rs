//! Reads the sizes of a volume from its first sector.

use crate::evidence::bytes::{u16_at, u64_at};

/// The sizes of a volume, in bytes unless stated otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) cluster: u64,
    pub(super) record: usize,
    /// Number of clusters.
    pub(super) clusters: u64,
    /// First cluster of the master file table, and of the copy of its beginning.
    pub(super) mft: (u64, u64),
}

/// Reads the boot sector; `None` where it does not describe an NTFS volume.
pub(super) fn geometry(boot: &[u8]) -> Option<Geometry> {
    if boot.get(3..11)? != b"NTFS    " {
        return None;
    }
    let sector = u64::from(u16_at(boot, 11)?);
    if !(256..=4096).contains(&sector) || !sector.is_power_of_two() {
        return None;
    }
    let per_cluster = match *boot.get(13)? {
        count @ 1..=0x80 => u64::from(count),
        // A larger value is a negative power of two.
        power => 1_u64.checked_shl(256_u32.saturating_sub(power.into()))?,
    };
    let cluster = sector.checked_mul(per_cluster)?;
    if !per_cluster.is_power_of_two() || cluster > 2 << 20 {
        return None;
    }
    let record = match i8::from_le_bytes([*boot.get(64)?]) {
        count @ 1.. => cluster.checked_mul(u64::try_from(count).ok()?)?,
        power => 1_u64.checked_shl(u32::from(power.unsigned_abs()))?,
    };
    let record = usize::try_from(record).ok()?;
    if !(512..=65_536).contains(&record) || !record.is_power_of_two() {
        return None;
    }
    Some(Geometry {
        cluster,
        record,
        // The last sector is a copy of the first, outside the clusters; some tools count it, so one more is allowed.
        clusters: u64_at(boot, 40)?.checked_div(per_cluster)?.checked_add(1)?,
        mft: (u64_at(boot, 48)?, u64_at(boot, 56)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_sector_has_the_sizes_and_nonsense_is_refused() {
        let mut boot = vec![0; 512];
        boot[3..11].copy_from_slice(b"NTFS    ");
        boot[11..14].copy_from_slice(&[0, 2, 8]);
        boot[40..48].copy_from_slice(&8000_u64.to_le_bytes());
        boot[48] = 4;
        boot[64] = 0xf6;
        let read = geometry(&boot).unwrap();
        assert_eq!((read.cluster, read.record, read.clusters, read.mft.0), (4096, 1024, 1001, 4));
        boot[13] = 0xf4;
        assert_eq!(geometry(&boot).unwrap().cluster, 2 << 20);
        for (at, byte) in [(3, 0), (12, 3), (13, 0), (13, 3), (13, 0x81), (64, 0x80), (64, 0)] {
            let mut broken = boot.clone();
            broken[at] = byte;
            assert_eq!(geometry(&broken), None, "{at}: {byte}");
        }
    }
}
