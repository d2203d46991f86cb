//! The partitions of a disk: MBR with its logical drives, or GPT, in sectors of 512 or 4,096 bytes.
//!
//! In: the sectors that hold tables. Out: stretches, as numbered by everybody else (MBR: 1 to 4, logical drives from 5;
//! GPT: by entry), which table they are of, and what is in doubt. Which table counts is decided as Linux, `fdisk` and
//! `mmls` do: a GPT only where the MBR protects it. A table is hostile: the numbers of entries and links are bounded.

mod gpt;
mod mbr;

use std::borrow::Cow;
use std::io;

use super::device::Device;
use mbr::Mbr;

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
    /// The partition's own GUID, as on disk.
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

    /// As text, by which it is distinguished from others.
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
    /// The same, with which copy of it is used.
    pub(crate) used: &'static str,
    pub(crate) sector: u64,
    pub(crate) partitions: Vec<Partition>,
    pub(crate) notes: Vec<TableNote>,
}

/// What is to be known of a disk, of its table or of the file that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableNote {
    /// In words.
    pub text: Cow<'static, str>,
    /// Whether something that the disk holds may be missing for it.
    pub gap: bool,
}

impl TableNote {
    /// Something of the disk may be missing.
    pub(crate) fn gap(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), gap: true }
    }

    /// Nothing is missing.
    pub(crate) fn known(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), gap: false }
    }
}

/// Reads the table of a disk; `None` where it has none. A table without partitions is one of which there are only notes.
pub(crate) fn read(disk: &dyn Device) -> io::Result<Option<Table>> {
    let Some(mbr) = Mbr::of(disk)? else {
        let unused = gpt::read(disk, 0)?;
        return Ok(unused.map(|gpt| {
            let text = format!(
                "{} partitions of a GPT are on it that no protective MBR announces, as when its first sector was wiped: \
                 they are not read; 'gdisk' writes a new protective MBR on a copy",
                gpt.partitions.len()
            );
            Table { used: "none", partitions: Vec::new(), notes: vec![TableNote::gap(text)], ..gpt }
        }));
    };
    let Some(protected) = mbr.protects() else {
        let table = mbr.table(disk)?;
        let Some(mut table) = table else { return Ok(None) };
        if gpt::read(disk, 0)?.is_some() {
            table.notes.push(TableNote::known(
                "an old GPT is on the disk as well: its MBR does not announce it, so the MBR counts",
            ));
        }
        return Ok(Some(table));
    };
    if let Some(table) = gpt::read(disk, protected)? {
        return Ok(Some(table));
    }
    let lost = TableNote::gap("its MBR announces a GPT, and neither that nor its copy at the end is whole");
    let mut table =
        mbr.table(disk)?.unwrap_or(Table { scheme: "gpt", used: "none", sector: 512, ..Table::default() });
    table.notes.push(lost);
    Ok(Some(table))
}

fn mbr_kind(kind: u8) -> String {
    let name = match kind {
        0x07 => "NTFS or exFAT",
        0x0b | 0x0c => "FAT32",
        0x01 | 0x04 | 0x06 | 0x0e => "FAT",
        0x27 => "Windows recovery",
        0x42 => "LDM data",
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
pub(super) fn guid_text(guid: &[u8; 16]) -> String {
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

    /// A header in the sector `own` and its entries in the sector `at`: kind, GUID, first and last sector.
    pub(crate) fn gpt(
        own: u64,
        other: u64,
        at: u64,
        entries: &[([u8; 16], [u8; 16], u64, u64)],
    ) -> (Vec<u8>, Vec<u8>) {
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
        header[24..32].copy_from_slice(&own.to_le_bytes());
        header[32..40].copy_from_slice(&other.to_le_bytes());
        header[72..80].copy_from_slice(&at.to_le_bytes());
        header[80..84].copy_from_slice(&u32::try_from(to_u64(entries.len())).unwrap().to_le_bytes());
        header[84..88].copy_from_slice(&128_u32.to_le_bytes());
        header[88..92].copy_from_slice(&crc32fast::hash(&table).to_le_bytes());
        let crc = crc32fast::hash(&header[..92]);
        header[16..20].copy_from_slice(&crc.to_le_bytes());
        (header, table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::disk::device::MemoryDevice;

    #[test]
    fn what_has_no_table_has_none_and_nonsense_does_no_harm() {
        assert_eq!(read(&MemoryDevice(vec![0; 4096])).unwrap(), None);
        assert_eq!(read(&MemoryDevice(Vec::new())).unwrap(), None);
        let mut code = vec![0xcd; 8192];
        code[510..512].copy_from_slice(&[0x55, 0xaa]);
        assert_eq!(read(&MemoryDevice(code)).unwrap(), None);
    }
}
