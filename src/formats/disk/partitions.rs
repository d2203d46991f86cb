//! The partitions of a disk: MBR with its logical drives, or GPT, in sectors of 512 or 4,096 bytes.
//!
//! In: the sectors that tables stand in. Out: stretches, as numbered by everybody else (MBR: 1 to 4, logical drives from
//! 5; GPT: by entry). A table is hostile: the number of entries is bounded, chains of logical drives go forward only, and
//! a stretch ends where the disk does.
//!
//! GPT: UEFI specification, chapter 5. MBR: <https://thestarman.pcministry.com/asm/mbr/PartTables.htm>

use std::io;

use super::device::{Device, read_some};
use crate::evidence::bytes::{u16_at, u32_at, u64_at};

/// Most entries of a GPT that are read: Windows makes 128, others allow more.
const MAX_ENTRIES: u32 = 1024;

/// Most logical drives of an extended partition.
const MAX_LOGICAL: u32 = 128;

/// One entry of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Partition {
    /// As other tools number it, from 1.
    pub(crate) number: u32,
    /// In bytes.
    pub(crate) start: u64,
    /// In bytes.
    pub(crate) size: u64,
    /// What the table says it is for.
    pub(crate) kind: String,
    /// Its name in a GPT.
    pub(crate) name: Option<String>,
    /// What `MountedDevices` in a Windows registry calls it by.
    pub(crate) id: DeviceId,
}

/// How a Windows knows a volume in its `MountedDevices`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeviceId {
    /// A disk's signature and the offset of the partition in bytes.
    Mbr(u32, u64),
    /// The partition's own GUID, as it stands on disk.
    Gpt([u8; 16]),
}

impl DeviceId {
    /// The bytes that `MountedDevices` holds for it.
    pub(crate) fn mounted(&self) -> Vec<u8> {
        match self {
            Self::Mbr(signature, offset) => {
                [signature.to_le_bytes().as_slice(), offset.to_le_bytes().as_slice()].concat()
            }
            Self::Gpt(guid) => [b"DMIO:ID:".as_slice(), guid.as_slice()].concat(),
        }
    }

    /// As text, to be told from others.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Mbr(signature, offset) => format!("{signature:08x}-{offset:x}"),
            Self::Gpt(guid) => guid_text(guid),
        }
    }
}

/// A disk's table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Table {
    /// `gpt` or `mbr`.
    pub(crate) scheme: &'static str,
    pub(crate) sector: u64,
    pub(crate) partitions: Vec<Partition>,
}

/// Reads the table of a disk; `None` where it has none.
pub(crate) fn read(disk: &dyn Device) -> io::Result<Option<Table>> {
    for sector in [512, 4096] {
        if let Some(table) = gpt(disk, sector)? {
            return Ok(Some(table));
        }
    }
    mbr(disk)
}

fn gpt(disk: &dyn Device, sector: u64) -> io::Result<Option<Table>> {
    // The copy at the end is what is left where the beginning was overwritten.
    let last = disk.size().saturating_sub(sector);
    for place in [sector, last] {
        let header = read_some(disk, place, 512)?;
        if let Some(found) = header_of(&header) {
            let partitions = gpt_entries(disk, sector, &found)?;
            return Ok(Some(Table { scheme: "gpt", sector, partitions }));
        }
    }
    Ok(None)
}

struct Header {
    entries_at: u64,
    count: u32,
    entry_size: u32,
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
        entries_at: u64_at(bytes, 72)?,
        count: u32_at(bytes, 80)?.min(MAX_ENTRIES),
        entry_size: Some(entry_size).filter(|size| (128..=4096).contains(size))?,
    })
}

fn gpt_entries(disk: &dyn Device, sector: u64, header: &Header) -> io::Result<Vec<Partition>> {
    let length = usize::try_from(header.count.saturating_mul(header.entry_size)).unwrap_or(0);
    let bytes = read_some(disk, header.entries_at.saturating_mul(sector), length)?;
    let size = usize::try_from(header.entry_size).unwrap_or(128);
    let entries = bytes.chunks_exact(size).zip(1_u32..);
    Ok(entries.filter_map(|(entry, number)| gpt_entry(entry, number, sector)).collect())
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

fn mbr(disk: &dyn Device) -> io::Result<Option<Table>> {
    let block = read_some(disk, 0, 512)?;
    if block.get(510..512) != Some(&[0x55, 0xaa]) {
        return Ok(None);
    }
    let signature = u32_at(&block, 440).unwrap_or(0);
    let entries: Vec<Entry> = (0..4_usize).filter_map(|index| entry(&block, index)).collect();
    // A boot sector that is no table has code where the entries would be.
    let sane = entries.iter().all(|entry| matches!(entry.active, 0 | 0x80));
    if entries.is_empty() || !sane {
        return Ok(None);
    }
    let fits = |sector: u64| {
        entries.iter().all(|entry| entry.first.saturating_mul(sector) < disk.size())
            && entries.iter().any(|entry| looks_used(disk, entry.first.saturating_mul(sector)))
    };
    let sector = [512, 4096].into_iter().find(|sector| fits(*sector)).unwrap_or(512);
    let mut partitions = Vec::new();
    for entry in &entries {
        if matches!(entry.kind, 0x05 | 0x0f | 0x85) {
            logical(disk, sector, entry, signature, &mut partitions)?;
        } else {
            partitions.push(entry.partition(entry.number, entry.first, sector, signature));
        }
    }
    partitions.sort_by_key(|partition| partition.number);
    Ok(Some(Table { scheme: "mbr", sector, partitions }))
}

/// Whether anything at all stands where a partition would begin.
fn looks_used(disk: &dyn Device, at: u64) -> bool {
    read_some(disk, at, 2048).is_ok_and(|bytes| bytes.iter().any(|byte| *byte != 0))
}

/// An entry of an MBR, in sectors.
struct Entry {
    number: u32,
    active: u8,
    kind: u8,
    first: u64,
    count: u64,
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

/// Follows the chain of an extended partition: each link names one drive and the next link.
fn logical(
    disk: &dyn Device,
    sector: u64,
    extended: &Entry,
    signature: u32,
    partitions: &mut Vec<Partition>,
) -> io::Result<()> {
    let mut link = extended.first;
    for number in 5..MAX_LOGICAL.saturating_add(5) {
        let block = read_some(disk, link.saturating_mul(sector), 512)?;
        if block.get(510..512) != Some(&[0x55, 0xaa]) {
            break;
        }
        if let Some(drive) = entry(&block, 0) {
            partitions.push(drive.partition(number, link.saturating_add(drive.first), sector, signature));
        }
        match entry(&block, 1) {
            // Forward only, or a chain that leads back would have no end but the limit.
            Some(next) if extended.first.saturating_add(next.first) > link => {
                link = extended.first.saturating_add(next.first);
            }
            Some(_) | None => break,
        }
    }
    Ok(())
}

fn mbr_kind(kind: u8) -> String {
    let name = match kind {
        0x07 => "NTFS or exFAT",
        0x0b | 0x0c => "FAT32",
        0x01 | 0x04 | 0x06 | 0x0e => "FAT",
        0x27 => "Windows recovery",
        0x82 => "Linux swap",
        0x83 => "Linux",
        0x8e => "Linux LVM",
        0xee => "GPT",
        0xef => "EFI system",
        _ => return format!("type {kind:#04x}"),
    };
    name.to_owned()
}

/// Names of the kinds that are met on servers and desktops; others by their GUID.
fn gpt_kind(guid: &[u8; 16]) -> String {
    let text = guid_text(guid);
    let name = match text.as_str() {
        "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" => "EFI system",
        "e3c9e316-0b5c-4db8-817d-f92df00215ae" => "Microsoft reserved",
        "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7" => "Windows data",
        "de94bba4-06d1-4d40-a16a-bfd50179d6ac" => "Windows recovery",
        "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3" => "LDM metadata",
        "af9b60a0-1431-4f62-bc68-3311714a69ad" => "LDM data",
        "e75caf8f-f680-4cee-afa3-b001e56efc2d" => "Storage Spaces",
        "0fc63daf-8483-4772-8e79-3d69d8477de4" => "Linux",
        "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f" => "Linux swap",
        "e6d6d379-f507-44c2-a23c-238f2a3df928" => "Linux LVM",
        "21686148-6449-6e6f-744e-656564454649" => "BIOS boot",
        _ => return text,
    };
    name.to_owned()
}

/// A GUID as written: its first three parts stand on disk with the low byte first.
fn guid_text(guid: &[u8; 16]) -> String {
    let [a0, a1, a2, a3, b0, b1, c0, c1, d0, d1, e @ ..] = guid;
    let mut text =
        format!("{a3:02x}{a2:02x}{a1:02x}{a0:02x}-{b1:02x}{b0:02x}-{c1:02x}{c0:02x}-{d0:02x}{d1:02x}-");
    text.extend(e.iter().map(|byte| format!("{byte:02x}")));
    text
}

/// The bytes of a table, for the tests of those that read disks.
#[cfg(test)]
pub(crate) mod made {
    use crate::formats::disk::device::to_u64;

    /// An MBR with these entries: kind, first sector, count.
    pub(crate) fn mbr(signature: u32, entries: &[(u8, u32, u32)]) -> Vec<u8> {
        let mut block = vec![0; 512];
        block[440..444].copy_from_slice(&signature.to_le_bytes());
        for (index, (kind, first, count)) in entries.iter().enumerate() {
            let at = 446 + index * 16;
            block[at + 4] = *kind;
            block[at + 8..at + 12].copy_from_slice(&first.to_le_bytes());
            block[at + 12..at + 16].copy_from_slice(&count.to_le_bytes());
        }
        block[510..].copy_from_slice(&[0x55, 0xaa]);
        block
    }

    /// A header and its entries in the sector behind it: kind, GUID, first and last sector.
    pub(crate) fn gpt(entries: &[([u8; 16], [u8; 16], u64, u64)]) -> (Vec<u8>, Vec<u8>) {
        let mut table = vec![0; entries.len() * 128];
        for (entry, (kind, guid, first, last)) in table.chunks_exact_mut(128).zip(entries) {
            entry[..16].copy_from_slice(kind);
            entry[16..32].copy_from_slice(guid);
            entry[32..40].copy_from_slice(&first.to_le_bytes());
            entry[40..48].copy_from_slice(&last.to_le_bytes());
            entry[56..60].copy_from_slice(b"d\0a\0");
        }
        let mut header = vec![0; 512];
        header[..8].copy_from_slice(b"EFI PART");
        header[12..16].copy_from_slice(&92_u32.to_le_bytes());
        header[72..80].copy_from_slice(&2_u64.to_le_bytes());
        header[80..84].copy_from_slice(&u32::try_from(to_u64(entries.len())).unwrap().to_le_bytes());
        header[84..88].copy_from_slice(&128_u32.to_le_bytes());
        let crc = crc32fast::hash(&header[..92]);
        header[16..20].copy_from_slice(&crc.to_le_bytes());
        (header, table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::disk::device::{MemoryDevice, to_u64};

    const WINDOWS: [u8; 16] =
        [0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44, 0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7];

    #[test]
    fn primary_and_logical_drives_are_numbered_as_everybody_does() {
        let mut disk = vec![1; 512 * 400];
        disk[..512].copy_from_slice(&made::mbr(0xcafe_f00d, &[(0x07, 8, 50), (0x0f, 100, 200)]));
        disk[100 * 512..101 * 512].copy_from_slice(&made::mbr(0, &[(0x83, 2, 10), (0x05, 50, 60)]));
        // The last link leads back to the first.
        disk[150 * 512..151 * 512].copy_from_slice(&made::mbr(0, &[(0x07, 1, 20), (0x05, 0, 60)]));
        let table = read(&MemoryDevice(disk)).unwrap().unwrap();
        let told: Vec<_> = table
            .partitions
            .iter()
            .map(|partition| (partition.number, partition.start / 512, partition.size / 512))
            .collect();
        assert_eq!((table.scheme, table.sector), ("mbr", 512));
        assert_eq!(told, [(1, 8, 50), (5, 102, 10), (6, 151, 20)]);
        assert_eq!(table.partitions[0].id, DeviceId::Mbr(0xcafe_f00d, 8 * 512));
    }

    #[test]
    fn a_gpt_is_read_in_both_sizes_of_sectors_and_from_its_copy() {
        for sector in [512, 4096] {
            let guid = [7; 16];
            let (header, entries) = made::gpt(&[(WINDOWS, guid, 40, 59), ([0; 16], guid, 1, 2)]);
            let mut disk = vec![0; sector * 100];
            disk[..512].copy_from_slice(&made::mbr(0, &[(0xee, 1, 99)]));
            disk[sector..sector + 512].copy_from_slice(&header);
            disk[2 * sector..2 * sector + entries.len()].copy_from_slice(&entries);
            disk[99 * sector..99 * sector + 512].copy_from_slice(&header);
            for broken in [false, true] {
                disk[sector] = if broken { 0 } else { b'E' };
                let table = read(&MemoryDevice(disk.clone())).unwrap().unwrap();
                assert_eq!((table.scheme, table.sector), ("gpt", to_u64(sector)));
                let [only] = &table.partitions[..] else { panic!("{table:?}") };
                assert_eq!((only.start, only.size), (40 * table.sector, 20 * table.sector));
                assert_eq!((only.kind.as_str(), only.name.as_deref()), ("Windows data", Some("da")));
                assert_eq!(only.id.mounted(), [b"DMIO:ID:".as_slice(), &guid].concat());
            }
        }
    }

    #[test]
    fn what_has_no_table_has_none_and_nonsense_does_no_harm() {
        assert_eq!(read(&MemoryDevice(vec![0; 4096])).unwrap(), None);
        assert_eq!(read(&MemoryDevice(Vec::new())).unwrap(), None);
        let mut code = vec![0xcd; 8192];
        code[510..512].copy_from_slice(&[0x55, 0xaa]);
        assert_eq!(read(&MemoryDevice(code)).unwrap(), None);
        let (mut header, _) = made::gpt(&[]);
        header[80..84].copy_from_slice(&u32::MAX.to_le_bytes());
        let mut disk = vec![0; 4096];
        disk[512..1024].copy_from_slice(&header);
        // The changed count breaks its checksum.
        assert_eq!(read(&MemoryDevice(disk)).unwrap(), None);
    }
}
