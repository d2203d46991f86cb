//! Names in the kernel's own folders, as `NtQueryDirectoryObject` gives them
//! (<https://learn.microsoft.com/windows/win32/devnotes/ntquerydirectoryobject>), and those of shadow copies among them.

use super::{u16_at, u64_at, wide};

/// Bytes of a `UNICODE_STRING`.
const TEXT: usize = 16;

/// The text that a `UNICODE_STRING` at `place` of an answer means: a length in bytes, and a pointer into the answer itself, which
/// begins at the address `base`.
pub(crate) fn counted_text(answer: &[u8], place: usize, base: u64) -> Option<Vec<u16>> {
    let length = usize::from(u16_at(answer, place)?);
    let at = usize::try_from(u64_at(answer, place.checked_add(8)?)?.checked_sub(base)?).ok()?;
    answer.get(at..at.checked_add(length)?).map(wide)
}

/// The name and the type in an answer of one entry, an `OBJECT_DIRECTORY_INFORMATION`.
pub(crate) fn object(answer: &[u8], base: u64) -> Option<(Vec<u16>, String)> {
    let kind = counted_text(answer, TEXT, base)?;
    Some((counted_text(answer, 0, base)?, String::from_utf16_lossy(&kind)))
}

/// The number in the name of a shadow copy's device.
pub(crate) fn shadow_copy(name: &[u16]) -> Option<u32> {
    String::from_utf16(name).ok()?.strip_prefix("HarddiskVolumeShadowCopy")?.parse().ok()
}

/// A path by the kernel's name of its device as programs know it: by the letter of a drive, or by server and share. One whose device
/// has no letter stays as it is.
pub(crate) fn dos_path(path: &str, drives: &[(char, String)]) -> String {
    let below = |device: &str| {
        let (head, rest) = path.split_at_checked(device.len())?;
        (head.eq_ignore_ascii_case(device) && rest.starts_with('\\')).then_some(rest)
    };
    for (letter, device) in drives {
        if let Some(rest) = below(device) {
            return format!("{letter}:{rest}");
        }
    }
    if let Some(rest) = below("\\Device\\Mup") {
        return format!("\\{rest}");
    }
    path.strip_prefix("\\??\\").unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_by_its_device_becomes_one_by_its_drive_and_a_longer_number_is_another_device() {
        let drives =
            [('C', "\\Device\\HarddiskVolume1".to_owned()), ('D', "\\Device\\HarddiskVolume12".to_owned())];
        for (path, known) in [
            ("\\Device\\HarddiskVolume1\\Windows\\a.dll", "C:\\Windows\\a.dll"),
            ("\\device\\harddiskvolume12\\b.dll", "D:\\b.dll"),
            ("\\Device\\HarddiskVolume3\\c.dll", "\\Device\\HarddiskVolume3\\c.dll"),
            ("\\Device\\HarddiskVolume1", "\\Device\\HarddiskVolume1"),
            ("\\Device\\Mup\\server\\share\\d.dll", "\\\\server\\share\\d.dll"),
            ("\\??\\Z:\\e.dll", "Z:\\e.dll"),
            ("é", "é"),
        ] {
            assert_eq!(dos_path(path, &drives), known);
        }
    }

    fn text(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_shadow_copy_is_told_by_its_name_and_an_answer_that_points_elsewhere_tells_nothing() {
        let (name, kind) = (text("HarddiskVolumeShadowCopy12"), text("Device"));
        let mut answer = vec![0; 64];
        let places = [(0, &name, 64), (16, &kind, 64 + name.len())];
        for (at, held, place) in places {
            answer[at..at + 2].copy_from_slice(&u16::try_from(held.len()).unwrap().to_le_bytes());
            answer[at + 8..at + 16].copy_from_slice(&(0x7000 + u64::try_from(place).unwrap()).to_le_bytes());
        }
        answer.extend(name.iter().chain(&kind));
        let (told, kind) = object(&answer, 0x7000).unwrap();
        assert_eq!((shadow_copy(&told), kind.as_str()), (Some(12), "Device"));
        for base in [0, 0x7071, 0x6fff] {
            assert!(object(&answer, base).and_then(|(name, _)| shadow_copy(&name)).is_none(), "{base}");
        }
        assert!((0..answer.len()).all(|cut| object(&answer[..cut], 0x7000).is_none()));
        for other in ["HarddiskVolume3", "HarddiskVolumeShadowCopy", "HarddiskVolumeShadowCopyx"] {
            assert_eq!(shadow_copy(&other.encode_utf16().collect::<Vec<_>>()), None, "{other}");
        }
    }
}
