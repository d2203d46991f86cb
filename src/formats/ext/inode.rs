//! Reads an inode: type, times, owner, size, and the data stored in it.

use super::ExtDamage;
use super::layout::{Superblock, feature, to_u64};
use crate::evidence::bytes::{u16_at, u32_at};
use crate::evidence::{Kind, Metadata, Stat, Utc};
use crate::formats::crc32c::crc32c;

/// Flags of an inode.
mod flag {
    pub(super) const ENCRYPTED: u32 = 0x800;
    pub(super) const INDEXED: u32 = 0x1000;
    pub(super) const HUGE: u32 = 0x4_0000;
    pub(super) const EXTENTS: u32 = 0x8_0000;
    pub(super) const INLINE: u32 = 0x1000_0000;
}

/// Bytes of the oldest inode format; a length field follows it in newer ones.
const OLD: usize = 128;

/// Signature of the attributes in an inode.
const ATTRIBUTES: u32 = 0xea02_0000;

/// Namespace index of system attributes.
const SYSTEM: u8 = 7;

/// An inode in use.
#[derive(Debug, Clone)]
pub(super) struct Inode {
    pub(super) number: u32,
    pub(super) kind: Kind,
    pub(super) size: u64,
    /// Initial value of the checksums of its other structures.
    pub(super) seed: u32,
    flags: u32,
    bytes: Vec<u8>,
}

impl Inode {
    /// Reads the inode of a number.
    ///
    /// # Errors
    ///
    /// The inode is free, has no known type, or does not match its checksum.
    pub(super) fn of(layout: &Superblock, number: u32, bytes: Vec<u8>) -> Result<Self, ExtDamage> {
        let short = |at| u16_at(&bytes, at).unwrap_or(0);
        let long = |at| u32_at(&bytes, at).unwrap_or(0);
        if short(0) == 0 || short(26) == 0 {
            return Err(ExtDamage::Free);
        }
        let seed = crc32c(crc32c(layout.seed, &number.to_le_bytes()), &long(100).to_le_bytes());
        if layout.has_checksums() && !is_whole(&bytes, seed) {
            return Err(ExtDamage::Checksum("inode"));
        }
        let kind = match short(0) >> 12 {
            0x1 => Kind::Fifo,
            0x2 | 0x6 => Kind::Device,
            0x4 => Kind::Directory,
            0x8 => Kind::File,
            0xa => Kind::Link,
            0xc => Kind::Socket,
            _ => return Err(ExtDamage::Block("inode")),
        };
        // In a directory, the upper half is another field.
        let wide = kind == Kind::File || layout.incompatible & feature::LARGE_DIRECTORIES != 0;
        let size = u64::from(long(4)) | if wide { u64::from(long(108)) << 32 } else { 0 };
        Ok(Self { number, kind, size, seed, flags: long(32), bytes })
    }

    /// Returns the block map, or the data stored in its place.
    pub(super) fn map(&self) -> &[u8] {
        self.bytes.get(40..100).unwrap_or_default()
    }

    pub(super) const fn has_extents(&self) -> bool {
        self.flags & flag::EXTENTS != 0
    }

    pub(super) const fn is_encrypted(&self) -> bool {
        self.flags & flag::ENCRYPTED != 0
    }

    /// Whether it is a directory with a hash tree.
    pub(super) const fn is_indexed(&self) -> bool {
        self.flags & flag::INDEXED != 0
    }

    /// Returns the two parts of inline data; `None` where the content is in blocks.
    pub(super) fn inline(&self) -> Option<(&[u8], &[u8])> {
        (self.flags & flag::INLINE != 0).then(|| (self.map(), self.attribute(b"data").unwrap_or_default()))
    }

    /// Returns the target of a short symbolic link; `None` where it is in blocks.
    pub(super) fn short_link(&self) -> Option<&[u8]> {
        let size = usize::try_from(self.size).ok().filter(|size| *size < 60)?;
        if self.flags & (flag::EXTENTS | flag::INLINE) == 0 { self.map().get(..size) } else { None }
    }

    /// Returns the metadata.
    pub(super) fn stat(&self, layout: &Superblock, link: Option<Vec<u8>>) -> Stat {
        let short = |at| u16_at(&self.bytes, at).unwrap_or(0);
        let long = |at| u32_at(&self.bytes, at).unwrap_or(0);
        let both = |low: usize, high: usize| u32::from(short(low)) | (u32::from(short(high)) << 16);
        // Zero where no creation time was recorded.
        let has_born = self.long_of_new(0x90).is_some_and(|born| born != 0);
        let metadata = Metadata {
            size: matches!(self.kind, Kind::File | Kind::Link).then_some(self.size),
            modified: self.time(16, 0x88),
            accessed: self.time(8, 0x8c),
            changed: self.time(12, 0x84),
            born: has_born.then(|| self.time(0x90, 0x94)).flatten(),
            mode: Some(short(0).into()),
            uid: Some(both(2, 120)),
            gid: Some(both(24, 122)),
            inode: Some(self.number.into()),
            links: Some(short(26).into()),
            target: link.as_ref().map(|link| String::from_utf8_lossy(link).into_owned()),
            ..Metadata::default()
        };
        let huge = layout.read_only & feature::HUGE_FILE != 0;
        let count = u64::from(long(28)) | if huge { u64::from(short(116)) << 32 } else { 0 };
        let unit = if huge && self.flags & flag::HUGE != 0 { to_u64(layout.block) } else { 512 };
        let allocated = self.inline().is_none().then(|| count.saturating_mul(unit));
        Stat { kind: self.kind, metadata, allocated, link, touched: false, streams: Vec::new() }
    }

    /// Reads the time at `at` in seconds; `more` has two further bits and the nanoseconds.
    fn time(&self, at: usize, more: usize) -> Option<Utc> {
        let seconds = i64::from(u32_at(&self.bytes, at)?.cast_signed());
        let more = self.long_of_new(more).unwrap_or(0);
        Utc::from_unix(seconds.saturating_add(i64::from(more & 3) << 32), more >> 2)
    }

    /// Reads a number of the newer inode format, where this inode is long enough.
    fn long_of_new(&self, at: usize) -> Option<u32> {
        let end = OLD.saturating_add(u16_at(&self.bytes, OLD)?.into());
        (at.saturating_add(4) <= end).then(|| u32_at(&self.bytes, at)).flatten()
    }

    /// Returns the flags: those of `FS_IOC_GETFLAGS`, and some internal ones.
    pub(super) const fn flags(&self) -> u32 {
        self.flags
    }

    /// Returns the attribute block; 0 where there is none.
    pub(super) fn attribute_block(&self) -> u64 {
        let high = u16_at(&self.bytes, 118).unwrap_or(0);
        u64::from(u32_at(&self.bytes, 104).unwrap_or(0)) | (u64::from(high) << 32)
    }

    /// Returns the bytes after the fixed fields: attributes, where they begin with the signature.
    pub(super) fn attributes(&self) -> Option<&[u8]> {
        let begin = OLD.checked_add(u16_at(&self.bytes, OLD)?.into())?;
        self.bytes.get(begin..)
    }

    /// Returns a system attribute that is stored in the inode.
    fn attribute(&self, wanted: &[u8]) -> Option<&[u8]> {
        let all = self.attributes().filter(|all| u32_at(all, 0) == Some(ATTRIBUTES))?.get(4..)?;
        let mut rest = all;
        // Each entry has at least 16 bytes, and an inode at most one block.
        loop {
            let (length, index) = (usize::from(*rest.first()?), *rest.get(1)?);
            if u32_at(rest, 0)? == 0 {
                return None;
            }
            if index == SYSTEM && rest.get(16..)?.get(..length)? == wanted {
                let (offset, size) = (usize::from(u16_at(rest, 2)?), usize::try_from(u32_at(rest, 8)?).ok()?);
                return all.get(offset..)?.get(..size);
            }
            rest = rest.get(16_usize.checked_add(length.next_multiple_of(4))?..)?;
        }
    }
}

/// Whether an inode matches its checksum. The oldest format has the lower half of it only.
fn is_whole(bytes: &[u8], seed: u32) -> bool {
    let part = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    let has_upper = bytes.len() > OLD && u16_at(bytes, OLD).is_some_and(|extra| extra >= 4);
    let mut sum = crc32c(crc32c(crc32c(seed, part(0, 124)), &[0; 2]), part(126, OLD));
    let mut stored = u32::from(u16_at(bytes, 124).unwrap_or(0));
    if has_upper {
        sum = crc32c(crc32c(crc32c(sum, part(OLD, 130)), &[0; 2]), part(132, bytes.len()));
        stored |= u32::from(u16_at(bytes, 130).unwrap_or(0)) << 16;
        return sum == stored;
    }
    sum = crc32c(sum, part(OLD, bytes.len()));
    sum & 0xffff == stored
}
