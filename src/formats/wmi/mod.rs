//! Reads WMI event subscriptions from the repository files: a filter defines an event, a consumer an action, and a
//! binding connects the two. WMI itself is not queried: a query would be noticed, and cannot be made for a tree or an
//! image.
//!
//! In: `OBJECTS.DATA` and the mapping of its pages, of Windows Vista and later. Out: a [`SubscriptionPart`] each.
//! Microsoft does not document the format; the layout is that found by the authors of `flare-wmi` and `dissect.cim`.
//! Records are found by the digest of their class name, in used and in unused pages: a deleted record exists until it
//! is overwritten, and is reported as a remnant.

use std::collections::BTreeMap;
use std::io;

use aho_corasick::AhoCorasick;

use super::seek::{ReadSeek, damaged};
use crate::evidence::bytes::u32_at;

pub mod classes;

pub use classes::Field;
use classes::{CLASSES, HEAD, part, pattern};

/// Bytes of a page.
const PAGE: usize = 0x2000;

/// Number of pages that are read at a time.
const PAGES: usize = 64;

/// Maximum bytes of the repository that are searched; large servers have about 200 MiB.
const MAX_OBJECTS: u64 = 2 << 30;

/// Maximum number of parts, and maximum bytes of one record: a script may be long.
const MAX_PARTS: usize = 5_000;
const MAX_RECORD: usize = 4 << 20;

/// Maximum number of records that are inspected, and maximum bytes of all their continuation pages.
const MAX_RECORDS: usize = 50_000;
const MAX_FOLLOWED: usize = 64 << 20;

/// Maximum bytes of a text that are kept.
pub const MAX_TEXT: usize = 64 << 10;

/// A part of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionPart {
    /// Class name.
    pub class: &'static str,
    /// Its fields, with texts as UTF-8.
    pub says: BTreeMap<Field, Vec<u8>>,
    /// Whether it is in a page that the repository no longer uses: it was deleted, or changed since.
    pub remnant: bool,
    /// Whether the end of its record was not found, so that fields may be missing.
    pub cut: bool,
}

/// The mapping from pages of the repository to pages of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageMap {
    /// Version, which is highest in the current mapping.
    pub version: u32,
    pages: Vec<u32>,
}

impl PageMap {
    /// Reads a mapping file, which begins with the mapping of the objects.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if u32_at(bytes, 0)? != 0xabcd {
            return None;
        }
        let count = usize::try_from(u32_at(bytes, 20)?).ok()?;
        let entries = bytes.get(24..)?.chunks_exact(24).take(count);
        let pages: Vec<u32> = entries.filter_map(|entry| Some(u32_at(entry, 0)? & 0x3fff_ffff)).collect();
        Some(Self { version: u32_at(bytes, 4)?, pages }).filter(|mapping| mapping.pages.len() == count)
    }

    /// Returns the file page that follows another one in the repository; `None` where that one is unused.
    fn after(&self, page: u32) -> Option<u32> {
        let at = self.pages.iter().position(|known| *known == page)?;
        self.pages.get(at.checked_add(1)?).copied()
    }
}

/// Reads all parts. Without a mapping, no remnants are detected, and no record continues after its page.
///
/// # Errors
///
/// The file could not be read further; `all` keeps the parts found before.
pub(crate) fn parts(
    objects: &mut dyn ReadSeek,
    mapping: Option<&PageMap>,
    all: &mut Vec<SubscriptionPart>,
) -> io::Result<()> {
    let patterns = CLASSES.map(|(name, _)| pattern(name));
    let finder = AhoCorasick::new(patterns).map_err(io::Error::other)?;
    let size = objects.seek(io::SeekFrom::End(0))?.min(MAX_OBJECTS);
    let step = PAGE.saturating_mul(PAGES);
    let (mut looked, mut followed) = (0_usize, 0_usize);
    let mut at = 0_u64;
    while at < size {
        let left = usize::try_from(size.saturating_sub(at)).unwrap_or(step).min(step);
        let chunk = objects.stretch(at, left)?;
        for found in finder.find_iter(&chunk) {
            looked = looked.saturating_add(1);
            if all.len() >= MAX_PARTS || looked > MAX_RECORDS || followed > MAX_FOLLOWED {
                return Err(io::Error::other("there are more records than the limit"));
            }
            let Some(class) = CLASSES.get(found.pattern().as_usize()) else { continue };
            let (page_at, offset) =
                (found.start().saturating_sub(found.start() % PAGE), found.start() % PAGE);
            let page = chunk.get(page_at..).unwrap_or_default();
            let page = page.get(..PAGE).unwrap_or(page);
            let number = at.saturating_add(u64::try_from(page_at).unwrap_or_default());
            let number = u32::try_from(number / 0x2000).unwrap_or(u32::MAX);
            let record = record(objects, mapping, page, number, offset)?;
            followed = followed.saturating_add(record.len().saturating_sub(PAGE));
            let Some(mut part) = part(*class, &record) else { continue };
            part.remnant =
                mapping.is_some_and(|mapping| !mapping.pages.contains(&number) || !is_listed(page, offset));
            keep(part, all);
        }
        at = at.saturating_add(u64::try_from(left).unwrap_or(u64::MAX));
    }
    if size == MAX_OBJECTS { Err(damaged("it is larger than the limit")) } else { Ok(()) }
}

/// Reads parts from files in memory, for fuzz targets.
#[must_use]
pub fn parts_of(objects: &[u8], mapping: &[u8]) -> Vec<SubscriptionPart> {
    let mut all = Vec::new();
    drop(parts(&mut io::Cursor::new(objects), PageMap::read(mapping).as_ref(), &mut all));
    all
}

/// Adds a part unless it exists: unused pages contain most of the records of their replacements.
fn keep(part: SubscriptionPart, all: &mut Vec<SubscriptionPart>) {
    match all.iter_mut().find(|known| known.class == part.class && known.says == part.says) {
        Some(known) => known.remnant &= part.remnant,
        None => all.push(part),
    }
}

/// Returns the bytes of a record that begins in a page, with the following pages of the repository.
fn record(
    objects: &mut dyn ReadSeek,
    mapping: Option<&PageMap>,
    page: &[u8],
    number: u32,
    offset: usize,
) -> io::Result<Vec<u8>> {
    let mut record = page.get(offset..).unwrap_or_default().to_vec();
    let length = u32_at(&record, HEAD).and_then(|length| usize::try_from(length & 0x3fff_ffff).ok());
    let whole = HEAD.saturating_add(length.unwrap_or_default()).min(MAX_RECORD);
    let mut number = Some(number);
    while record.len() < whole {
        number = number.and_then(|number| mapping?.after(number));
        let Some(next) = number else { break };
        match objects.stretch(u64::from(next).saturating_mul(0x2000), PAGE) {
            Ok(bytes) => record.extend(bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
    }
    record.truncate(whole);
    Ok(record)
}

/// Whether the record list at the beginning of a page has a record at an offset.
fn is_listed(page: &[u8], offset: usize) -> bool {
    for entry in page.chunks_exact(16) {
        let place = u32_at(entry, 4).and_then(|place| usize::try_from(place).ok());
        if place == Some(offset) {
            return true;
        }
        if entry.iter().all(|byte| *byte == 0) {
            break;
        }
    }
    false
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Cursor;

    use super::Field::{Command, Consumer, Creator, Engine, Filter, Name, Namespace, Query, Script, Text};
    use super::classes::DIGEST;
    use super::*;

    /// A value of a record: null, a text in either encoding, a SID.
    #[derive(Clone, Copy)]
    pub(crate) enum Value<'a> {
        None,
        Narrow(&'a str),
        Wide(&'a str),
        Sid(&'a [u8]),
    }

    /// The SID of the local administrators.
    const ADMINISTRATORS: [u8; 16] = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];

    /// Makes a record of a class with these values in the reported fields, from the public descriptions.
    pub(crate) fn record_of(class: &str, values: &[(Field, Value<'_>)]) -> Vec<u8> {
        let (_, slots) = CLASSES.into_iter().find(|(name, _)| *name == class).unwrap();
        let mut states = vec![0_u8; slots.len().div_ceil(4)];
        let mut data = [b"\0", class.as_bytes(), b"\0"].concat();
        let mut fields = Vec::new();
        for (number, (width, field)) in slots.iter().enumerate() {
            let value = field.and_then(|field| values.iter().find(|(known, _)| *known == field));
            let mut place = u32::try_from(data.len()).unwrap();
            match value.map_or(Value::None, |(_, value)| *value) {
                Value::None => {
                    states[number / 4] |= 1 << (number % 4 * 2);
                    // The content is meaningless.
                    place = 1;
                }
                Value::Narrow(text) => data.extend([&[0], text.as_bytes(), &[0]].concat()),
                Value::Wide(text) => {
                    data.push(1);
                    data.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
                }
                Value::Sid(sid) => {
                    data.extend(u32::try_from(sid.len()).unwrap().to_le_bytes());
                    data.extend(sid);
                }
            }
            let place = [place.to_le_bytes(), [0; 4]].concat();
            fields.extend(&place[..*width]);
        }
        let length = u32::try_from(data.len()).unwrap() | 0x8000_0000;
        let rest = [&states, &fields, &[4, 0, 0, 0, 1][..], &length.to_le_bytes(), &data].concat();
        let length = u32::try_from(9 + rest.len()).unwrap();
        [&pattern(class)[..], &[7; 16], &length.to_le_bytes(), &[0; 5], &rest].concat()
    }

    /// Makes a page with a list of its records; the first one may continue after it.
    pub(crate) fn page(records: &[&[u8]]) -> (Vec<u8>, Vec<u8>) {
        let mut at = 16 * (records.len() + 1);
        let mut page = Vec::new();
        for record in records {
            let words = [1, u32::try_from(at).unwrap(), u32::try_from(record.len()).unwrap(), 0];
            page.extend(words.iter().flat_map(|word| word.to_le_bytes()));
            at += record.len();
        }
        page.extend([0; 16]);
        page.extend(records.concat());
        page.resize(page.len().max(PAGE), 0);
        let rest = page.split_off(PAGE);
        (page, rest)
    }

    pub(crate) fn mapping(version: u32, pages: &[u32]) -> Vec<u8> {
        let count = u32::try_from(pages.len()).unwrap();
        let words = [0xabcd, version, 0, 0, count, count];
        let entries = pages.iter().flat_map(|page| [*page, 1, 2, 3, 4, 5]);
        words.into_iter().chain(entries).flat_map(u32::to_le_bytes).chain([9; 8]).collect()
    }

    fn read(objects: &[u8], mapping: Option<&PageMap>) -> Vec<SubscriptionPart> {
        let mut all = Vec::new();
        parts(&mut Cursor::new(objects), mapping, &mut all).unwrap();
        all
    }

    fn says(part: &SubscriptionPart) -> Vec<(Field, &str)> {
        part.says.iter().map(|(field, text)| (*field, str::from_utf8(text).unwrap())).collect()
    }

    #[test]
    fn the_digest_of_a_class_is_the_known_one() {
        // The digest by which other tools know the first namespace, `ROOT`.
        let root: String = pattern("root").chunks(2).map(|unit| char::from(unit[0])).collect();
        assert_eq!(root, "E8C4F9926E52E9240C37C4E59745CEB61A67A77C9F6692EA4295A97E0AF583C5");
    }

    #[test]
    fn a_filter_a_consumer_of_each_kind_and_their_binding_are_read() {
        let sid = Value::Sid(&ADMINISTRATORS);
        let filter = record_of(
            "__EventFilter",
            &[
                (Name, Value::Narrow("Kwaad")),
                (Creator, sid),
                (Query, Value::Narrow("SELECT * FROM __InstanceModificationEvent WITHIN 60")),
                (Namespace, Value::Wide("root\\cimv2")),
            ],
        );
        let command = record_of(
            "CommandLineEventConsumer",
            &[(Creator, sid), (Name, Value::Narrow("Kwaad")), (Command, Value::Narrow("C:\\k.exe /x"))],
        );
        let script = record_of(
            "ActiveScriptEventConsumer",
            &[
                (Name, Value::Wide("n\u{e9}")),
                (Engine, Value::Narrow("VBScript")),
                (Script, Value::Narrow("caf\u{e9}")),
            ],
        );
        let binding = record_of(
            "__FilterToConsumerBinding",
            &[
                (Filter, Value::Narrow("__EventFilter.Name=\"Kwaad\"")),
                (Consumer, Value::Narrow("C")),
                (Creator, sid),
            ],
        );
        let others: Vec<Vec<u8>> = ["LogFileEventConsumer", "NTEventLogEventConsumer", "SMTPEventConsumer"]
            .iter()
            .map(|class| record_of(class, &[(Name, Value::Narrow("x")), (Text, Value::Narrow("t"))]))
            .collect();
        let records: Vec<&[u8]> =
            [&filter, &command, &script, &binding].into_iter().chain(&others).map(Vec::as_slice).collect();
        let objects = page(&records).0;
        let all = read(&objects, None);
        let by = |class: &str| says(all.iter().find(|part| part.class == class).unwrap());
        assert_eq!(all.len(), 7);
        assert_eq!(
            by("__EventFilter"),
            [
                (Name, "Kwaad"),
                (Creator, "S-1-5-32-544"),
                (Query, "SELECT * FROM __InstanceModificationEvent WITHIN 60"),
                (Namespace, "root\\cimv2"),
            ]
        );
        assert_eq!(
            by("CommandLineEventConsumer"),
            [(Name, "Kwaad"), (Creator, "S-1-5-32-544"), (Command, "C:\\k.exe /x")]
        );
        // Each byte of a narrow text is one character.
        assert_eq!(
            by("ActiveScriptEventConsumer"),
            [(Name, "n\u{e9}"), (Engine, "VBScript"), (Script, "caf\u{c3}\u{a9}")]
        );
        assert_eq!(
            by("__FilterToConsumerBinding"),
            [(Creator, "S-1-5-32-544"), (Filter, "__EventFilter.Name=\"Kwaad\""), (Consumer, "C")]
        );
        for class in ["LogFileEventConsumer", "NTEventLogEventConsumer", "SMTPEventConsumer"] {
            assert_eq!(by(class), [(Name, "x"), (Text, "t")]);
        }
        assert!(all.iter().all(|part| !part.cut && !part.remnant));
    }

    #[test]
    fn a_record_continues_in_the_next_page_and_unused_pages_have_remnants() {
        let long = "x".repeat(20_000);
        let script = record_of(
            "ActiveScriptEventConsumer",
            &[(Name, Value::Narrow("lang")), (Script, Value::Narrow(&long))],
        );
        let old = record_of("__EventFilter", &[(Name, Value::Narrow("weg"))]);
        let kept = record_of("__EventFilter", &[(Name, Value::Narrow("blijft"))]);
        let (first, rest) = page(&[&script]);
        let (other, _) = page(&[&old, &kept]);
        let (used, _) = page(&[&kept]);
        // In a used page, after the records of its list.
        let mut used = used;
        let at = PAGE - 1_000;
        let deleted = record_of("__EventFilter", &[(Name, Value::Narrow("gewist"))]);
        used[at..at + deleted.len()].copy_from_slice(&deleted);
        // Pages of the file: 0 begins the script, 3 and 1 continue it, 2 is unused, 4 is used.
        let second = &rest[..PAGE];
        let mut third = rest[PAGE..].to_vec();
        third.resize(PAGE, 0);
        let objects = [&first, third.as_slice(), &other, second, &used].concat();
        let map = PageMap::read(&mapping(5, &[4, 0, 3, 1])).unwrap();
        assert_eq!((map.version, map.pages.as_slice()), (5, &[4, 0, 3, 1][..]));
        let all = read(&objects, Some(&map));
        let by = |name: &str| all.iter().find(|part| part.says[&Name] == name.as_bytes()).unwrap();
        assert_eq!(by("lang").says[&Script].len(), long.len());
        let flags: Vec<_> =
            ["lang", "weg", "blijft", "gewist"].map(|name| (by(name).cut, by(name).remnant)).into();
        assert_eq!(flags, [(false, false), (false, true), (false, false), (false, true)]);
        assert_eq!(all.len(), 4);
        // Without the mapping, the continuation is unknown.
        let alone = read(&objects, None);
        let cut = alone.iter().find(|part| part.says[&Name] == b"lang").unwrap();
        assert!(cut.cut && !cut.remnant && cut.says[&Script].len() < PAGE);
    }

    #[test]
    fn a_repository_with_endless_records_is_read_up_to_a_limit() {
        let mut record = record_of("__EventFilter", &[(Name, Value::Narrow("a"))]);
        record[HEAD..HEAD + 4].copy_from_slice(&0x003f_0000_u32.to_le_bytes());
        let (page, _) = page(&vec![record.as_slice(); 20]);
        // Each page is followed by itself.
        let map = PageMap::read(&mapping(5, &[0, 0])).unwrap();
        let mut all = Vec::new();
        let error = parts(&mut Cursor::new(&page), Some(&map), &mut all).unwrap_err();
        assert!(error.to_string().contains("more records") && all.len() == 1, "{error}");
    }

    #[test]
    fn damaged_records_are_left_out_and_reading_continues() {
        let record = record_of("__EventFilter", &[(Name, Value::Narrow("a")), (Query, Value::Wide("b"))]);
        for at in DIGEST..record.len() {
            for bit in [1, 0x80] {
                let mut broken = record.clone();
                broken[at] ^= bit;
                let (page, _) = page(&[&broken]);
                assert!(read(&page, None).len() <= 1);
            }
        }
        for length in 0..record.len() {
            assert!(read(&record[..length], None).len() <= 1);
        }
        // By its own content not a record of this class.
        let mut named = record_of("__EventFilter", &[(Name, Value::Narrow("a"))]);
        let at = named.windows(13).position(|part| part == b"__EventFilter").unwrap();
        named[at] = b'x';
        assert_eq!(read(&named, None), []);
        // Of another class than its digest states.
        let mut other = record_of("LogFileEventConsumer", &[]);
        other[..DIGEST].copy_from_slice(&pattern("SMTPEventConsumer"));
        assert_eq!(read(&other, None), []);
        let whole = mapping(5, &[1, 2]);
        assert!((0..whole.len() - 8).all(|length| PageMap::read(&whole[..length]).is_none()));
    }
}
