//! Reads local headers (APPNOTE 4.3.7), and checks them and their names against the format.

use super::StructureFault;
use super::input::{Input, InputEnd};
use crate::bundle::limits::ReadLimits;

pub(super) const LOCAL: &[u8; 4] = b"PK\x03\x04";
pub(super) const FIXED: usize = 30;
const UTF8: u16 = 0x0800;
const DESCRIPTOR: u16 = 0x0008;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ZIP64: u16 = 0x0001;
/// Maximum expansion of deflate (RFC 1951: 258 bytes from 2 bits, and a block header).
const DEFLATE_RATIO: u64 = 1_032;

/// The header of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Plain offset of the header.
    pub offset: u64,
    /// Name; ends in `/` for a directory.
    pub name: String,
    /// CRC and sizes; absent where a descriptor follows the content.
    pub sizes: Option<Sizes>,
    /// Whether it is compressed.
    pub deflated: bool,
    /// Whether it was found after a hole: it may be part of hostile content.
    pub after_hole: bool,
    pub(super) zip64: bool,
    pub(super) flags: u16,
    pub(super) method: u16,
}

/// CRC and sizes of an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// CRC-32 of the content.
    pub crc32: u32,
    /// Length in the archive.
    pub compressed: u64,
    /// Length of the content.
    pub size: u64,
}

pub(super) enum HeaderFault {
    Stop(InputEnd),
    Fault(StructureFault),
}

impl From<InputEnd> for HeaderFault {
    fn from(stop: InputEnd) -> Self {
        Self::Stop(stop)
    }
}

pub(super) fn read(
    input: &mut Input<'_>,
    limits: &ReadLimits,
    after_hole: bool,
) -> Result<Head, HeaderFault> {
    let offset = input.offset();
    let wrong = |what| HeaderFault::Fault(StructureFault::Header { at: offset, what });
    let fixed = Fields(input.peek(FIXED)?);
    let (version, flags, method) = (fixed.u16(4), fixed.u16(6), fixed.u16(8));
    let (crc32, compressed, size) = (fixed.u32(14), fixed.u32(18), fixed.u32(22));
    let (name_length, extra_length) = (usize::from(fixed.u16(26)), usize::from(fixed.u16(28)));
    if !matches!(version, 10 | 20 | 45) {
        return Err(wrong("needs a zip version that the format does not use"));
    }
    if flags & !(UTF8 | DESCRIPTOR) != 0 {
        return Err(wrong("has flags that the format does not use (encrypted, patched or masked)"));
    }
    if !matches!(method, STORED | DEFLATED) {
        return Err(wrong("has a compression method that the format does not use"));
    }
    if name_length == 0 || name_length > limits.name {
        return Err(wrong("has a name that is empty or longer than 1,000 bytes"));
    }
    if extra_length > limits.extra {
        return Err(wrong("has extra fields of more than 256 bytes"));
    }
    let length = FIXED.saturating_add(name_length).saturating_add(extra_length);
    let bytes = input.peek(length)?;
    let name = bytes.get(FIXED..FIXED.saturating_add(name_length)).unwrap_or_default();
    let extra = bytes.get(FIXED.saturating_add(name_length)..length).unwrap_or_default();
    let name = match str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) => return Err(wrong("has a name that is not UTF-8")),
    };
    let zip64 = zip64_field(extra).map_err(wrong)?;
    let in_zip64 = compressed == u32::MAX || size == u32::MAX;
    let sizes = if flags & DESCRIPTOR != 0 {
        if method == STORED {
            return Err(wrong("is stored, but its size is only after the content"));
        }
        None
    } else if in_zip64 {
        let field = Fields(zip64.unwrap_or_default());
        if field.0.len() < 16 {
            return Err(wrong("lacks its zip64 sizes"));
        }
        Some(Sizes { crc32, size: field.u64(0), compressed: field.u64(8) })
    } else {
        Some(Sizes { crc32, compressed: u64::from(compressed), size: u64::from(size) })
    };
    let zip64 = zip64.is_some();
    if let Some(what) = wrong_name(&name) {
        return Err(HeaderFault::Fault(StructureFault::Name { at: offset, name, what }));
    }
    if let Some(sizes) = &sizes {
        let most = sizes.compressed.saturating_add(1).saturating_mul(DEFLATE_RATIO);
        if method == STORED && sizes.compressed != sizes.size {
            let what = "content when stored";
            return Err(HeaderFault::Fault(StructureFault::Size {
                name,
                what,
                said: sizes.size,
                found: sizes.compressed,
            }));
        }
        if method == DEFLATED && sizes.size > most {
            return Err(wrong("claims to expand more than deflate can (1,032 times)"));
        }
        if name.ends_with('/') && sizes.size > 0 {
            return Err(wrong("is that of a directory with content"));
        }
    }
    input.take(length);
    Ok(Head { offset, name, sizes, deflated: method == DEFLATED, after_hole, zip64, flags, method })
}

/// Returns the fault in an entry's name: it must be relative, joined with `/`, without parts or characters that could
/// make an unpacker leave its directory.
fn wrong_name(name: &str) -> Option<&'static str> {
    let path = name.strip_suffix('/').unwrap_or(name);
    let drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if name.starts_with('/') || drive {
        Some("is absolute")
    } else if name.contains('\\') {
        Some("contains a backslash")
    } else if name.chars().any(char::is_control) {
        Some("contains a control character")
    } else if path.split('/').any(|part| part == "..") {
        Some("leaves its directory")
    } else if path.split('/').any(|part| part.is_empty() || part == ".") {
        Some("has an empty part")
    } else {
        None
    }
}

/// Returns the zip64 extra field, if any; an error where the extra fields are malformed.
pub(super) fn zip64_field(mut extra: &[u8]) -> Result<Option<&[u8]>, &'static str> {
    const TORN: &str = "has malformed extra fields";
    let mut found = None;
    while !extra.is_empty() {
        let (head, rest) = extra.split_at_checked(4).ok_or(TORN)?;
        let fields = Fields(head);
        let (field, rest) = rest.split_at_checked(usize::from(fields.u16(2))).ok_or(TORN)?;
        if fields.u16(0) == ZIP64 && found.replace(field).is_some() {
            return Err("has its zip64 sizes twice");
        }
        extra = rest;
    }
    Ok(found)
}

/// Reads little-endian numbers at fixed offsets; 0 after the end, which callers have checked.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl Fields<'_> {
    pub(super) fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.bytes(at))
    }

    pub(super) fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.bytes(at))
    }

    pub(super) fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.bytes(at))
    }

    fn bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        self.0.get(at..).and_then(|rest| rest.first_chunk::<N>()).copied().unwrap_or([0; N])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_lead_astray_are_refused() {
        for wrong in [
            "../x",
            "fs/../../x",
            "/etc/passwd",
            "C:/x",
            "c:x",
            "fs\\x",
            "fs//x",
            "fs/./x",
            "a\nb",
            "/",
            "fs/..",
        ] {
            assert!(wrong_name(wrong).is_some(), "{wrong}");
        }
        for right in ["veldkit.json", "fs/C/a:stream", "fs/$rootfs$/etc/", "fs/..a/b..", "fs/C/CON", "fs/a."]
        {
            assert_eq!(wrong_name(right), None, "{right}");
        }
    }
}
