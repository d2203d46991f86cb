//! Reads directories and other indexes: trees of nodes, walked in order or searched, each node once.
//!
//! A node is hostile: its entries never reach past it, each is at least as long as its header, and a node that was
//! read before, or is deeper than any tree in use, is damage.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::Damage;
use super::names::key_units;
use super::record::{Record, kind, take_back_fixups};
use super::stream::{AttributeValue, Clusters};
use super::volume::{NtfsVolume, index_block_size, resident};
use crate::evidence::bytes::{u16_at, u32_at, u64_at};

/// Maximum depth of a node: three levels have some million entries.
const MAX_DEPTH: usize = 32;

/// Maximum number of nodes per index: 4 GiB of a directory.
const MAX_NODES: usize = 1 << 20;

const HAS_CHILD: u16 = 1;
const LAST: u16 = 2;

/// An index entry: the file or value that it refers to, and its key.
#[derive(Debug, Clone)]
pub(super) struct IndexEntry {
    bytes: Vec<u8>,
    flags: u16,
    key_length: usize,
}

impl IndexEntry {
    /// Returns the file reference.
    pub(super) fn reference(&self) -> u64 {
        u64_at(&self.bytes, 0).unwrap_or(0)
    }

    pub(super) fn key(&self) -> &[u8] {
        self.bytes.get(16..).and_then(|rest| rest.get(..self.key_length)).unwrap_or_default()
    }

    /// Returns the data stored with the key, in an index that is not a directory.
    pub(super) fn data(&self) -> Option<&[u8]> {
        let (offset, length) = (u16_at(&self.bytes, 0)?, u16_at(&self.bytes, 2)?);
        self.bytes.get(usize::from(offset)..)?.get(..usize::from(length))
    }

    fn child(&self) -> Option<u64> {
        (self.flags & HAS_CHILD != 0).then(|| u64_at(self.bytes.last_chunk::<8>()?, 0)).flatten()
    }
}

/// Maximum number of names of one directory that differ in case only.
const MAX_SAME: usize = 64;

/// An index: its root, and the location of its other nodes.
#[derive(Debug, Clone)]
pub(super) struct Nodes {
    root: Vec<u8>,
    block: usize,
    blocks: Option<Clusters>,
}

impl Nodes {
    /// Opens an index of a file by name; that of a directory is `$I30`.
    ///
    /// # Errors
    ///
    /// The file has no such index, or its parts are damaged.
    pub(super) fn of(volume: &NtfsVolume, number: u64, record: &Record, name: &str) -> Result<Self, Damage> {
        let named = |bytes: &[u8]| super::names::units(bytes).eq(name.encode_utf16());
        let (mut root, mut blocks) = (None, super::stream::Gathered::new(volume.geometry.clusters));
        let damage = volume.each_attribute(number, record, |attribute| match attribute.kind {
            kind::INDEX_ROOT if named(attribute.name) => root = resident(attribute).map(<[u8]>::to_vec),
            kind::INDEX_ALLOCATION if named(attribute.name) => blocks.add(attribute),
            _ => {}
        });
        let Some(root) = root else {
            damage?;
            return Err(Damage::Block("directory"));
        };
        let block = index_block_size(&root).ok_or(Damage::Block("index"))?;
        let blocks = match blocks.finish().pop() {
            Some((_, Ok(AttributeValue::Clusters(clusters)))) => Some(clusters),
            Some((_, Err(error))) => return Err(error),
            Some((_, Ok(AttributeValue::Resident(_)))) | None => None,
        };
        Ok(Self { root, block, blocks })
    }

    /// Returns all entries in order. Each damaged one is an error in the sequence; the others follow.
    pub(super) fn entries<V: AsRef<NtfsVolume>>(self, volume: V) -> Entries<V> {
        let root = self.root.get(16..).and_then(node).unwrap_or_default();
        let levels = vec![Level { entries: root.into_iter(), behind: None }];
        Entries { volume, nodes: self, levels, met: BTreeSet::new() }
    }

    /// Returns the entry of a directory by name: the one with the same spelling, otherwise the first that differs in
    /// case only.
    ///
    /// # Errors
    ///
    /// A node on the path is damaged.
    pub(super) fn find(&self, volume: &NtfsVolume, name: &[u16]) -> Result<Option<IndexEntry>, Damage> {
        Ok(self.find_all(volume, name, 1)?.into_iter().next())
    }

    /// Finds the entries of a name in any case, the one with exactly that name first: a directory may tell cases apart, as
    /// those that Linux made do. No more than `most` are looked for once that one is found.
    pub(super) fn find_all(
        &self,
        volume: &NtfsVolume,
        name: &[u16],
        most: usize,
    ) -> Result<Vec<IndexEntry>, Damage> {
        let mut met = BTreeSet::new();
        let mut found: Vec<IndexEntry> = Vec::new();
        let root = self.root.get(16..).and_then(node).ok_or(Damage::Block("index"))?;
        let mut open = vec![root];
        while let Some(entries) = open.pop() {
            let mut children = Vec::new();
            for entry in entries {
                let order = if entry.flags & LAST != 0 {
                    Ordering::Greater
                } else {
                    let Some(key) = key_units(entry.key()) else { continue };
                    volume.upper.compare(key, name.iter().copied())
                };
                if order == Ordering::Less {
                    continue;
                }
                // Names that differ in case only are adjacent, and may be below either of two neighbours.
                children.extend(entry.child());
                if order == Ordering::Equal {
                    if key_units(entry.key()).is_some_and(|key| key.eq(name.iter().copied())) {
                        found.insert(0, entry);
                        if found.len() >= most {
                            return Ok(found);
                        }
                    } else if found.len() < MAX_SAME {
                        found.push(entry);
                    }
                } else {
                    break;
                }
            }
            for child in children {
                if !met.insert(child) || met.len() > MAX_NODES {
                    return Err(Damage::Block("index (one of its nodes points back to an earlier one)"));
                }
                open.push(self.node_at(volume, child)?);
            }
        }
        Ok(found)
    }

    /// Reads the node at a cluster of the index.
    fn node_at(&self, volume: &NtfsVolume, at: u64) -> Result<Vec<IndexEntry>, Damage> {
        let blocks = self.blocks.as_ref().ok_or(Damage::Block("index"))?;
        // Nodes smaller than a cluster are counted in sectors.
        let unit = if crate::formats::disk::to_u64(self.block) < volume.geometry.cluster {
            512
        } else {
            volume.geometry.cluster
        };
        let offset = at.checked_mul(unit).ok_or(Damage::Block("node of an index"))?;
        let mut bytes = vec![0; self.block];
        volume.read_value(blocks, offset, &mut bytes)?;
        if !bytes.starts_with(b"INDX") || u64_at(&bytes, 16) != Some(at) {
            return Err(Damage::Block("node of an index"));
        }
        take_back_fixups(&mut bytes, "node of an index")?;
        bytes.get(24..).and_then(node).ok_or(Damage::Block("node of an index"))
    }
}

/// Reads the entries of a node, from its header on.
fn node(bytes: &[u8]) -> Option<Vec<IndexEntry>> {
    let (first, end) = (usize::try_from(u32_at(bytes, 0)?).ok()?, usize::try_from(u32_at(bytes, 4)?).ok()?);
    let mut rest = bytes.get(first..end)?;
    let mut entries = Vec::new();
    // Each round consumes at least 16 bytes.
    while let (Some(length), Some(key), Some(flags)) = (u16_at(rest, 8), u16_at(rest, 10), u16_at(rest, 12)) {
        let (bytes, tail) = rest.split_at_checked(length.into()).filter(|_| length >= 16)?;
        entries.push(IndexEntry { bytes: bytes.to_vec(), flags, key_length: key.into() });
        if flags & LAST != 0 {
            break;
        }
        rest = tail;
    }
    Some(entries)
}

#[derive(Debug)]
struct Level {
    entries: std::vec::IntoIter<IndexEntry>,
    /// The entry of the level above that comes after everything on this level.
    behind: Option<IndexEntry>,
}

/// The entries of an index, in order.
#[derive(Debug)]
pub(super) struct Entries<V> {
    volume: V,
    nodes: Nodes,
    levels: Vec<Level>,
    met: BTreeSet<u64>,
}

impl<V: AsRef<NtfsVolume>> Iterator for Entries<V> {
    type Item = Result<IndexEntry, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let deep = self.levels.len() >= MAX_DEPTH;
            let level = self.levels.last_mut()?;
            let Some(entry) = level.entries.next() else {
                let behind = self.levels.pop()?.behind;
                match behind.filter(|entry| entry.flags & LAST == 0) {
                    Some(entry) => return Some(Ok(entry)),
                    None => continue,
                }
            };
            let Some(child) = entry.child() else {
                if entry.flags & LAST == 0 {
                    return Some(Ok(entry));
                }
                continue;
            };
            let fresh = !deep && self.met.len() < MAX_NODES && self.met.insert(child);
            let node = if fresh {
                self.nodes.node_at(self.volume.as_ref(), child)
            } else {
                Err(Damage::Block("index (one of its nodes points back to an earlier one)"))
            };
            match node {
                Ok(entries) => self.levels.push(Level { entries: entries.into_iter(), behind: Some(entry) }),
                Err(damage) => {
                    // The entry itself is undamaged; it comes next, through a level without entries.
                    self.levels.push(Level { entries: Vec::new().into_iter(), behind: Some(entry) });
                    return Some(Err(damage));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &[u8], flags: u16) -> Vec<u8> {
        let length = 16 + key.len();
        let mut bytes = vec![0; 8];
        bytes.extend(u16::try_from(length).unwrap().to_le_bytes());
        bytes.extend(u16::try_from(key.len()).unwrap().to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(key);
        bytes
    }

    fn header(entries: &[u8]) -> Vec<u8> {
        let end = u32::try_from(16 + entries.len()).unwrap();
        [&16_u32.to_le_bytes(), &end.to_le_bytes(), &end.to_le_bytes(), &[0; 4], entries].concat()
    }

    #[test]
    fn a_node_returns_its_entries_and_an_overlong_one_returns_none() {
        let entries = [entry(b"one", 0), entry(b"two2", 0), entry(b"", LAST), entry(b"stale", 0)].concat();
        let read = node(&header(&entries)).unwrap();
        let keys: Vec<_> = read.iter().map(IndexEntry::key).collect();
        assert_eq!(keys, [&b"one"[..], b"two2", b""]);
        let mut broken = header(&entries);
        broken[24] = 15;
        assert!(node(&broken).is_none());
        broken[24] = 255;
        broken[25] = 255;
        assert!(node(&broken).is_none());
        broken[4] = 255;
        broken[5] = 255;
        assert!(node(&broken).is_none() && node(&[]).is_none());
    }
}
