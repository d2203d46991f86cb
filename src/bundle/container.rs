//! A zip writer without seeking.
//!
//! In: entries, whole (bytes, sizes and CRC known) or in pieces. Out: a zip archive (APPNOTE 6.3.10,
//! <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>) on any `Write`. The crate `zip` can neither write
//! an entry of unknown size whose deflate stream comes from several workers, nor mix both forms of local headers. The
//! fields are specified in [`crate::bundle`] under *Container*. Memory: the central directory as it will be written,
//! 55 bytes and the name per entry (28 more beyond 4 GiB).

use std::io::{self, Write};

use super::names::NAME_LIMIT;
use crate::evidence::Utc;

const UTF8: u16 = 0x0800;
const DESCRIPTOR_FOLLOWS: u16 = 0x0008;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const VERSION_20: u16 = 20;
const VERSION_ZIP64: u16 = 45;
/// Made by: Unix (3), version 4.5 of the specification.
const MADE_BY: u16 = 0x0300 | VERSION_ZIP64;
const ZIP64_EXTRA: u16 = 0x0001;
const TIME_EXTRA: u16 = 0x5455;
/// Marks a 32-bit field whose value is in the zip64 extra field.
const IN_ZIP64: u32 = u32::MAX;
const REGULAR: u32 = 0o100_000;
const DIRECTORY: u32 = 0o040_000;

/// Name, time and mode of an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BundleEntry {
    /// Name, as [`super::names::entry_name`] makes it; ends in `/` for a directory.
    pub name: String,
    /// Modification time of the content; 1980 where it is not known.
    pub modified: Option<Utc>,
    /// Unix permission bits. Only the `rwx` bits are kept, and the owner may always read: a public `unzip` run by an
    /// administrator must create neither a set-uid file nor one that nobody can open. The record has the whole mode.
    pub mode: Option<u32>,
}

/// A zip archive that is being written.
pub(super) struct Container<W> {
    out: W,
    position: u64,
    directory: Directory,
    open: Option<Open>,
    scratch: Vec<u8>,
}

/// The entry whose pieces are being written.
struct Open {
    header: Header,
    offset: u64,
    compressed: u64,
}

/// The fields that local header and directory share.
struct Header {
    name: String,
    flags: u16,
    method: u16,
    dos: [u8; 4],
    mtime: Option<i32>,
    attributes: u32,
}

/// The central directory in blocks that never move, so that growth copies nothing.
#[derive(Default)]
struct Directory {
    blocks: Vec<Vec<u8>>,
    entries: u64,
    bytes: u64,
}

const DIRECTORY_BLOCK: usize = 256 * 1024;

impl<W: Write> Container<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, position: 0, directory: Directory::default(), open: None, scratch: Vec::new() }
    }

    /// Returns the number of bytes written so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Writes a whole entry: `deflated` is its raw deflate stream, `crc32` and `size` are those of the content. An
    /// empty one is stored, without `deflated`.
    pub(super) fn add(
        &mut self,
        entry: &BundleEntry,
        crc32: u32,
        size: u64,
        deflated: &[u8],
    ) -> io::Result<()> {
        let method = if size == 0 { STORED } else { DEFLATED };
        let deflated = if size == 0 { &[] } else { deflated };
        let header = Header::new(entry, UTF8, method)?;
        let offset = self.position;
        let sizes = Sizes { crc32, size, compressed: length(deflated) };
        self.local_header(&header, &sizes, false)?;
        self.write(deflated)?;
        self.directory.push(&header, &sizes, offset);
        Ok(())
    }

    /// Begins an entry of unknown size.
    pub(super) fn begin(&mut self, entry: &BundleEntry) -> io::Result<()> {
        if self.open.is_some() {
            return Err(misuse("an entry begins inside another one"));
        }
        let header = Header::new(entry, UTF8 | DESCRIPTOR_FOLLOWS, DEFLATED)?;
        let offset = self.position;
        self.local_header(&header, &Sizes { crc32: 0, size: 0, compressed: 0 }, true)?;
        self.open = Some(Open { header, offset, compressed: 0 });
        Ok(())
    }

    /// Writes the next piece of its deflate stream.
    pub(super) fn piece(&mut self, deflated: &[u8]) -> io::Result<()> {
        let open = self.open.as_mut().ok_or_else(|| misuse("a piece without an entry"))?;
        open.compressed = open.compressed.saturating_add(length(deflated));
        self.write(deflated)
    }

    /// Ends it: data descriptor with signature and 8-byte sizes.
    pub(super) fn end(&mut self, crc32: u32, size: u64) -> io::Result<()> {
        let open = self.open.take().ok_or_else(|| misuse("an end without an entry"))?;
        let sizes = Sizes { crc32, size, compressed: open.compressed };
        let mut descriptor = std::mem::take(&mut self.scratch);
        descriptor.clear();
        descriptor.extend_from_slice(b"PK\x07\x08");
        descriptor.extend_from_slice(&crc32.to_le_bytes());
        descriptor.extend_from_slice(&sizes.compressed.to_le_bytes());
        descriptor.extend_from_slice(&size.to_le_bytes());
        let written = self.write(&descriptor);
        self.scratch = descriptor;
        written?;
        self.directory.push(&open.header, &sizes, open.offset);
        Ok(())
    }

    /// Whether an entry is open.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Returns the number of entries.
    pub(super) fn entries(&self) -> u64 {
        self.directory.entries
    }

    /// Writes the central directory and returns the inner writer.
    pub(super) fn finish(mut self) -> io::Result<W> {
        if self.open.is_some() {
            return Err(misuse("an entry was not ended"));
        }
        let start = self.position;
        let directory = std::mem::take(&mut self.directory);
        for block in &directory.blocks {
            self.write(block)?;
        }
        let zip64_at = self.position;
        let entries_16 = u16::try_from(directory.entries).unwrap_or(u16::MAX);
        let bytes_32 = u32::try_from(directory.bytes).unwrap_or(IN_ZIP64);
        let start_32 = u32::try_from(start).unwrap_or(IN_ZIP64);
        let mut end = Vec::with_capacity(98);
        if entries_16 == u16::MAX || bytes_32 == IN_ZIP64 || start_32 == IN_ZIP64 {
            end.extend_from_slice(b"PK\x06\x06");
            end.extend_from_slice(&44_u64.to_le_bytes());
            end.extend_from_slice(&MADE_BY.to_le_bytes());
            end.extend_from_slice(&VERSION_ZIP64.to_le_bytes());
            end.extend_from_slice(&[0; 8]);
            end.extend_from_slice(&directory.entries.to_le_bytes());
            end.extend_from_slice(&directory.entries.to_le_bytes());
            end.extend_from_slice(&directory.bytes.to_le_bytes());
            end.extend_from_slice(&start.to_le_bytes());
            end.extend_from_slice(b"PK\x06\x07");
            end.extend_from_slice(&[0; 4]);
            end.extend_from_slice(&zip64_at.to_le_bytes());
            end.extend_from_slice(&1_u32.to_le_bytes());
        }
        end.extend_from_slice(b"PK\x05\x06");
        end.extend_from_slice(&[0; 4]);
        end.extend_from_slice(&entries_16.to_le_bytes());
        end.extend_from_slice(&entries_16.to_le_bytes());
        end.extend_from_slice(&bytes_32.to_le_bytes());
        end.extend_from_slice(&start_32.to_le_bytes());
        end.extend_from_slice(&[0; 2]);
        self.write(&end)?;
        Ok(self.out)
    }

    fn local_header(&mut self, header: &Header, sizes: &Sizes, streamed: bool) -> io::Result<()> {
        let zip64 = streamed || sizes.need_zip64();
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        out.extend_from_slice(b"PK\x03\x04");
        header.push_common(&mut out, zip64);
        sizes.push(&mut out, zip64);
        out.extend_from_slice(&header.name_length());
        let extra = if zip64 { 20_u16 } else { 0 }.saturating_add(header.time_length());
        out.extend_from_slice(&extra.to_le_bytes());
        out.extend_from_slice(header.name.as_bytes());
        if zip64 {
            out.extend_from_slice(&ZIP64_EXTRA.to_le_bytes());
            out.extend_from_slice(&16_u16.to_le_bytes());
            out.extend_from_slice(&sizes.size.to_le_bytes());
            out.extend_from_slice(&sizes.compressed.to_le_bytes());
        }
        header.push_time(&mut out);
        let written = self.write(&out);
        self.scratch = out;
        written
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.position = self.position.saturating_add(length(bytes));
        Ok(())
    }
}

struct Sizes {
    crc32: u32,
    size: u64,
    compressed: u64,
}

impl Sizes {
    fn need_zip64(&self) -> bool {
        self.size >= u64::from(IN_ZIP64) || self.compressed >= u64::from(IN_ZIP64)
    }

    /// Writes CRC and sizes, in the order of both headers; with `zip64`, the sizes are in the extra field.
    fn push(&self, out: &mut Vec<u8>, zip64: bool) {
        let field = |size: u64| if zip64 { IN_ZIP64 } else { u32::try_from(size).unwrap_or(IN_ZIP64) };
        out.extend_from_slice(&self.crc32.to_le_bytes());
        out.extend_from_slice(&field(self.compressed).to_le_bytes());
        out.extend_from_slice(&field(self.size).to_le_bytes());
    }
}

impl Header {
    fn new(entry: &BundleEntry, flags: u16, method: u16) -> io::Result<Self> {
        if entry.name.is_empty() || entry.name.len() > NAME_LIMIT {
            return Err(misuse("a name that is empty or too long"));
        }
        let directory = entry.name.ends_with('/');
        let (kind, default, least) =
            if directory { (DIRECTORY, 0o755, 0o700) } else { (REGULAR, 0o644, 0o400) };
        let mode = kind | (entry.mode.unwrap_or(default) & 0o777) | least;
        // Low byte: the MS-DOS attribute of a directory.
        let attributes = (mode << 16) | if directory { 0x10 } else { 0 };
        let mtime = entry.modified.and_then(|time| i32::try_from(time.date_time().unix_timestamp()).ok());
        Ok(Self { name: entry.name.clone(), flags, method, dos: dos_time(entry.modified), mtime, attributes })
    }

    /// Writes version needed, flags, method, time and date.
    fn push_common(&self, out: &mut Vec<u8>, zip64: bool) {
        let version = if zip64 { VERSION_ZIP64 } else { VERSION_20 };
        out.extend_from_slice(&version.to_le_bytes());
        out.extend_from_slice(&self.flags.to_le_bytes());
        out.extend_from_slice(&self.method.to_le_bytes());
        out.extend_from_slice(&self.dos);
    }

    fn name_length(&self) -> [u8; 2] {
        u16::try_from(self.name.len()).unwrap_or(u16::MAX).to_le_bytes()
    }

    fn time_length(&self) -> u16 {
        if self.mtime.is_some() { 9 } else { 0 }
    }

    /// Writes the extended timestamp: the modification time only, in UTC.
    fn push_time(&self, out: &mut Vec<u8>) {
        if let Some(mtime) = self.mtime {
            out.extend_from_slice(&TIME_EXTRA.to_le_bytes());
            out.extend_from_slice(&5_u16.to_le_bytes());
            out.push(1);
            out.extend_from_slice(&mtime.to_le_bytes());
        }
    }
}

impl Directory {
    fn push(&mut self, header: &Header, sizes: &Sizes, offset: u64) {
        let large = sizes.need_zip64();
        let far = offset >= u64::from(IN_ZIP64);
        let zip64 = match (large, far) {
            (false, false) => 0_u16,
            (false, true) => 8,
            (true, false) => 16,
            (true, true) => 24,
        };
        let zip64_field = if zip64 > 0 { zip64.saturating_add(4) } else { 0 };
        let most = header.name.len().saturating_add(46 + 9 + 28);
        if self.blocks.last().is_none_or(|block| block.capacity().saturating_sub(block.len()) < most) {
            self.blocks.push(Vec::with_capacity(DIRECTORY_BLOCK));
        }
        let Some(out) = self.blocks.last_mut() else { return };
        let before = out.len();
        out.extend_from_slice(b"PK\x01\x02");
        out.extend_from_slice(&MADE_BY.to_le_bytes());
        let streamed = header.flags & DESCRIPTOR_FOLLOWS != 0;
        header.push_common(out, streamed || zip64 > 0);
        sizes.push(out, large);
        out.extend_from_slice(&header.name_length());
        out.extend_from_slice(&zip64_field.saturating_add(header.time_length()).to_le_bytes());
        // Comment length, disk number, internal attributes.
        out.extend_from_slice(&[0; 6]);
        out.extend_from_slice(&header.attributes.to_le_bytes());
        out.extend_from_slice(&u32::try_from(offset).unwrap_or(IN_ZIP64).to_le_bytes());
        out.extend_from_slice(header.name.as_bytes());
        if zip64 > 0 {
            out.extend_from_slice(&ZIP64_EXTRA.to_le_bytes());
            out.extend_from_slice(&zip64.to_le_bytes());
            if large {
                out.extend_from_slice(&sizes.size.to_le_bytes());
                out.extend_from_slice(&sizes.compressed.to_le_bytes());
            }
            if far {
                out.extend_from_slice(&offset.to_le_bytes());
            }
        }
        header.push_time(out);
        self.bytes = self.bytes.saturating_add(length(out.get(before..).unwrap_or_default()));
        self.entries = self.entries.saturating_add(1);
    }
}

/// Returns time and date in MS-DOS form, in UTC and in steps of two seconds; times outside its range (1980 to 2107)
/// are clamped.
fn dos_time(modified: Option<Utc>) -> [u8; 4] {
    const FIRST: (u16, u16) = (0, 0x0021);
    const LAST: (u16, u16) = (0xbf7d, 0xff9f);
    let (time, date) = modified.map_or(FIRST, |moment| {
        let moment = moment.date_time();
        match moment.year() {
            ..1980 => FIRST,
            2108.. => LAST,
            year => {
                let years = u16::try_from(year.saturating_sub(1980)).unwrap_or_default();
                let date =
                    (years << 9) | (u16::from(u8::from(moment.month())) << 5) | u16::from(moment.day());
                let time = (u16::from(moment.hour()) << 11)
                    | (u16::from(moment.minute()) << 5)
                    | (u16::from(moment.second()) >> 1);
                (time, date)
            }
        }
    });
    let ([a, b], [c, d]) = (time.to_le_bytes(), date.to_le_bytes());
    [a, b, c, d]
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn misuse(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}
