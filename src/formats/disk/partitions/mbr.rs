//! Reads an MBR with the logical drives of its extended partitions
//! (<https://thestarman.pcministry.com/asm/mbr/PartTables.htm>).
//!
//! In: a disk. Out: partitions 1 to 4, and logical drives from 5 on, numbered as Linux does: in the order of the
//! links, with those of a second extended partition after those of the first. Links may point in any direction; a
//! link to one that was read before ends the chain.

use std::collections::BTreeSet;
use std::io;

use super::{DeviceId, Partition, Table, TableNote, mbr_kind};
use crate::evidence::bytes::u32_at;
use crate::formats::disk::device::{Device, read_some};

/// Maximum number of links in all extended partitions: Linux numbers about 250 partitions.
const MAX_LINKS: usize = 256;

/// Type of the partition that protects a GPT.
const PROTECTIVE: u8 = 0xee;

/// The first sector of a disk.
pub(super) struct Mbr {
    signature: u32,
    entries: Vec<Entry>,
}

impl Mbr {
    /// Reads it; `None` where the sector has no signature.
    pub(super) fn of(disk: &dyn Device) -> io::Result<Option<Self>> {
        let block = read_some(disk, 0, 512)?;
        if !is_signed(&block) {
            return Ok(None);
        }
        let signature = u32_at(&block, 440).unwrap_or(0);
        Ok(Some(Self { signature, entries: entries(&block) }))
    }

    /// Returns the last sector that a protective entry covers; `None` where there is no such entry.
    pub(super) fn protects(&self) -> Option<u64> {
        let entry = self.entries.iter().find(|entry| entry.kind == PROTECTIVE)?;
        Some(entry.first.saturating_add(entry.count).saturating_sub(1))
    }

    /// Returns the partitions, without one that protects a GPT; `None` where there are none, or the sector contains
    /// code.
    pub(super) fn table(mut self, disk: &dyn Device) -> io::Result<Option<Table>> {
        // A boot sector that is not a table has code in place of the entries.
        let sane = self.entries.iter().all(|entry| matches!(entry.active, 0 | 0x80));
        self.entries.retain(|entry| entry.kind != PROTECTIVE);
        let Self { signature, entries } = self;
        if entries.is_empty() || !sane {
            return Ok(None);
        }
        let fits = |sector: u64| {
            entries.iter().all(|entry| entry.first.saturating_mul(sector) < disk.size())
                && entries.iter().any(|entry| looks_used(disk, entry.first.saturating_mul(sector)))
        };
        let sector = [512, 4096].into_iter().find(|sector| fits(*sector)).unwrap_or(512);
        let mut chains = Chains { disk, sector, signature, met: BTreeSet::new(), number: 5 };
        let (mut partitions, mut notes) = (Vec::new(), Vec::new());
        for entry in &entries {
            if entry.is_extended() {
                notes.extend(chains.follow(entry, &mut partitions)?);
            } else {
                partitions.push(entry.partition(entry.number, entry.first, sector, signature));
            }
        }
        partitions.sort_by_key(|partition| partition.number);
        Ok(Some(Table { scheme: "mbr", used: "mbr", sector, partitions, notes }))
    }
}

fn is_signed(block: &[u8]) -> bool {
    block.get(510..512) == Some(&[0x55, 0xaa])
}

/// Whether any data is at the beginning of a partition.
fn looks_used(disk: &dyn Device, at: u64) -> bool {
    read_some(disk, at, 2048).is_ok_and(|bytes| bytes.iter().any(|byte| *byte != 0))
}

/// An entry of an MBR or of a link, in sectors.
struct Entry {
    number: u32,
    active: u8,
    kind: u8,
    first: u64,
    count: u64,
}

fn entries(block: &[u8]) -> Vec<Entry> {
    (0..4_usize).filter_map(|index| entry(block, index)).collect()
}

fn entry(block: &[u8], index: usize) -> Option<Entry> {
    let bytes = block.get(446..510)?.chunks_exact(16).nth(index)?;
    let entry = Entry {
        number: u32::try_from(index).ok()?.saturating_add(1),
        active: *bytes.first()?,
        kind: *bytes.get(4)?,
        first: u32_at(bytes, 8)?.into(),
        count: u32_at(bytes, 12)?.into(),
    };
    (entry.kind != 0 && entry.count > 0).then_some(entry)
}

impl Entry {
    const fn is_extended(&self) -> bool {
        matches!(self.kind, 0x05 | 0x0f | 0x85)
    }

    fn partition(&self, number: u32, first: u64, sector: u64, signature: u32) -> Partition {
        let start = first.saturating_mul(sector);
        Partition {
            number,
            start,
            size: self.count.saturating_mul(sector),
            kind: mbr_kind(self.kind),
            name: None,
            id: DeviceId::Mbr(signature, start),
        }
    }
}

/// The chains of the extended partitions of a disk, as far as they were followed.
struct Chains<'a> {
    disk: &'a dyn Device,
    sector: u64,
    signature: u32,
    met: BTreeSet<u64>,
    /// Number of the next logical drive.
    number: u32,
}

impl Chains<'_> {
    /// Follows one chain: each link has a drive and the next link. Returns why it ended early, if it did.
    fn follow(&mut self, extended: &Entry, partitions: &mut Vec<Partition>) -> io::Result<Option<TableNote>> {
        let mut link = extended.first;
        let ended = |link: u64, why: &str| {
            let number = extended.number;
            let text = format!(
                "the chain of logical drives in partition {number} ends early: its link in sector {link} {why}; drives \
                 after it are not listed"
            );
            Ok(Some(TableNote::gap(text)))
        };
        loop {
            if link.saturating_mul(self.sector) >= self.disk.size() {
                return ended(link, "is after the end of the disk");
            }
            if self.met.len() >= MAX_LINKS {
                return ended(link, "exceeds the limit");
            }
            if !self.met.insert(link) {
                return ended(link, "was read before, so that the chain is a loop");
            }
            let block = read_some(self.disk, link.saturating_mul(self.sector), 512)?;
            if !is_signed(&block) {
                return ended(link, "has no signature");
            }
            let (mut next, end) = (None, extended.first.saturating_add(extended.count));
            for entry in entries(&block) {
                let first = link.saturating_add(entry.first);
                if entry.is_extended() {
                    next = next.or_else(|| Some(extended.first.saturating_add(entry.first)));
                // As Linux does, the last two entries are read as drives too where they are inside the partition.
                } else if entry.number <= 2 || first.saturating_add(entry.count) <= end {
                    let partition = entry.partition(self.number, first, self.sector, self.signature);
                    self.number = self.number.saturating_add(1);
                    partitions.push(partition);
                }
            }
            match next {
                Some(next) => link = next,
                None => return Ok(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{made, read};
    use super::*;
    use crate::formats::disk::device::MemoryDevice;

    fn put(disk: &mut [u8], sector: usize, entries: &[(u8, u32, u32)]) {
        disk[sector * 512..(sector + 1) * 512].copy_from_slice(&made::mbr(0xcafe_f00d, entries));
    }

    fn of(disk: Vec<u8>) -> (Vec<(u32, u64, u64)>, Vec<TableNote>) {
        let table = read(&MemoryDevice(disk)).unwrap().unwrap();
        assert_eq!((table.scheme, table.sector), ("mbr", 512));
        let found = table.partitions.iter();
        let found = found.map(|partition| (partition.number, partition.start / 512, partition.size / 512));
        (found.collect(), table.notes)
    }

    #[test]
    fn primary_and_logical_drives_are_numbered_as_in_other_tools() {
        let mut disk = vec![1; 512 * 400];
        put(&mut disk, 0, &[(0x07, 8, 50), (0x0f, 100, 200)]);
        put(&mut disk, 100, &[(0x83, 2, 10), (0x05, 50, 60)]);
        // The last link points back to the first.
        put(&mut disk, 150, &[(0x07, 1, 20), (0x05, 0, 60)]);
        let (partitions, notes) = of(disk);
        assert_eq!(partitions, [(1, 8, 50), (5, 102, 10), (6, 151, 20)]);
        let [note] = &notes[..] else { panic!("{notes:?}") };
        assert!(note.gap && note.text.contains("in sector 100 was read before"), "{note:?}");
    }

    #[test]
    fn links_may_point_backwards_and_only_drives_are_numbered() {
        let mut disk = vec![1; 512 * 400];
        put(&mut disk, 0, &[(0x0f, 100, 200), (0x85, 310, 80)]);
        // An empty first link, one with its entries in reverse order, one after it on the disk and one before it.
        put(&mut disk, 100, &[(0, 0, 0), (0x05, 150, 30)]);
        put(&mut disk, 250, &[(0x05, 50, 30), (0x83, 1, 7)]);
        put(&mut disk, 150, &[(0x83, 1, 9)]);
        put(&mut disk, 310, &[(0x83, 1, 5)]);
        let (partitions, notes) = of(disk);
        assert_eq!(partitions, [(5, 251, 7), (6, 151, 9), (7, 311, 5)]);
        assert!(notes.is_empty(), "{notes:?}");
    }

    #[test]
    fn a_broken_chain_returns_the_drives_before_and_a_note() {
        for (next, signed, why) in [
            (50, false, "has no signature"),
            (5000, true, "is after the end of the disk"),
            (0, true, "was read before"),
        ] {
            let mut disk = vec![1; 512 * 400];
            put(&mut disk, 0, &[(0x05, 100, 200)]);
            put(&mut disk, 150, &[(0x83, 1, 9)]);
            put(&mut disk, 100, &[(0x83, 1, 9), (0x05, next, 30)]);
            if !signed {
                disk[150 * 512 + 510] = 0;
            }
            let (partitions, notes) = of(disk);
            assert_eq!(partitions, [(5, 101, 9)]);
            assert!(notes.len() == 1 && notes[0].text.contains(why) && notes[0].gap, "{notes:?}");
        }
        // More links than the limit.
        let mut disk = vec![1; 512 * 1000];
        put(&mut disk, 0, &[(0x05, 1, 999)]);
        for link in 1..900_u32 {
            put(&mut disk, usize::try_from(link).unwrap(), &[(0x83, 1, 1), (0x05, link, 1)]);
        }
        let (partitions, notes) = of(disk);
        assert_eq!((partitions.len(), notes.len()), (MAX_LINKS, 1));
    }
}
