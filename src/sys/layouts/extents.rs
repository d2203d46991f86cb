//! Where a volume is on disks (`VOLUME_DISK_EXTENTS`).

use super::{u32_at, u64_at};

/// Bytes before the first stretch: how many there are, and what aligns it.
const HEAD: usize = 8;

/// The number of the disk on which a volume begins, and where on it, in bytes.
pub(crate) fn first_extent(answer: &[u8]) -> Option<(u32, u64)> {
    u32_at(answer, 0).filter(|count| *count > 0)?;
    let start = u64_at(answer, HEAD + 8).filter(|start| i64::try_from(*start).is_ok())?;
    Some((u32_at(answer, HEAD)?, start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_begins_where_its_first_extent_does() {
        let mut answer = vec![2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0];
        answer.extend(0x10_0000_u64.to_le_bytes());
        answer.extend(0x4000_0000_u64.to_le_bytes());
        answer.extend([9; 24]);
        assert_eq!(first_extent(&answer), Some((3, 0x10_0000)));
        assert_eq!(first_extent(&answer[..23]), None);
        answer[23] = 0x80;
        assert_eq!(first_extent(&answer), None, "before the disk");
        answer[0] = 0;
        assert_eq!(first_extent(&answer), None);
    }
}
