//! Names in the kernel's own folders, as `NtQueryDirectoryObject` gives them
//! (<https://learn.microsoft.com/windows/win32/devnotes/ntquerydirectoryobject>), and those of shadow copies among them.

use super::{u16_at, u64_at, wide};

/// The name in an answer of one entry: an `OBJECT_DIRECTORY_INFORMATION`, whose first part is a length in bytes and a pointer
/// into the answer itself, which begins at the address `base`.
pub(in crate::sources) fn object_name(answer: &[u8], base: u64) -> Option<Vec<u16>> {
    let length = usize::from(u16_at(answer, 0)?);
    let at = usize::try_from(u64_at(answer, 8)?.checked_sub(base)?).ok()?;
    answer.get(at..at.checked_add(length)?).map(wide)
}

/// The number in the name of a shadow copy's device.
pub(in crate::sources) fn shadow_copy(name: &[u16]) -> Option<u32> {
    String::from_utf16(name).ok()?.strip_prefix("HarddiskVolumeShadowCopy")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_copy_is_told_by_its_name_and_an_answer_that_points_elsewhere_tells_nothing() {
        let name: Vec<u8> = "HarddiskVolumeShadowCopy12".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut answer = vec![0; 48];
        answer[..2].copy_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
        answer[8..16].copy_from_slice(&(0x7000_u64 + 48).to_le_bytes());
        answer.extend(&name);
        let told = object_name(&answer, 0x7000).unwrap();
        assert_eq!(shadow_copy(&told), Some(12));
        for base in [0, 0x7031, 0x6fff] {
            assert!(object_name(&answer, base).and_then(|name| shadow_copy(&name)).is_none(), "{base}");
        }
        assert!((0..answer.len()).all(|cut| object_name(&answer[..cut], 0x7000).is_none()));
        for other in ["HarddiskVolume3", "HarddiskVolumeShadowCopy", "HarddiskVolumeShadowCopyx"] {
            assert_eq!(shadow_copy(&other.encode_utf16().collect::<Vec<_>>()), None, "{other}");
        }
    }
}
