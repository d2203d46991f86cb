//! Converts security identifiers to text (`S-1-5-32-544`), by which records and rows identify users and groups of
//! Windows.
//!
//! In: the bytes of a SID, or of a security descriptor, from a disk, the registry or the running system. Out: the
//! text; `None` for incomplete bytes. [MS-DTYP] 2.4.2 and 2.4.6:
//! <https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/>

use std::fmt::Write as _;

use super::bytes::u32_at;

/// Reads the owner's SID from a self-relative security descriptor.
pub(crate) fn owner(descriptor: &[u8]) -> Option<String> {
    let at = usize::try_from(u32_at(descriptor, 4)?).ok().filter(|at| *at != 0)?;
    text(descriptor.get(at..)?)
}

/// Writes a SID in its usual form.
pub(crate) fn text(bytes: &[u8]) -> Option<String> {
    let [revision, count, authority @ ..] = bytes.first_chunk::<8>()?;
    // A SID has at most 15 parts ([MS-DTYP] 2.4.2.2).
    let parts = bytes.get(8..)?.get(..usize::from(*count).checked_mul(4)?).filter(|_| *count <= 15)?;
    let authority = authority.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let mut written = format!("S-{revision}-{authority}");
    for part in parts.chunks_exact(4) {
        write!(written, "-{}", u32_at(part, 0)?).ok()?;
    }
    Some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_a_descriptor_is_read_as_a_sid() {
        let mut descriptor = vec![1, 0, 4, 0x80, 20, 0, 0, 0];
        descriptor.resize(20, 0);
        descriptor.extend([1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]);
        assert_eq!(owner(&descriptor).as_deref(), Some("S-1-5-32-544"));
        for cut in 0..descriptor.len() {
            assert_eq!(owner(&descriptor[..cut]), None, "{cut}");
        }
        descriptor[21] = 16;
        assert_eq!(owner(&descriptor), None);
    }
}
