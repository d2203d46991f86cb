//! Reads the metadata in a file's records: times, attributes, owner, names, streams, and the target of a reparse
//! point.

use super::record::{Record, kind};
use super::security;
use super::stream::{AttributeValue, Gathered, Stream};
use super::volume::{NtfsVolume, resident};
use crate::evidence::bytes::{filetime, u16_at, u32_at, u64_at};
use crate::evidence::{Kind, Metadata, sid, wtf8};

/// `FILE_ATTRIBUTE_*` of NTFS that matter here.
const ATTRIBUTE_DIRECTORY: u32 = 0x10;
const ATTRIBUTE_REPARSE_POINT: u32 = 0x400;

/// Reparse tags, as listed in [MS-FSCC] 2.1.2.1.
const TAG_MOUNT_POINT: u32 = 0xa000_0003;
const TAG_SYMLINK: u32 = 0xa000_000c;
const TAG_LX_SYMLINK: u32 = 0xa000_001d;
/// Tag bit of reparse points that refer to another path.
const TAG_NAME_SURROGATE: u32 = 0x2000_0000;
const SYMLINK_RELATIVE: u32 = 1;

/// Namespace of DOS names, which exist next to the long ones.
const SPACE_DOS: u8 = 2;

/// Maximum bytes of a `Zone.Identifier`; Windows writes a few hundred.
const MAX_ZONE: u64 = 4 << 10;

/// The metadata of a file.
#[derive(Debug)]
pub(super) struct NtfsFacts {
    pub(super) kind: Kind,
    pub(super) metadata: Metadata,
    /// Bytes of storage for its content.
    pub(super) allocated: Option<u64>,
    /// Target of a link, as a path on this volume with `/`; `None` where it leads elsewhere.
    pub(super) link: Option<Vec<u8>>,
    /// Named streams and their sizes, without `Zone.Identifier`; extended attributes and reparse data are listed as
    /// streams.
    pub(super) streams: Vec<(Vec<u8>, u64)>,
    /// Content of the reparse point.
    pub(super) reparse: Option<Vec<u8>>,
}

/// Reads the metadata. Damage in one place affects only the facts stored there.
pub(super) fn of(volume: &NtfsVolume, number: u64, record: &Record) -> NtfsFacts {
    let mut metadata = Metadata { inode: Some(NtfsVolume::reference(number, record)), ..Metadata::default() };
    let (mut security_id, mut links, mut short) = (None, 0_u64, None);
    let clusters = volume.geometry.clusters;
    let (mut data, mut reparse) = (Gathered::new(clusters), Gathered::new(clusters));
    let (mut descriptor, mut extended) = (Gathered::new(clusters), Gathered::new(clusters));
    let whole = volume.each_attribute(number, record, |attribute| match attribute.kind {
        kind::STANDARD_INFORMATION => {
            if let Some(bytes) = resident(attribute) {
                standard_information(bytes, &mut metadata);
                security_id = u32_at(bytes, 52).filter(|id| *id != 0);
            }
        }
        kind::FILE_NAME => match resident(attribute).and_then(|bytes| Some((bytes, *bytes.get(65)?))) {
            Some((bytes, SPACE_DOS)) => short = name_in(bytes),
            Some(_) => links = links.saturating_add(1),
            None => {}
        },
        kind::DATA => data.add(attribute),
        kind::REPARSE_POINT => reparse.add(attribute),
        kind::SECURITY_DESCRIPTOR => descriptor.add(attribute),
        kind::EXTENDED_ATTRIBUTES => extended.add(attribute),
        _ => {}
    });
    metadata.links = Some(links).filter(|links| *links > 0);
    metadata.short_name = short.map(|name| String::from_utf8_lossy(&name).into_owned());
    let held = |gathered: Gathered| {
        let value = gathered.finish().into_iter().next().map(|(_, value)| value);
        value.and_then(|value| volume.held(&value.ok()?).ok())
    };
    let descriptor = held(descriptor).and_then(|bytes| sid::owner(&bytes));
    metadata.owner = descriptor.or_else(|| security_id.and_then(|id| security::owner(volume, id)));
    let (reparse, extended) = (held(reparse), held(extended));

    let mut facts = NtfsFacts {
        kind: if record.is_directory() { Kind::Directory } else { Kind::File },
        metadata,
        allocated: None,
        link: None,
        streams: Vec::new(),
        reparse: None,
    };
    if let Some(bytes) = &reparse {
        follow(bytes, &mut facts);
    }
    let overlay = reparse.as_deref().is_some_and(super::overlay::is_overlay);
    facts.streams = super::unnamed::items(extended.as_deref(), reparse.as_deref());
    facts.reparse = reparse;
    take_streams(volume, data.finish(), overlay, &mut facts);
    if facts.kind == Kind::Directory || facts.kind == Kind::Link {
        (facts.metadata.size, facts.allocated) = (None, None);
    } else if facts.metadata.size.is_none() && whole.is_err() {
        // The content itself is damaged: opening it returns the error.
        facts.metadata.size = Some(0);
    }
    facts
}

fn take_streams(volume: &NtfsVolume, streams: Vec<Stream>, overlay: bool, facts: &mut NtfsFacts) {
    for (name, value) in streams {
        let name = wtf8::encode(&name);
        let size = value.as_ref().map_or(0, AttributeValue::size);
        if name.is_empty() {
            facts.metadata.size = Some(size);
            facts.allocated = value.as_ref().ok().map(AttributeValue::allocated);
        } else if name == b"Zone.Identifier" && size <= MAX_ZONE {
            let bytes = value.and_then(|value| volume.held(&value)).unwrap_or_default();
            facts.metadata.zone_identifier = Some(String::from_utf8_lossy(&bytes).into_owned());
        } else if !(overlay && name == super::overlay::STREAM) {
            facts.streams.push((name, size));
        } else if let Ok(value) = value {
            facts.allocated = Some(value.allocated());
        }
    }
    facts.streams.sort();
}

fn standard_information(bytes: &[u8], metadata: &mut Metadata) {
    let time = |at| u64_at(bytes, at).and_then(filetime);
    (metadata.born, metadata.modified) = (time(0), time(8));
    (metadata.changed, metadata.accessed) = (time(16), time(24));
    metadata.attributes = u32_at(bytes, 32);
}

/// Returns the name in the value of a `$FILE_NAME`.
pub(super) fn name_in(bytes: &[u8]) -> Option<Vec<u8>> {
    let length = usize::from(*bytes.get(64)?).saturating_mul(2);
    Some(wtf8::encode(bytes.get(66..)?.get(..length)?))
}

/// Whether a `$FILE_NAME` in an index is a DOS name, and whether it is that of a directory or a link.
pub(super) fn entry_kind(bytes: &[u8]) -> Option<(bool, Kind)> {
    let attributes = u32_at(bytes, 56)?;
    // A reparse point has its tag in place of the size of extended attributes.
    let tag = u32_at(bytes, 60)?;
    let kind = if attributes & ATTRIBUTE_REPARSE_POINT != 0 && is_link(tag) {
        Kind::Link
    } else if attributes & (0x1000_0000 | ATTRIBUTE_DIRECTORY) != 0 {
        Kind::Directory
    } else {
        Kind::File
    };
    Some((*bytes.get(65)? == SPACE_DOS, kind))
}

const fn is_link(tag: u32) -> bool {
    tag & TAG_NAME_SURROGATE != 0 || tag == TAG_LX_SYMLINK
}

/// Reads the target of a reparse point.
fn follow(bytes: &[u8], facts: &mut NtfsFacts) {
    let Some(tag) = u32_at(bytes, 0).filter(|tag| is_link(*tag)) else { return };
    facts.kind = Kind::Link;
    let Some(buffer) = bytes.get(8..) else { return };
    if tag == TAG_LX_SYMLINK {
        let target = buffer.get(4..).unwrap_or_default().to_vec();
        facts.metadata.target = Some(String::from_utf8_lossy(&target).into_owned());
        facts.link = Some(target);
        return;
    }
    let names_at = match tag {
        TAG_MOUNT_POINT => 8,
        TAG_SYMLINK => 12,
        _ => return,
    };
    let part = |at: usize, length_at: usize| {
        let begin = usize::from(u16_at(buffer, at)?).saturating_add(names_at);
        let text = buffer.get(begin..)?.get(..usize::from(u16_at(buffer, length_at)?))?;
        Some(wtf8::encode(text))
    };
    let (Some(substitute), Some(print)) = (part(0, 2), part(4, 6)) else { return };
    let relative = tag == TAG_SYMLINK && u32_at(buffer, 8).is_some_and(|flags| flags & SYMLINK_RELATIVE != 0);
    facts.link = if relative { Some(slashes(&substitute)) } else { on_a_drive(&substitute) };
    let shown = if print.is_empty() { substitute } else { print };
    facts.metadata.target = Some(String::from_utf8_lossy(&shown).into_owned());
}

/// Returns the path of `\??\C:\…` below its drive. The drive letter is ignored: where the link is on the system
/// volume, the target is on the same volume; no other volume is searched.
fn on_a_drive(path: &[u8]) -> Option<Vec<u8>> {
    let path = path.strip_prefix(br"\??\")?;
    match path {
        [letter, b':', rest @ ..] if letter.eq_ignore_ascii_case(&b'C') => Some(slashes(rest)),
        _ => None,
    }
}

fn slashes(path: &[u8]) -> Vec<u8> {
    path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reparse(tag: u32, flags: Option<u32>, substitute: &str, print: &str) -> Vec<u8> {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let (substitute, print) = (wide(substitute), wide(print));
        let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_le_bytes();
        let mut bytes = tag.to_le_bytes().to_vec();
        bytes.extend([0; 4]);
        bytes.extend([0, 0]);
        bytes.extend(length(&substitute));
        bytes.extend(length(&substitute));
        bytes.extend(length(&print));
        bytes.extend(flags.map(u32::to_le_bytes).into_iter().flatten());
        bytes.extend(substitute);
        bytes.extend(print);
        bytes
    }

    fn followed(bytes: &[u8]) -> (Kind, Option<String>, Option<String>) {
        let mut facts = NtfsFacts {
            kind: Kind::File,
            metadata: Metadata::default(),
            allocated: None,
            link: None,
            streams: Vec::new(),
            reparse: None,
        };
        follow(bytes, &mut facts);
        (facts.kind, facts.metadata.target, facts.link.map(|link| String::from_utf8(link).unwrap()))
    }

    #[test]
    fn links_and_junctions_have_a_target_and_overlays_are_files() {
        let text = |text: &str| Some(text.to_owned());
        let junction = reparse(TAG_MOUNT_POINT, None, r"\??\C:\ProgramData", r"C:\ProgramData");
        assert_eq!(followed(&junction), (Kind::Link, text(r"C:\ProgramData"), text("/ProgramData")));
        let relative = reparse(TAG_SYMLINK, Some(1), r"..\x y", r"..\x y");
        assert_eq!(followed(&relative), (Kind::Link, text(r"..\x y"), text("../x y")));
        let volume = reparse(TAG_MOUNT_POINT, None, r"\??\Volume{1}\", "");
        assert_eq!(followed(&volume), (Kind::Link, text(r"\??\Volume{1}\"), None));
        let placeholder = reparse(0x9000_001a, None, "", "");
        assert_eq!(followed(&placeholder).0, Kind::File);
        for cut in 0..junction.len() {
            followed(&junction[..cut]);
        }
    }
}
