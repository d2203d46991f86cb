//! Reads messages of one kind from a systemd journal: those of the kernel about USB devices, where no daemon writes
//! them to a text log.
//!
//! In: a journal file, whole, still open or damaged (<https://systemd.io/JOURNAL_FILE_FORMAT/>). Out: the messages,
//! with their times, of the entries in which a field has a given value. Only the path to these is read: the field
//! hash table, the data object, its entries, their messages. A message above half a kilobyte may be
//! compressed: with XZ it is read, otherwise it is counted but not read.

use std::io::{self, Read as _};

use lzma_rust2::XzReader;

use super::seek::{ReadSeek, damaged};
use crate::evidence::Utc;
use crate::evidence::bytes::{u32_at, u64_at};

/// Bytes of the file header that are needed, and of an object header.
const HEAD: usize = 184;
const OBJECT: usize = 16;

/// Object types.
const DATA: u8 = 1;
const FIELD: u8 = 2;
const ENTRY: u8 = 3;
const ENTRIES: u8 = 6;

/// Flag of four-byte offsets in lists (`HEADER_INCOMPATIBLE_COMPACT`).
const COMPACT: u32 = 16;

/// Flags of a compressed data object: XZ, LZ4 or Zstandard.
const XZ: u8 = 1;
const COMPRESSED: u8 = XZ | 2 | 4;

/// Maximum memory for unpacking a message, in KiB: journald itself uses a dictionary of 1 MiB.
const MAX_DICTIONARY: u32 = 16 << 10;

/// Maximum bytes of the field hash table, of an entry or entry array object, and of a data object.
const MAX_TABLE: u64 = 1 << 20;
const MAX_LIST: u64 = 8 << 20;
const MAX_CONTENT: u64 = 64 << 10;

/// Maximum number of steps along a chain.
const MAX_STEPS: usize = 10_000;

/// Maximum number of entries per file.
const MAX_ENTRIES: usize = 20_000;

/// Maximum number of fields per entry.
const MAX_FIELDS: usize = 128;

/// A time in microseconds since 1970, and a message.
pub type Message = (u64, Vec<u8>);

/// The messages of the entries in which a field has a given value.
#[derive(Debug, Default)]
pub(crate) struct JournalMessages {
    /// The messages, in order.
    pub(crate) all: Vec<Message>,
    /// Number of entries whose message is compressed, and therefore not read.
    pub(crate) compressed: u64,
    /// The error that ended the reading early.
    pub(crate) short: Option<io::Error>,
}

/// Reads the messages of the entries in which a field has a given value.
///
/// # Errors
///
/// The file is not a journal, or the path to the entries cannot be read.
pub(crate) fn messages(
    journal: &mut dyn ReadSeek,
    field: &[u8],
    content: &[u8],
) -> io::Result<JournalMessages> {
    let head = journal.stretch(0, HEAD)?;
    if !head.starts_with(b"LPKSHHRH") {
        return Err(damaged("it is not a journal"));
    }
    let word = |at| u64_at(&head, at).unwrap_or_default();
    let compact = u32_at(&head, 12).unwrap_or_default() & COMPACT != 0;
    let mut file = Journal { file: journal, compact, compressed: 0 };
    let Some(data) = file.data(word(120), word(128), field, content)? else {
        return Ok(JournalMessages::default());
    };
    let mut all = Vec::new();
    let short = file.entries(&data, &mut all).err();
    Ok(JournalMessages { all, compressed: file.compressed, short })
}

/// Reads a journal in memory, for fuzz targets; returns nothing where it cannot be read.
#[must_use]
pub fn messages_of(journal: &[u8], field: &[u8], content: &[u8]) -> Vec<Message> {
    messages(&mut io::Cursor::new(journal), field, content).map(|read| read.all).unwrap_or_default()
}

/// Writes messages as a text log, each after its time.
#[must_use]
pub fn as_log(messages: &[Message]) -> Vec<u8> {
    let mut log = Vec::new();
    for (moment, message) in messages {
        let seconds = i64::try_from(moment / 1_000_000).unwrap_or_default();
        let nanoseconds = u32::try_from(moment % 1_000_000).unwrap_or_default().saturating_mul(1_000);
        let moment =
            Utc::from_unix(seconds, nanoseconds).map(|moment| moment.to_string()).unwrap_or_default();
        // A message of several lines stays one line.
        let line = message.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte });
        log.extend(moment.bytes().chain([b' ']).chain(line).chain([b'\n']));
    }
    log
}

struct Journal<'a> {
    file: &'a mut dyn ReadSeek,
    compact: bool,
    /// Number of entries whose message is compressed.
    compressed: u64,
}

impl Journal<'_> {
    /// Reads the object of a type at an offset: at most `most` bytes, including the header. The flag says whether
    /// that is all of it.
    fn object(&mut self, offset: u64, kind: u8, most: u64) -> io::Result<(Vec<u8>, bool)> {
        let head = self.file.stretch(offset, OBJECT)?;
        let size = u64_at(&head, 8).unwrap_or_default();
        let least = match kind {
            FIELD => 40,
            ENTRIES => 24,
            _ => 64,
        };
        if head.first() != Some(&kind) || size < least {
            return Err(damaged("an object is not of the expected type"));
        }
        let length = usize::try_from(size.min(most)).map_err(|_| damaged("an object is too large"))?;
        Ok((self.file.stretch(offset, length)?, size <= most))
    }

    /// Returns the offset of the payload in a data object.
    const fn content_at(&self) -> usize {
        if self.compact { 72 } else { 64 }
    }

    /// Finds the data object of a field's value through the hash table, which begins at an offset after its header.
    fn data(&mut self, table: u64, length: u64, field: &[u8], content: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let length = usize::try_from(length.min(MAX_TABLE)).unwrap_or_default();
        let buckets = self.file.stretch(table, length)?;
        let mut steps = 0;
        for bucket in buckets.chunks_exact(16) {
            let mut at = u64_at(bucket, 0).unwrap_or_default();
            while at != 0 {
                count(&mut steps)?;
                let (object, whole) = self.object(at, FIELD, MAX_CONTENT)?;
                if whole && object.get(40..) == Some(field) {
                    let head = u64_at(&object, 32).unwrap_or_default();
                    return self.content(head, &[field, b"=", content].concat());
                }
                at = u64_at(&object, 24).unwrap_or_default();
            }
        }
        Ok(None)
    }

    /// Finds the data object with a value, in the chain of one field.
    fn content(&mut self, mut at: u64, content: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let mut steps = 0;
        while at != 0 {
            count(&mut steps)?;
            let (object, whole) = self.object(at, DATA, MAX_CONTENT)?;
            if whole && object.get(self.content_at()..) == Some(content) {
                return Ok(Some(object));
            }
            at = u64_at(&object, 32).unwrap_or_default();
        }
        Ok(None)
    }

    /// Reads the messages of the entries of a data object: one is in the object itself, the others are in chained
    /// lists.
    fn entries(&mut self, data: &[u8], all: &mut Vec<Message>) -> io::Result<()> {
        let word = |bytes: &[u8], at| u64_at(bytes, at).unwrap_or_default();
        all.extend(self.entry(word(data, 40))?);
        let mut list = word(data, 48);
        let mut steps = 0;
        while list != 0 {
            count(&mut steps)?;
            let (object, _) = self.object(list, ENTRIES, MAX_LIST)?;
            for entry in self.offsets(object.get(24..).unwrap_or_default(), 8) {
                // A list is allocated longer than needed.
                if entry == 0 {
                    break;
                }
                if all.len() >= MAX_ENTRIES {
                    return Err(io::Error::other(format!(
                        "there are more than {MAX_ENTRIES} entries: the others are not read"
                    )));
                }
                all.extend(self.entry(entry)?);
            }
            list = word(&object, 16);
        }
        Ok(())
    }

    /// Reads the message of an entry, and its time.
    fn entry(&mut self, at: u64) -> io::Result<Option<Message>> {
        let (entry, _) = self.object(at, ENTRY, 64 << 10)?;
        let moment = u64_at(&entry, 24).unwrap_or_default();
        let mut compressed = false;
        for at in self.offsets(entry.get(64..).unwrap_or_default(), 16).into_iter().take(MAX_FIELDS) {
            let (object, _) = self.object(at, DATA, MAX_CONTENT)?;
            let content = object.get(self.content_at()..).unwrap_or_default();
            let flags = object.get(1).copied().unwrap_or_default() & COMPRESSED;
            let unpacked = if flags == XZ { unpacked(content) } else { None };
            compressed |= flags != 0 && unpacked.is_none();
            let content = unpacked.as_deref().unwrap_or(content);
            if let Some(message) = content.strip_prefix(b"MESSAGE=") {
                return Ok(Some((moment, message.to_vec())));
            }
        }
        self.compressed = self.compressed.saturating_add(u64::from(compressed));
        Ok(None)
    }

    /// Reads the offsets in a list with members of this length; four bytes each in a compact file.
    fn offsets(&self, list: &[u8], length: usize) -> Vec<u64> {
        if self.compact {
            return list.chunks_exact(4).filter_map(|offset| u32_at(offset, 0).map(u64::from)).collect();
        }
        list.chunks_exact(length).filter_map(|member| u64_at(member, 0)).collect()
    }
}

/// The beginning of a content that XZ has packed, as much as of any other; nothing where it cannot be unpacked.
fn unpacked(content: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let reader = XzReader::new_mem_limit(content, false, MAX_DICTIONARY);
    let read = reader.take(MAX_CONTENT).read_to_end(&mut bytes);
    // The object may be longer than what is read of it: what came until then counts.
    (read.is_ok() || !bytes.is_empty()).then_some(bytes)
}

fn count(steps: &mut usize) -> io::Result<()> {
    *steps = steps.saturating_add(1);
    if *steps > MAX_STEPS { Err(damaged("a chain is too long or a loop")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A journal with one field of two values, and entries with a message each, with the offsets of its objects.
    struct Made {
        bytes: Vec<u8>,
        compact: bool,
    }

    impl Made {
        fn object(&mut self, kind: u8, body: &[u8]) -> u64 {
            self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
            let at = u64::try_from(self.bytes.len()).unwrap();
            self.bytes.extend([kind, 0, 0, 0, 0, 0, 0, 0]);
            self.bytes.extend(u64::try_from(OBJECT + body.len()).unwrap().to_le_bytes());
            self.bytes.extend(body);
            at
        }

        fn put(&mut self, at: u64, number: u64) {
            let at = usize::try_from(at).unwrap();
            self.bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
        }

        /// Adds a data object, with the next one of its field.
        fn data(&mut self, content: &[u8], next: u64) -> u64 {
            let mut body = [[0; 16].to_vec(), next.to_le_bytes().to_vec(), vec![0; 24]].concat();
            body.resize(if self.compact { 56 } else { 48 }, 0);
            body.extend(content);
            self.object(DATA, &body)
        }

        fn list(&self, offsets: &[u64], in_entry: bool) -> Vec<u8> {
            let one = |offset: &u64| match (self.compact, in_entry) {
                (true, _) => u32::try_from(*offset).unwrap().to_le_bytes().to_vec(),
                (false, true) => [offset.to_le_bytes(), [7; 8]].concat(),
                (false, false) => offset.to_le_bytes().to_vec(),
            };
            offsets.iter().flat_map(one).collect()
        }

        fn new(compact: bool) -> Self {
            let mut made = Self { bytes: vec![0; 264], compact };
            made.bytes[..8].copy_from_slice(b"LPKSHHRH");
            made.bytes[12] = if compact { 16 } else { 0 };
            let other = made.data(b"_KERNEL_SUBSYSTEM=pci", 0);
            let usb = made.data(b"_KERNEL_SUBSYSTEM=usb", other);
            let field = [&[0; 16][..], &usb.to_le_bytes(), b"_KERNEL_SUBSYSTEM"].concat();
            let field = made.object(FIELD, &field);
            let unlike = [&[0; 8][..], &field.to_le_bytes(), &other.to_le_bytes(), b"_KERNEL"].concat();
            let unlike = made.object(FIELD, &unlike);
            let table = made.object(4, &[[0; 16], [0; 16]].concat());
            made.put(120, table + 16);
            made.put(128, 32);
            made.put(table + 32, unlike);
            let mut entries = Vec::new();
            for (moment, message) in
                [(1_u64, "MESSAGE=a"), (2, "MESSAGE=b\nc"), (3, "PRIORITY=6"), (4, "MESSAGE=d")]
            {
                let message = made.data(message.as_bytes(), 0);
                let body = [&[0; 8][..], &moment.to_le_bytes(), &[0; 32], &made.list(&[usb, message], true)]
                    .concat();
                entries.push(made.object(ENTRY, &body));
            }
            let last = [&[0; 8][..], &made.list(&[entries[3], 0, 0], false)].concat();
            let last = made.object(ENTRIES, &last);
            let first = [&last.to_le_bytes()[..], &made.list(&entries[1..3], false)].concat();
            let first = made.object(ENTRIES, &first);
            made.put(usb + 40, entries[0]);
            made.put(usb + 48, first);
            made
        }

        fn read(&self) -> io::Result<(Vec<Message>, Option<io::Error>)> {
            let read = messages(&mut Cursor::new(&self.bytes), b"_KERNEL_SUBSYSTEM", b"usb")?;
            Ok((read.all, read.short))
        }
    }

    #[test]
    fn messages_of_entries_with_a_field_value_are_read_in_order() {
        for compact in [false, true] {
            let made = Made::new(compact);
            let (all, short) = made.read().unwrap();
            assert!(short.is_none(), "{short:?}");
            assert_eq!(all, [(1, b"a".to_vec()), (2, b"b\nc".to_vec()), (4, b"d".to_vec())]);
            let log = as_log(&all);
            assert!(
                log.starts_with(b"1970-01-01T00:00:00.000001Z a\n1970-01-01T00:00:00.000002Z b c\n"),
                "{log:?}"
            );
            let none = messages(&mut Cursor::new(&made.bytes), b"_KERNEL_SUBSYSTEM", b"us").unwrap();
            assert!(none.all.is_empty() && none.short.is_none());
            let none = messages(&mut Cursor::new(&made.bytes), b"_KERNEL_DEVICE", b"usb").unwrap();
            assert!(none.all.is_empty() && none.short.is_none());
        }
    }

    #[test]
    fn a_message_that_xz_has_packed_is_read_and_a_broken_one_is_counted() {
        // Python: lzma.compress(b"MESSAGE=" + b"Accepted password for anna " * 40, check=lzma.CHECK_NONE)
        let packed = b"\xfd\x37\x7a\x58\x5a\x00\x00\x00\xff\x12\xd9\x41\x02\x00\x21\x01\x16\x00\x00\x00\x74\x2f\xe5\xa3\xe0\x04\x3f\x00\x2e\x5d\x00\x26\x91\x46\xc0\xd1\x94\x57\xe4\x8e\xf3\x0c\x44\xd1\x66\x11\x5a\x9e\x38\xc4\x9d\xbc\xe7\xa1\x5a\xed\xa8\x7c\x33\xff\x17\x52\x3e\xa7\x72\x1e\xd2\x33\x4a\x80\x09\x0b\xff\xcb\xd4\x84\x00\x00\x00\x00\x00\x01\x42\xc0\x08\x00\x00\x00\x8e\xbf\x64\xad\xa8\x00\x0a\xfc\x02\x00\x00\x00\x00\x00\x59\x5a";
        for broken in [false, true] {
            let mut made = Made::new(false);
            let old = memchr::memmem::find(&made.bytes, b"MESSAGE=d").unwrap() - 64;
            let led = memchr::memmem::rfind(&made.bytes, &old.to_le_bytes()).unwrap();
            let mut packed = packed.to_vec();
            packed[3] ^= u8::from(broken);
            let new = made.data(&packed, 0);
            made.bytes[usize::try_from(new).unwrap() + 1] = 1;
            made.bytes[led..led + 8].copy_from_slice(&new.to_le_bytes());
            let read = messages(&mut Cursor::new(&made.bytes), b"_KERNEL_SUBSYSTEM", b"usb").unwrap();
            assert_eq!((read.all.len(), read.compressed), if broken { (2, 1) } else { (3, 0) });
            if !broken {
                assert_eq!(read.all[2].1, b"Accepted password for anna ".repeat(40));
            }
        }
    }

    #[test]
    fn a_message_that_is_compressed_is_counted() {
        let mut made = Made::new(false);
        let at = memchr::memmem::find(&made.bytes, b"MESSAGE=d").unwrap();
        made.bytes[at..at + 9].copy_from_slice(b"\x28\xb5\x2f\xfdxxxxx");
        made.bytes[at - 63] = 4;
        let read = messages(&mut Cursor::new(&made.bytes), b"_KERNEL_SUBSYSTEM", b"usb").unwrap();
        assert_eq!((read.all.len(), read.compressed, read.short.is_none()), (2, 1, true));
    }

    #[test]
    fn messages_before_damage_are_kept_and_chains_have_a_limit() {
        let whole = Made::new(false);
        let end = whole.bytes.len();
        // The last list is lost with the end of the file; the messages before it are kept.
        let cut = Made { bytes: whole.bytes[..end - 40].to_vec(), compact: false };
        let (all, short) = cut.read().unwrap();
        assert_eq!((all.len(), short.is_some()), (1, true));
        for length in 0..whole.bytes.len() {
            drop(Made { bytes: whole.bytes[..length].to_vec(), compact: false }.read());
        }
        assert!(Made { bytes: vec![0; 500], compact: false }.read().is_err());
        // A list that points to itself.
        let mut round = Made::new(false);
        let list = u64::try_from(end).unwrap() - 40;
        round.put(list + 16, list);
        let (all, short) = round.read().unwrap();
        assert!(short.unwrap().to_string().contains("a chain is too long"), "{}", all.len());
        assert!(all.len() <= MAX_ENTRIES);
        // A chain of data objects that points to itself.
        let mut round = Made::new(false);
        round.put(264 + 32, 264);
        let error = messages(&mut Cursor::new(&round.bytes), b"_KERNEL_SUBSYSTEM", b"xx").unwrap_err();
        assert!(error.to_string().contains("too long or a loop"), "{error}");
    }
}
