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
const CLOSED: [(usize, &[u8], &str); 34] = [
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
    (0x8001, b"BEA01", "UDF image"),
    (0, b"KDMV", "VMDK"),
    (0, b"QFI\xfb", "QCOW"),
    (0x40, b"\x7f\x10\xda\xbe", "VDI"),
    (0, b"EGGA", "EGG"),
    (0, b"ALZ\x01", "ALZ"),
    (20, b"\xdc\xa7\xc4\xfd", "ZOO"),
    (0, b"7kSt\xa0\x31\x83\xd3\x8c\xb2", "ZPAQ"),
    (0, b"ITSF", "CHM"),
    (0, b"ISc(", "InstallShield CAB"),
    (0, b"StuffIt", "StuffIt"),
    (0, b"\x89LZO\0\r\n\x1a\n", "LZO"),
    (0, b"LRZI", "LRZIP"),
    (0, b"\x02\x21\x4c\x18", "LZ4"),
    (0, b"\x78\x9f\x3e\x22", "TNEF"),
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
            "PST" => Some(Self::Closed("PST")),
            // Empty, or in parts: what is left of it is gone through all the same.
            _ if content.starts_with(b"PK\x05\x06") || content.starts_with(b"PK\x07\x08PK") => {
                Some(Self::Zip)
            }
            _ => CLOSED
                .iter()
                .find_map(|(at, signature, kind)| {
                    content.get(*at..)?.starts_with(signature).then_some(Self::Closed(kind))
                })
                .or_else(|| at_the_end(content)),
        }
    }
}

/// What a file packs that is known by its end: a program or script that unpacks itself, a picture or document with a zip behind it.
fn at_the_end(content: &[u8]) -> Option<Packing> {
    if zip::is_behind(content) {
        return Some(Packing::Zip);
    }
    if zip::is_last_part(content) {
        return Some(Packing::Closed("ZIP of which other parts are in other files"));
    }
    // The trailer of an Apple disk image: 512 bytes.
    let trailer = content.get(content.len().checked_sub(512)?..)?;
    trailer.starts_with(b"koly\0\0\0\x04\0\0\x02\0").then_some(Packing::Closed("DMG"))
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
