//! Reads the extended attributes of a file: in its inode, in a separate block, or with the value in a separate inode
//! (<https://docs.kernel.org/filesystems/ext4/attributes.html>).
//!
//! In: an inode. Out: names with namespaces, and values, as a running system returns them; access control lists have
//! a shorter on-disk format, and are expanded. Each damaged attribute is an error in the list.

use std::sync::Arc;

use super::ExtDamage;
use super::content::ExtContent;
use super::inode::Inode;
use super::layout::to_u64;
use super::volume::ExtVolume;
use crate::evidence::bytes::{u16_at, u32_at};

/// Signature of an attribute area.
const MARK: u32 = 0xea02_0000;

/// Offset of the entries in an attribute block.
const IN_BLOCK: usize = 32;

/// Maximum number of attributes per file; each takes at least 16 bytes, in an inode and a block.
const MOST: usize = 4096;

/// Maximum bytes of a value, as in Linux.
const MAX_VALUE: u64 = 64 << 10;

/// An extended attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExtAttribute {
    /// Name with its namespace, such as `security.capability`.
    pub(crate) name: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

impl ExtVolume {
    /// Returns the extended attributes of an inode, in on-disk order, without the inline data of a small file.
    pub(super) fn extended_attributes(
        self: &Arc<Self>,
        inode: &Inode,
    ) -> Vec<Result<ExtAttribute, ExtDamage>> {
        let mut all = Vec::new();
        if let Some(bytes) = inode.attributes().filter(|bytes| u32_at(bytes, 0) == Some(MARK)) {
            // Value offsets count from the end of the signature.
            let bytes = bytes.get(4..).unwrap_or_default();
            self.take_attributes(bytes, 0, &mut all);
        }
        match inode.attribute_block() {
            0 => {}
            block if block >= self.layout.blocks => all.push(Err(ExtDamage::Block("block of attributes"))),
            block => match self.block(block) {
                Ok(bytes) if u32_at(&bytes, 0) == Some(MARK) => {
                    self.take_attributes(&bytes, IN_BLOCK, &mut all);
                }
                Ok(_) => all.push(Err(ExtDamage::Block("block of attributes"))),
                Err(damage) => all.push(Err(damage)),
            },
        }
        all
    }

    /// Reads the entries from `at` on; value offsets count from the beginning of `bytes`.
    fn take_attributes(
        self: &Arc<Self>,
        bytes: &[u8],
        at: usize,
        all: &mut Vec<Result<ExtAttribute, ExtDamage>>,
    ) {
        let mut rest = bytes.get(at..).unwrap_or_default();
        while let (Some(length), Some(index)) = (rest.first(), rest.get(1)) {
            if u32_at(rest, 0) == Some(0) || all.len() >= MOST {
                return;
            }
            let length = usize::from(*length);
            let Some(name) = rest.get(16..).and_then(|rest| rest.get(..length)) else {
                return all.push(Err(ExtDamage::Block("attribute")));
            };
            let name = [prefix(*index), name].concat();
            if name != b"system.data" {
                all.push(self.attribute_value(bytes, rest).map(|value| {
                    let value = if name.starts_with(b"system.posix_acl_") {
                        acl(&value).unwrap_or(value)
                    } else {
                        value
                    };
                    ExtAttribute { name, value }
                }));
            }
            rest = rest.get(16_usize.saturating_add(length.next_multiple_of(4))..).unwrap_or_default();
        }
    }

    fn attribute_value(self: &Arc<Self>, bytes: &[u8], entry: &[u8]) -> Result<Vec<u8>, ExtDamage> {
        let wrong = || ExtDamage::Block("attribute");
        let (number, size) = (u32_at(entry, 4).ok_or_else(wrong)?, u32_at(entry, 8).ok_or_else(wrong)?);
        if u64::from(size) > MAX_VALUE {
            return Err(ExtDamage::TooLarge("attribute"));
        }
        let size = usize::try_from(size).unwrap_or(0);
        if number == 0 {
            let offset = usize::from(u16_at(entry, 2).ok_or_else(wrong)?);
            return Ok(bytes.get(offset..).and_then(|rest| rest.get(..size)).ok_or_else(wrong)?.to_vec());
        }
        let mut content = ExtContent::of(self, &self.inode(number)?)?;
        let mut value = vec![0; size];
        let mut filled = 0_usize;
        while let Some(rest) = value.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match content.read_at(to_u64(filled), rest)? {
                0 => return Err(wrong()),
                count => filled = filled.saturating_add(count),
            }
        }
        Ok(value)
    }
}

/// Returns the namespace of an index; for access control lists, the whole name.
const fn prefix(index: u8) -> &'static [u8] {
    match index {
        1 => b"user.",
        2 => b"system.posix_acl_access",
        3 => b"system.posix_acl_default",
        4 => b"trusted.",
        5 => b"lustre.",
        6 => b"security.",
        7 => b"system.",
        8 => b"system.richacl",
        9 => b"encryption.",
        10 => b"hurd.",
        _ => b"unknown.",
    }
}

/// Converts an access control list to the format of a running system: version 2, with type, rights and id per entry.
/// The on-disk format is version 1, where only user and group entries have an id.
fn acl(stored: &[u8]) -> Option<Vec<u8>> {
    const USER: u16 = 2;
    const GROUP: u16 = 8;
    let mut rest = stored.get(4..).filter(|_| u32_at(stored, 0) == Some(1))?;
    let mut given = 2_u32.to_le_bytes().to_vec();
    while !rest.is_empty() {
        let kind = u16_at(rest, 0)?;
        let named = matches!(kind, USER | GROUP);
        let number = if named { u32_at(rest, 4)? } else { u32::MAX };
        given.extend(rest.get(..4)?);
        given.extend(number.to_le_bytes());
        rest = rest.get(if named { 8 } else { 4 }..)?;
    }
    Some(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_control_list_has_the_format_of_a_running_system() {
        let stored = [
            &1_u32.to_le_bytes()[..],
            &[1, 0, 6, 0],
            &[2, 0, 7, 0, 0xe8, 3, 0, 0],
            &[4, 0, 4, 0],
            &[0x10, 0, 7, 0],
            &[0x20, 0, 4, 0],
        ]
        .concat();
        let given = acl(&stored).unwrap();
        assert_eq!(given.len(), 4 + 5 * 8);
        assert_eq!(given[..12], [2, 0, 0, 0, 1, 0, 6, 0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(given[12..20], [2, 0, 7, 0, 0xe8, 3, 0, 0]);
        for cut in [0, 3, 5, 10, 13] {
            assert_eq!(acl(&stored[..cut]), None, "{cut}");
        }
    }
}
