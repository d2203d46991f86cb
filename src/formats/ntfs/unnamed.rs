//! Items of a file other than data streams: its extended attributes and the data of its reparse point, each under the
//! name that Windows uses (`file::$EA`).
//!
//! Two kinds are left out: the extended attributes that Windows itself stores with tens of thousands of its files,
//! and the reparse points of overlays, which are used to read the content.

use super::record::kind;
use crate::evidence::bytes::{u16_at, u32_at};

/// The names of these items in place of a stream name, which cannot contain a colon.
const EXTENDED_ATTRIBUTES: &[u8] = b":$EA";
const REPARSE_POINT: &[u8] = b":$REPARSE_POINT";

/// Extended attributes of the system, with the maximum bytes of each value: caches of the kernel and of code
/// integrity, by prefix (<https://learn.microsoft.com/windows-hardware/drivers/ifs/kernel-extended-attributes>), and
/// owner, group, mode and device of WSL. A program may write some of them itself; a longer value is not the system's.
const SYSTEM: [(&[u8], usize); 6] =
    [(b"$KERNEL.", 1024), (b"$CI.", 1024), (b"$LXUID", 4), (b"$LXGID", 4), (b"$LXMOD", 4), (b"$LXDEV", 8)];

/// Maximum number of attributes per file: they are in 64 KiB, and each has at least 8 bytes.
const MOST: usize = 8192;

/// Returns the attribute type of such a name.
pub(super) fn kind_of(name: &[u8]) -> Option<u32> {
    match name {
        EXTENDED_ATTRIBUTES => Some(kind::EXTENDED_ATTRIBUTES),
        REPARSE_POINT => Some(kind::REPARSE_POINT),
        _ => None,
    }
}

/// Returns the items of a file with these values, with their sizes.
pub(super) fn items(attributes: Option<&[u8]>, reparse: Option<&[u8]>) -> Vec<(Vec<u8>, u64)> {
    let attributes = attributes.filter(|bytes| !are_the_systems(bytes));
    let reparse = reparse.filter(|bytes| !super::overlay::is_overlay(bytes));
    let named = [(EXTENDED_ATTRIBUTES, attributes), (REPARSE_POINT, reparse)];
    let item = |(name, bytes): (&[u8], Option<&[u8]>)| {
        bytes.map(|bytes| (name.to_vec(), crate::formats::disk::to_u64(bytes.len())))
    };
    named.into_iter().filter_map(item).collect()
}

/// Whether all attributes are of those that Windows stores by itself ([MS-FSCC] 2.4.16).
fn are_the_systems(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    for _ in 0..MOST {
        let length = rest.get(5).map(|length| usize::from(*length));
        let name = length.and_then(|length| rest.get(8..)?.get(..length));
        let (Some(name), Some(size)) = (name, u16_at(rest, 6).map(usize::from)) else { return false };
        let is_systems = |(system, most): &(&[u8], usize)| {
            (name == *system || system.ends_with(b".") && name.starts_with(system)) && size <= *most
        };
        if !SYSTEM.iter().any(is_systems) {
            return false;
        }
        let next = u32_at(rest, 0).and_then(|next| usize::try_from(next).ok()).unwrap_or(0);
        // No bytes are allowed between two attributes, or after the last.
        let end = name.len().saturating_add(size).saturating_add(9).next_multiple_of(4);
        if next == 0 || next >= rest.len() {
            return rest.len() <= end;
        }
        if next != end {
            return false;
        }
        rest = rest.get(next..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(name: &str, value: &[u8], last: bool) -> Vec<u8> {
        let size = (8 + name.len() + 1 + value.len()).next_multiple_of(4);
        let next = if last { 0 } else { u32::try_from(size).unwrap() };
        let mut bytes = next.to_le_bytes().to_vec();
        bytes.extend([0, u8::try_from(name.len()).unwrap()]);
        bytes.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
        bytes.extend(name.as_bytes());
        bytes.push(0);
        bytes.extend(value);
        bytes.resize(size, 0);
        bytes
    }

    #[test]
    fn attributes_are_an_item_unless_all_are_the_systems() {
        let names = |names: &[&str]| {
            let last = names.len() - 1;
            names
                .iter()
                .enumerate()
                .flat_map(|(at, name)| attribute(name, b"valu", at == last))
                .collect::<Vec<_>>()
        };
        for (listed, item) in [
            (&["$KERNEL.PURGE.ESBCACHE", "$CI.CATALOGHINT"][..], false),
            (&["$LXUID", "$LXMOD"], false),
            (&["$LXUID", "$LXEVIL"], true),
            (&["$KERNEL.PURGE.ESBCACHE", "PAYLOAD"], true),
            (&["A"], true),
        ] {
            assert_eq!(items(Some(&names(listed)), None).len(), usize::from(item), "{listed:?}");
        }
        for (long, item) in [("$CI.X", 1000), ("$CI.X", 1025), ("$LXUID", 5)]
            .map(|(name, size)| (attribute(name, &vec![0; size], true), size != 1000))
        {
            assert_eq!(items(Some(&long), None).len(), usize::from(item));
        }
        let behind = [attribute("$LXUID", b"valu", true), b"payload!".to_vec()].concat();
        assert_eq!(items(Some(&behind), None).len(), 1);
        for broken in [&[][..], &[0; 7], &[0, 0, 0, 0, 0, 200, 0, 0, b'x'], &[0xff; 40]] {
            assert_eq!(items(Some(broken), None).len(), 1, "{broken:?}");
        }
        assert_eq!(items(None, Some(&[1; 16]))[0], (b":$REPARSE_POINT".to_vec(), 16));
        assert_eq!((kind_of(b":$EA"), kind_of(b"$EA")), (Some(kind::EXTENDED_ATTRIBUTES), None));
    }
}
