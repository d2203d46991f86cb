//! Reads a GPT: the table at the beginning of a disk and its copy at the end, each with checksums of its header and
//! its entries (UEFI specification, chapter 5).
//!
//! In: a disk with a protective MBR. Out: the better one of both tables, and which one it is. A table with a wrong
//! checksum, or without entries, is used only where the other one is no better.

use std::io;

use super::{DeviceId, Partition, Table, TableNote, gpt_kind};
use crate::evidence::bytes::{u16_at, u32_at, u64_at};
use crate::formats::disk::device::{Device, read_some};

/// Maximum number of entries that are read: Windows makes 128, other systems allow more.
const MAX_ENTRIES: u32 = 1024;

/// Sector sizes in use.
const SECTORS: [u64; 2] = [512, 4096];

struct Header {
    /// The sector of the other table's header.
    other: u64,
    entries_at: u64,
    /// Number of entries in the header; at most [`MAX_ENTRIES`] are read.
    count: u32,
    entry_size: u32,
    entries_crc: u32,
}

/// A table that was found, whole or damaged.
struct Candidate {
    sector: u64,
    partitions: Vec<Partition>,
    /// Whether the entries match their checksum.
    whole: bool,
    /// Whether it has more entries than are read.
    cut: bool,
    /// Offset of the other table's header, in bytes.
    other: u64,
    /// Whether it is the table at the beginning of the disk.
    primary: bool,
}

impl Candidate {
    /// Returns the sort key: the better table is greater.
    const fn rank(&self) -> (bool, bool, bool) {
        (self.whole, !self.partitions.is_empty(), self.primary)
    }
}

/// Reads the GPT of a disk; `None` where there is none at either end. `protected` is the last sector that the
/// protective MBR covers, which leads to the copy on a disk that was enlarged.
pub(super) fn read(disk: &dyn Device, protected: u64) -> io::Result<Option<Table>> {
    let mut found: Vec<Candidate> = Vec::new();
    for sector in SECTORS {
        let first = candidate(disk, sector, sector, true)?;
        let led = first.as_ref().map(|first| first.other);
        let ends = [disk.size().saturating_sub(sector), protected.saturating_mul(sector)];
        found.extend(first);
        let mut tried = Vec::new();
        for place in ends.into_iter().chain(led) {
            if place <= sector || tried.contains(&place) {
                continue;
            }
            tried.push(place);
            found.extend(candidate(disk, sector, place, false)?);
        }
    }
    // On a tie, the first one is used: the smaller sector size, and the end of the disk before other places.
    let mut best: Option<usize> = None;
    for (index, candidate) in found.iter().enumerate() {
        if best.and_then(|best| found.get(best)).is_none_or(|best| candidate.rank() > best.rank()) {
            best = Some(index);
        }
    }
    let Some(index) = best else { return Ok(None) };
    let used = found.swap_remove(index);
    let notes = notes(&used, &found);
    let name = if used.primary { "gpt" } else { "gpt, the copy at its end" };
    Ok(Some(Table { scheme: "gpt", used: name, sector: used.sector, partitions: used.partitions, notes }))
}

/// Returns the notes on the table that is used and on the other one.
fn notes(used: &Candidate, others: &[Candidate]) -> Vec<TableNote> {
    let mut notes = Vec::new();
    if !used.whole {
        notes.push(TableNote::gap(
            "no copy of the GPT has entries that match their checksum: its partitions are in doubt, compare them with \
             'gdisk -l'",
        ));
    }
    if used.cut {
        notes.push(TableNote::gap(format!(
            "the GPT has more than {MAX_ENTRIES} entries: the others are not read"
        )));
    }
    let other = others.iter().find(|other| other.sector == used.sector && other.primary != used.primary);
    if used.primary {
        match other {
            None => notes
                .push(TableNote::known("the copy of the GPT at the end of the disk is missing or damaged")),
            Some(other) if !other.whole => {
                notes.push(TableNote::known("the entries of the GPT's copy do not match their checksum"));
            }
            Some(other) if other.partitions != used.partitions => {
                let differs =
                    "the copy of the GPT at the end of the disk has other partitions: the first one is used";
                notes.push(TableNote::known(differs));
            }
            Some(_) => {}
        }
    } else {
        let why = match other {
            None => "its header is missing or damaged",
            Some(other) if !other.whole => "its entries do not match their checksum",
            Some(_) => "it has no entries",
        };
        notes.push(TableNote::known(format!(
            "the GPT at the beginning is not used: {why}; its copy at the end is"
        )));
    }
    notes
}

/// Reads the table with its header at `place`.
fn candidate(disk: &dyn Device, sector: u64, place: u64, primary: bool) -> io::Result<Option<Candidate>> {
    let bytes = read_some(disk, place, 512)?;
    // Elsewhere it is stale, or for another sector size.
    let here = u64_at(&bytes, 24).and_then(|own| own.checked_mul(sector)) == Some(place);
    let Some(header) = header_of(&bytes).filter(|_| here) else { return Ok(None) };
    let (all, count) = (header.count, header.count.min(MAX_ENTRIES));
    // Where the header states more entries than are read, only these are checked.
    let summed = all.min(MAX_ENTRIES.saturating_mul(16));
    let length = |count: u32| usize::try_from(count.saturating_mul(header.entry_size)).unwrap_or(0);
    let bytes = read_some(disk, header.entries_at.saturating_mul(sector), length(summed))?;
    let whole = all == summed && bytes.len() == length(all) && crc32fast::hash(&bytes) == header.entries_crc;
    let size = usize::try_from(header.entry_size).unwrap_or(128);
    let listed = usize::try_from(count).unwrap_or(0);
    let entries = bytes.chunks_exact(size).take(listed).zip(1_u32..);
    let partitions = entries.filter_map(|(entry, number)| gpt_entry(entry, number, sector)).collect();
    let beyond = bytes.get(length(count)..).unwrap_or_default();
    let cut = all > summed || beyond.iter().any(|byte| *byte != 0);
    Ok(Some(Candidate {
        sector,
        partitions,
        whole,
        cut,
        other: header.other.saturating_mul(sector),
        primary,
    }))
}

fn header_of(bytes: &[u8]) -> Option<Header> {
    if !bytes.starts_with(b"EFI PART") {
        return None;
    }
    let size = usize::try_from(u32_at(bytes, 12)?).ok().filter(|size| (92..=512).contains(size))?;
    let (before, after) = (bytes.get(..16)?, bytes.get(20..size)?);
    let mut crc = crc32fast::Hasher::new();
    for part in [before, &[0; 4], after] {
        crc.update(part);
    }
    if crc.finalize() != u32_at(bytes, 16)? {
        return None;
    }
    let entry_size = u32_at(bytes, 84)?;
    Some(Header {
        other: u64_at(bytes, 32)?,
        entries_at: u64_at(bytes, 72)?,
        count: u32_at(bytes, 80)?,
        entry_size: Some(entry_size).filter(|size| (128..=4096).contains(size))?,
        entries_crc: u32_at(bytes, 88)?,
    })
}

fn gpt_entry(entry: &[u8], number: u32, sector: u64) -> Option<Partition> {
    let kind: &[u8; 16] = entry.first_chunk()?;
    if *kind == [0; 16] {
        return None;
    }
    let guid = *entry.get(16..)?.first_chunk::<16>()?;
    let (first, last) = (u64_at(entry, 32)?, u64_at(entry, 40)?);
    let units = entry.get(56..128)?.chunks_exact(2).filter_map(|two| u16_at(two, 0));
    let name: String = char::decode_utf16(units.take_while(|unit| *unit != 0))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    Some(Partition {
        number,
        start: first.checked_mul(sector)?,
        size: last.checked_sub(first)?.checked_add(1)?.checked_mul(sector)?,
        kind: gpt_kind(kind),
        name: Some(name).filter(|name| !name.is_empty()),
        id: DeviceId::Gpt(guid),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{made, read};
    use crate::formats::disk::device::{MemoryDevice, to_u64};

    const WINDOWS: [u8; 16] =
        [0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44, 0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7];

    /// A disk of a hundred sectors with a GPT and its copy.
    fn disk(sector: usize, entries: &[([u8; 16], [u8; 16], u64, u64)]) -> Vec<u8> {
        let mut disk = vec![0; sector * 100];
        disk[..512].copy_from_slice(&made::mbr(0, &[(0xee, 1, 99)]));
        for (own, other, at) in [(1, 99, 2), (99, 1, 97)] {
            let (header, entries) = made::gpt(own, other, at, entries);
            let place = usize::try_from(own).unwrap() * sector;
            disk[place..place + 512].copy_from_slice(&header);
            let place = usize::try_from(at).unwrap() * sector;
            disk[place..place + entries.len()].copy_from_slice(&entries);
        }
        disk
    }

    #[test]
    fn a_gpt_is_read_in_both_sizes_of_sectors_and_from_its_copy_where_it_is_damaged_or_empty() {
        for sector in [512, 4096] {
            let guid = [7; 16];
            let whole = disk(sector, &[(WINDOWS, guid, 40, 59), ([0; 16], guid, 1, 2)]);
            let zeros = |at: usize| at * sector..(at + 1) * sector;
            let (empty_header, empty_entries) = made::gpt(1, 99, 2, &[([0; 16], guid, 0, 0)]);
            for (damage, used, notes) in [
                ("none", "gpt", 0),
                ("header", "gpt, the copy at its end", 1),
                ("entries", "gpt, the copy at its end", 1),
                ("empty", "gpt, the copy at its end", 1),
                ("copy", "gpt", 1),
                ("copy's entries", "gpt", 1),
                ("both", "gpt", 2),
            ] {
                let mut disk = whole.clone();
                match damage {
                    "header" => disk[sector] = 0,
                    "entries" => disk[zeros(2)].fill(0),
                    "empty" => {
                        disk[sector..sector + 512].copy_from_slice(&empty_header);
                        disk[zeros(2)].fill(0);
                        disk[2 * sector..2 * sector + empty_entries.len()].copy_from_slice(&empty_entries);
                    }
                    "copy" => disk[99 * sector] = 0,
                    "copy's entries" => disk[97 * sector + 100] ^= 1,
                    "both" => {
                        disk[2 * sector + 100] ^= 1;
                        disk[97 * sector + 100] ^= 1;
                    }
                    _ => {}
                }
                let table = read(&MemoryDevice(disk)).unwrap().unwrap();
                assert_eq!(
                    (table.scheme, table.used, table.sector),
                    ("gpt", used, to_u64(sector)),
                    "{damage}"
                );
                assert_eq!(table.notes.len(), notes, "{damage}: {:?}", table.notes);
                assert_eq!(table.notes.iter().any(|note| note.gap), damage == "both", "{damage}");
                let [only] = &table.partitions[..] else { panic!("{damage}: {table:?}") };
                assert_eq!((only.start, only.size), (40 * table.sector, 20 * table.sector));
                assert_eq!((only.kind.as_str(), only.name.as_deref()), ("Windows data", Some("da")));
                assert_eq!(only.id.mounted(), [b"DMIO:ID:".as_slice(), &guid].concat());
            }
        }
    }

    #[test]
    fn the_copy_on_an_enlarged_disk_is_found_through_the_protective_mbr() {
        let mut grown = disk(512, &[(WINDOWS, [7; 16], 40, 59)]);
        grown[512] = 0;
        grown.resize(512 * 300, 0);
        let table = read(&MemoryDevice(grown)).unwrap().unwrap();
        assert_eq!((table.used, table.partitions.len()), ("gpt, the copy at its end", 1));
    }

    #[test]
    fn without_a_protective_mbr_a_gpt_is_reported_and_not_used() {
        let whole = disk(512, &[(WINDOWS, [7; 16], 40, 59)]);
        let mut stale = whole.clone();
        stale[..512].copy_from_slice(&made::mbr(7, &[(0x83, 10, 20)]));
        let table = read(&MemoryDevice(stale)).unwrap().unwrap();
        assert_eq!((table.scheme, table.partitions.len(), table.partitions[0].start), ("mbr", 1, 5120));
        assert!(table.notes.iter().all(|note| !note.gap) && table.notes.len() == 1, "{:?}", table.notes);
        let mut wiped = whole.clone();
        wiped[..512].fill(0);
        let table = read(&MemoryDevice(wiped)).unwrap().unwrap();
        assert!(table.partitions.is_empty() && table.notes[0].gap, "{table:?}");
        // A protective MBR with other partitions is a hybrid: the GPT is used.
        let mut hybrid = whole;
        hybrid[..512].copy_from_slice(&made::mbr(7, &[(0x83, 10, 20), (0xee, 1, 9)]));
        assert_eq!(read(&MemoryDevice(hybrid)).unwrap().unwrap().scheme, "gpt");
    }

    #[test]
    fn a_header_with_a_wrong_checksum_is_ignored() {
        let (mut header, _) = made::gpt(1, 9, 2, &[]);
        header[80..84].copy_from_slice(&u32::MAX.to_le_bytes());
        let mut disk = vec![0; 8192];
        disk[..512].copy_from_slice(&made::mbr(0, &[(0xee, 1, 15)]));
        disk[512..1024].copy_from_slice(&header);
        let table = read(&MemoryDevice(disk.clone())).unwrap().unwrap();
        assert!(table.partitions.is_empty() && table.notes[0].gap, "{table:?}");
        header[16..20].fill(0);
        let crc = crc32fast::hash(&header[..92]);
        header[16..20].copy_from_slice(&crc.to_le_bytes());
        disk[512..1024].copy_from_slice(&header);
        let table = read(&MemoryDevice(disk)).unwrap().unwrap();
        assert!(table.notes.iter().any(|note| note.gap), "{table:?}");
    }
}
