//! Layouts of what Windows returns, read from bytes and not by its functions, so that they are tested on every system.
//!
//! In: lists of entries and streams, reparse points, addresses, extents of volumes, environments, tokens and names in
//! UTF-16, as bytes. Out: structs. Bytes that do not have the layout give `None`, never a guess.

mod access;
mod addresses;
mod environment;
mod extents;
mod listing;
mod objects;
mod registry;
mod reparse;
mod token;

pub(crate) use access::{Guarded, Stranger, stranger};
pub(crate) use addresses::{address, client, link};
pub(crate) use environment::variables;
pub(crate) use extents::first_extent;
pub(crate) use listing::{LARGEST_ENTRY, ListedEntry, entries, entries_without_number, streams};
pub(crate) use objects::{counted_text, dos_path, object, shadow_copy};
pub(crate) use registry::{full_value, key_name, key_written, partial_value, value_name};
pub(crate) use reparse::{StoredData, is_recalled, junction, kind_of, stored, target};
pub(crate) use token::{integrity, sid_behind};

pub(crate) use crate::evidence::bytes::{filetime, u16_at, u32_at, u64_at};
use crate::evidence::{sid, wtf8};

/// Little-endian text in units.
pub(crate) fn wide(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).filter_map(|two| u16_at(two, 0)).collect()
}

/// A name in units as the bytes of an origin.
pub(crate) fn from_wide(units: &[u16]) -> Vec<u8> {
    let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    wtf8::encode(&bytes)
}

/// The bytes of an origin as a name in units. What no name on a disk has becomes U+FFFD.
pub(crate) fn to_wide(name: &[u8]) -> Vec<u16> {
    wtf8::decode(name).unwrap_or_else(|| String::from_utf8_lossy(name).encode_utf16().collect())
}

/// The device of a volume, by the path of its root: of a drive, or of a volume without a letter.
pub(crate) fn device(root: &str) -> Option<String> {
    let name = root.strip_prefix("\\\\?\\")?.strip_suffix('\\')?;
    match name.as_bytes() {
        [letter, b':'] if letter.is_ascii_alphabetic() => Some(format!("\\\\.\\{name}")),
        [b'V', b'o', b'l', b'u', b'm', b'e', b'{', .., b'}'] if !name.contains('\\') => {
            Some(format!("\\\\?\\{name}"))
        }
        _ => None,
    }
}

/// The owner's SID in a security descriptor.
pub(crate) fn owner(descriptor: &[u8]) -> Option<String> {
    sid::owner(descriptor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_root_of_a_volume_has_a_device() {
        for (root, wanted) in [
            (r"\\?\C:\", Some(r"\\.\C:")),
            (r"\\?\Volume{0e5b-1}\", Some(r"\\?\Volume{0e5b-1}")),
            (r"\\?\C:\Users\", None),
            (r"\\?\C:\Users", None),
            (r"\\?\Volume{0e5b-1}\x}\", None),
            (r"\\?\UNC\server\share\", None),
            (r"C:\", None),
        ] {
            assert_eq!(device(root).as_deref(), wanted, "{root}");
        }
    }
}
