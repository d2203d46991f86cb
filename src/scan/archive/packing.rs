//! How a file packs others, by its first bytes, and which of these kinds are opened here.

use super::zip;
use crate::scan::filetype;

/// How a file packs others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Zip,
    Gzip,
    Tar,
    /// A kind that this version does not open.
    Closed(&'static str),
}

/// Kinds that are not opened: offset, signature, name.
const CLOSED: [(usize, &[u8], &str); 19] = [
    (0x8001, b"CD001", "ISO image"),
    (0, b"MSWIM\0\0\0", "WIM"),
    (0, b"!<arch>\n", "AR"),
    (0, b"\xed\xab\xee\xdb", "RPM"),
    (0, b"070701", "CPIO"),
    (0, b"070702", "CPIO"),
    (0, b"070707", "CPIO"),
    (0, b"hsqs", "SQUASHFS"),
    (0, b"xar!", "XAR"),
    (0, b"\x04\x22\x4d\x18", "LZ4"),
    (0, b"LZIP", "LZIP"),
    (0, b"\x5d\x00\x00\x80\x00", "LZMA"),
    (0, b"\x5d\x00\x00\x00\x01", "LZMA"),
    (0, b"\x1f\x9d", "Z"),
    (0, b"\x60\xea", "ARJ"),
    (2, b"-lh", "LZH"),
    (7, b"**ACE**", "ACE"),
    (0, b"vhdxfile", "VHDX"),
    (0, b"conectix", "VHD"),
];

/// The class of an installer's root storage ([MS-CFB] 2.6.1): {000C1084-0000-0000-C000-000000000046}.
const INSTALLER: &[u8] = b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";

impl Packing {
    pub(super) fn of(content: &[u8]) -> Option<Self> {
        match filetype::of(content) {
            "ZIP" => Some(Self::Zip),
            "GZIP" => Some(Self::Gzip),
            "TAR" => Some(Self::Tar),
            kind @ ("RAR" | "7ZIP" | "BZIP2" | "XZ" | "ZSTD" | "CAB") => Some(Self::Closed(kind)),
            "OLE" => is_installer(content).then_some(Self::Closed("MSI")),
            // A program that unpacks itself: its zip is known by its end.
            "EXE" | "ELF" => zip::is_behind(content).then_some(Self::Zip),
            // Empty, or in parts: what is left of it is gone through all the same.
            _ if content.starts_with(b"PK\x05\x06") || content.starts_with(b"PK\x07\x08PK") => {
                Some(Self::Zip)
            }
            _ => CLOSED.iter().find_map(|(at, signature, kind)| {
                content.get(*at..)?.starts_with(signature).then_some(Self::Closed(kind))
            }),
        }
    }
}

/// Whether a compound file is an installer's: by the class of its root.
fn is_installer(content: &[u8]) -> bool {
    let sector = content.get(48..52).and_then(|bytes| Some(u32::from_le_bytes(bytes.try_into().ok()?)));
    let shift = content.get(30).copied().map(u32::from).filter(|shift| matches!(shift, 9 | 12));
    let root = sector.zip(shift).and_then(|(sector, shift)| {
        let at = u64::from(sector).checked_add(1)?.checked_shl(shift)?.checked_add(80)?;
        content.get(usize::try_from(at).ok()?..)
    });
    root.is_some_and(|class| class.starts_with(INSTALLER))
}
