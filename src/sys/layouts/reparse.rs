//! What a reparse point is, and where it leads (MS-FSCC 2.1.2).
//!
//! A tag says of whose making it is. One with the surrogate bit names another place: it is recorded with its target and
//! never followed unasked. Some tags only say how the data of a file is stored: such a file is read as a file. Whatever is
//! kept elsewhere is not read at all, since opening it would fetch it.

use super::{from_wide, u16_at, u32_at, wide};
use crate::evidence::Kind;

const ATTRIBUTE_DIRECTORY: u32 = 0x10;
const ATTRIBUTE_DEVICE: u32 = 0x40;
const ATTRIBUTE_REPARSE_POINT: u32 = 0x400;
/// `OFFLINE`, `RECALL_ON_OPEN` and `RECALL_ON_DATA_ACCESS`: the data is elsewhere.
const AWAY: u32 = 0x1000 | 0x0004_0000 | 0x0040_0000;

/// `RECALL_ON_OPEN` and `RECALL_ON_DATA_ACCESS`: of a directory, that its entries are elsewhere.
const RECALLED: u32 = 0x0004_0000 | 0x0040_0000;

/// The bit of a tag that says that it stands for another place.
const SURROGATE: u32 = 0x2000_0000;

const MOUNT_POINT: u32 = 0xa000_0003;
const SYMLINK: u32 = 0xa000_000c;
/// An alias of a packaged program: an empty file that names it.
const APP_LINK: u32 = 0x8000_001b;
/// What the Windows Subsystem for Linux keeps: link, socket, fifo, devices.
const WSL_LINK: u32 = 0xa000_001d;
const SOCKET: u32 = 0x8000_0023;
const FIFO: u32 = 0x8000_0024;
const CHARACTER_DEVICE: u32 = 0x8000_0025;
const BLOCK_DEVICE: u32 = 0x8000_0026;

/// Tags of files whose data is here, only stored in another way: deduplicated, packed for the system (WOF), and those
/// of the cloud's and Azure's file sync, where the attributes do not say that the data is away.
const DEDUP: u32 = 0x8000_0013;
const WOF: u32 = 0x8000_0017;
const FILE_SYNC: u32 = 0x8000_001e;
const ONEDRIVE: u32 = 0x8000_0021;
const CLOUD: u32 = 0x9000_001a;
/// The cloud's tag comes in sixteen kinds, told apart by these bits.
const CLOUD_KINDS: u32 = 0x0000_f000;

/// How the data of a file can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredData {
    /// As it stands.
    Plain,
    /// By way of the driver whose tag it has.
    ByDriver,
    /// Not here: reading would fetch it.
    Away,
    /// In a way that is not known.
    Unknown,
}

/// What something is, by its attributes and its tag (0 where it has none).
pub(crate) fn kind_of(attributes: u32, tag: u32) -> Kind {
    let tag = if attributes & ATTRIBUTE_REPARSE_POINT == 0 { 0 } else { tag };
    match tag {
        SOCKET => Kind::Socket,
        FIFO => Kind::Fifo,
        CHARACTER_DEVICE | BLOCK_DEVICE => Kind::Device,
        APP_LINK => Kind::Link,
        tag if tag & SURROGATE != 0 => Kind::Link,
        _ if attributes & ATTRIBUTE_DIRECTORY != 0 => Kind::Directory,
        _ if attributes & ATTRIBUTE_DEVICE != 0 => Kind::Device,
        _ => Kind::File,
    }
}

/// How the data of a file is stored.
pub(crate) fn stored(attributes: u32, tag: u32) -> StoredData {
    if attributes & AWAY != 0 {
        return StoredData::Away;
    }
    if attributes & ATTRIBUTE_REPARSE_POINT == 0 {
        return StoredData::Plain;
    }
    match tag {
        DEDUP | WOF | FILE_SYNC | ONEDRIVE => StoredData::ByDriver,
        tag if tag & !CLOUD_KINDS == CLOUD => StoredData::ByDriver,
        _ => StoredData::Unknown,
    }
}

/// Whether listing a directory with these attributes would fetch its entries from elsewhere.
pub(crate) const fn is_recalled(attributes: u32) -> bool {
    attributes & RECALLED != 0
}

/// Where a reparse point leads, as bytes with `/` between names: `C:/Users`, `//server/share`, `/Users`, or relative.
pub(crate) fn target(buffer: &[u8]) -> Option<Vec<u8>> {
    let tag = u32_at(buffer, 0)?;
    let length = usize::from(u16_at(buffer, 4)?);
    let data = buffer.get(8..8_usize.checked_add(length)?)?;
    // Of both, the substitute name is what the system goes by: offset and length stand first.
    let name = match tag {
        MOUNT_POINT => part(data, 8)?,
        SYMLINK => part(data, 12)?,
        // Version, then the target in UTF-8.
        WSL_LINK => return Some(data.get(4..)?.to_vec()),
        // Version, then package, entry point, program, each ended by a zero.
        APP_LINK => wide(data.get(4..)?).split(|unit| *unit == 0).nth(2)?.to_vec(),
        _ => return None,
    };
    let name = from_wide(&name);
    let prefixed = [&b"\\??\\"[..], b"\\\\?\\"].iter().find_map(|prefix| name.strip_prefix(*prefix));
    let name = match prefixed {
        None => name,
        Some([letter, b':', ..]) if letter.is_ascii_alphabetic() => prefixed.unwrap_or_default().to_vec(),
        Some(rest) => match rest.strip_prefix(b"UNC\\") {
            Some(share) => [b"\\\\", share].concat(),
            // A volume by its number.
            None => [b"\\\\?\\", rest].concat(),
        },
    };
    Some(name.into_iter().map(|byte| if byte == b'\\' { b'/' } else { byte }).collect())
}

/// A reparse point that makes a folder a junction to `to`, a whole path that begins with `\\?\`.
#[cfg_attr(not(windows), allow(dead_code, reason = "only Windows makes one"))]
pub(crate) fn junction(to: &[u16]) -> Option<Vec<u8>> {
    let name: Vec<u16> = "\\??\\".encode_utf16().chain(to.get(4..)?.iter().copied()).collect();
    let length = u16::try_from(name.len().checked_mul(2)?).ok()?;
    // Offset and length of the name, then of the one that is shown, which is empty; each ends in a zero.
    let numbers = [0, length, length.checked_add(2)?, 0];
    let data = numbers.into_iter().chain(name).chain([0, 0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let header = [u16::try_from(data.len()).ok()?, 0].into_iter().flat_map(u16::to_le_bytes);
    Some(MOUNT_POINT.to_le_bytes().into_iter().chain(header).chain(data).collect())
}

/// The name whose offset and length stand first, in a buffer of names that begins at `names`.
fn part(data: &[u8], names: usize) -> Option<Vec<u16>> {
    let (offset, length) = (usize::from(u16_at(data, 0)?), usize::from(u16_at(data, 2)?));
    let from = names.checked_add(offset)?;
    data.get(from..from.checked_add(length)?).map(wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(tag: u32, substitute: &str) -> Vec<u8> {
        let name: Vec<u8> = substitute.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut data = Vec::new();
        for number in [0, name.len(), name.len(), 0] {
            data.extend_from_slice(&u16::try_from(number).unwrap().to_le_bytes());
        }
        if tag == SYMLINK {
            data.extend_from_slice(&[0; 4]);
        }
        data.extend_from_slice(&name);
        let mut buffer = tag.to_le_bytes().to_vec();
        buffer.extend_from_slice(&u16::try_from(data.len()).unwrap().to_le_bytes());
        buffer.extend_from_slice(&[0, 0]);
        buffer.extend_from_slice(&data);
        buffer
    }

    #[test]
    fn a_junction_and_a_link_tell_where_they_lead() {
        for (tag, written, expected) in [
            (MOUNT_POINT, "\\??\\C:\\Users", "C:/Users"),
            (SYMLINK, "..\\x", "../x"),
            (SYMLINK, "\\??\\UNC\\server\\share\\x", "//server/share/x"),
            (SYMLINK, "\\Users\\x", "/Users/x"),
            (MOUNT_POINT, "\\??\\Volume{a}\\", "//?/Volume{a}/"),
        ] {
            let buffer = link(tag, written);
            assert_eq!(target(&buffer).as_deref(), Some(expected.as_bytes()), "{written}");
            for cut in 0..buffer.len() {
                assert_eq!(target(&buffer[..cut]), None, "{written} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_junction_that_is_made_leads_where_it_was_told() {
        let to: Vec<u16> = r"\\?\C:\Users\één".encode_utf16().collect();
        let target = target(&junction(&to).unwrap()).unwrap();
        assert_eq!(target, "C:/Users/één".as_bytes());
        assert_eq!(junction(&to[..2]), None);
    }

    #[test]
    fn a_link_is_a_link_and_a_packed_file_is_a_file() {
        assert_eq!(kind_of(0x410, MOUNT_POINT), Kind::Link);
        assert_eq!(kind_of(0x400, SYMLINK), Kind::Link);
        assert_eq!(kind_of(0x420, DEDUP), Kind::File);
        assert_eq!(kind_of(0x410, CLOUD), Kind::Directory);
        assert_eq!(kind_of(0x400, SOCKET), Kind::Socket);
        // Without the attribute there is no tag, whatever stands in its field.
        assert_eq!(kind_of(0x20, SYMLINK), Kind::File);
    }

    #[test]
    fn only_a_directory_that_is_to_be_recalled_has_its_entries_elsewhere() {
        assert!(is_recalled(0x0040_0410) && is_recalled(0x0004_0410));
        // One that was hydrated, one that a backup took away, and one that is pinned.
        assert!(!is_recalled(0x0410) && !is_recalled(0x1010) && !is_recalled(0x0008_0410));
    }

    #[test]
    fn what_is_elsewhere_is_told_from_what_is_only_stored_in_another_way() {
        assert_eq!(stored(0x20, 0), StoredData::Plain);
        assert_eq!(stored(0x0040_0420, 0x9000_301a), StoredData::Away);
        assert_eq!(stored(0x0040_0020, 0), StoredData::Away);
        assert_eq!(stored(0x1020, 0), StoredData::Away);
        assert_eq!(stored(0x420, 0x9000_301a), StoredData::ByDriver);
        assert_eq!(stored(0x420, DEDUP), StoredData::ByDriver);
        assert_eq!(stored(0x420, 0x8000_0fff), StoredData::Unknown);
    }
}
