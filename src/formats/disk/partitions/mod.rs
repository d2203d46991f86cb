//! Reads the partitions of a disk: MBR with its logical drives, or GPT, in sectors of 512 or 4,096 bytes.
//!
//! In: the sectors with tables. Out: ranges, numbered as other tools do (MBR: 1 to 4, logical drives from 5; GPT: by
//! entry), the table in use, and notes on doubts. The choice of the table follows Linux, `fdisk` and `mmls`: a GPT is
//! used only where the MBR protects it. A table is hostile: the numbers of entries and links have limits.

mod gpt;
mod mbr;

use std::borrow::Cow;
use std::io;

use super::device::Device;
use mbr::Mbr;

/// An entry of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Partition {
    /// Number from 1, as other tools count.
    pub(crate) number: u32,
    /// Offset in bytes.
    pub(crate) start: u64,
    /// Size in bytes.
    pub(crate) size: u64,
    /// Type of the partition, from the table.
    pub(crate) kind: String,
    /// Name, in a GPT.
    pub(crate) name: Option<String>,
    /// Its identifier in `MountedDevices` of a Windows registry.
    pub(crate) id: DeviceId,
}

/// The identifier of a volume in `MountedDevices` of a Windows registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeviceId {
    /// The disk signature and the offset of the partition in bytes.
    Mbr(u32, u64),
    /// The GUID of the partition, as on disk.
    Gpt([u8; 16]),
}

impl DeviceId {
    /// Returns the value that `MountedDevices` has for it.
    pub(crate) fn mounted(&self) -> Vec<u8> {
        match self {
            Self::Mbr(signature, offset) => {
                [signature.to_le_bytes().as_slice(), offset.to_le_bytes().as_slice()].concat()
            }
            Self::Gpt(guid) => [b"DMIO:ID:".as_slice(), guid.as_slice()].concat(),
        }
    }

    /// Returns it as text.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Mbr(signature, offset) => format!("{signature:08x}-{offset:x}"),
            Self::Gpt(guid) => guid_text(guid),
        }
    }
}

/// The partition table of a disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Table {
    /// `gpt` or `mbr`.
    pub(crate) scheme: &'static str,
    /// The same, with the copy of the table that is used.
    pub(crate) used: &'static str,
    pub(crate) sector: u64,
    pub(crate) partitions: Vec<Partition>,
    pub(crate) notes: Vec<TableNote>,
}

/// A note on a disk, on its table or on the image file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableNote {
    /// Text of the note.
    pub text: Cow<'static, str>,
    /// Whether content of the disk may be missing because of it.
    pub gap: bool,
}

impl TableNote {
    /// Makes a note that content may be missing.
    pub(crate) fn gap(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), gap: true }
    }

    /// Makes a note that nothing is missing.
    pub(crate) fn known(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), gap: false }
    }
}

/// Reads the table of a disk; `None` where it has none. A table without partitions has notes only.
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
                "an old GPT is on the disk as well: the MBR does not announce it, so the MBR is used",
            ));
        }
        return Ok(Some(table));
    };
    if let Some(table) = gpt::read(disk, protected)? {
        return Ok(Some(table));
    }
    let lost =
        TableNote::gap("the MBR announces a GPT, but both the GPT and its copy at the end are damaged");
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

/// Returns the names of the types that are common on servers and desktops; others by GUID.
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

/// Writes a GUID as text: its first three parts are little-endian on disk.
pub(super) fn guid_text(guid: &[u8; 16]) -> String {
    let [a0, a1, a2, a3, b0, b1, c0, c1, d0, d1, e @ ..] = guid;
    let mut text =
        format!("{a3:02x}{a2:02x}{a1:02x}{a0:02x}-{b1:02x}{b0:02x}-{c1:02x}{c0:02x}-{d0:02x}{d1:02x}-");
    text.extend(e.iter().map(|byte| format!("{byte:02x}")));
    text
}

/// Builders of tables, for tests.
#[cfg(test)]
pub(crate) mod made {
    use crate::formats::disk::device::to_u64;

    /// Makes an MBR with these entries: type, first sector, count.
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

    /// Makes a header in sector `own` and entries in sector `at`: type, GUID, first and last sector.
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
    fn a_disk_without_a_table_has_none_and_nonsense_is_harmless() {
        assert_eq!(read(&MemoryDevice(vec![0; 4096])).unwrap(), None);
        assert_eq!(read(&MemoryDevice(Vec::new())).unwrap(), None);
        let mut code = vec![0xcd; 8192];
        code[510..512].copy_from_slice(&[0x55, 0xaa]);
        assert_eq!(read(&MemoryDevice(code)).unwrap(), None);
    }
}
