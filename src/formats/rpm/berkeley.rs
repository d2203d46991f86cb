//! A database of Berkeley DB, as Red Hat 8 and older, and SUSE before 15.1, have it: a hash of numbers to headers. The form is that
//! of <https://github.com/rpm-software-management/rpm/blob/master/lib/backend/bdb_ro.cc>, which reads it as well.
//!
//! All pages are gone through in their order, so no list of buckets is followed and none is missed: those with entries say what
//! they are. A header longer than a page stands on others, each of which names the next.

use std::io;

use super::MAX_HEADER;
use crate::evidence::bytes::{u16_at, u32_at};
use crate::formats::seek::{ReadSeek, damaged};

/// What stands at byte 12 of a hash, the lower byte first, and its first page's kind.
const MAGIC: u32 = 0x0006_1561;
const HASH: u8 = 8;

/// Bytes of a page before what stands on it, and of the first page's fields that are read.
const HEAD: usize = 26;
const META: usize = 72;

/// Kinds of pages: with entries, as they came or in order; and with a stretch of a longer one.
const ENTRIES: [u8; 2] = [2, 13];
const STRETCH: u8 = 7;

/// Kinds of entries: on this page, and on others.
const HERE: u8 = 1;
const ELSEWHERE: u8 = 3;

/// Whether this is the beginning of one.
pub(super) fn begins(head: &[u8]) -> bool {
    u32_at(head, 12) == Some(MAGIC) && head.get(25) == Some(&HASH)
}

/// Hands on each header.
pub(super) fn each(file: &mut dyn ReadSeek, take: &mut dyn FnMut(&[u8]) -> bool) -> io::Result<()> {
    let meta = file.stretch(0, META)?;
    if !begins(&meta) {
        return Err(damaged("no hash of Berkeley DB that a machine like this one wrote"));
    }
    // What is encrypted, and sums on each page: rpm uses neither.
    if meta.get(24) != Some(&0) || meta.get(26).is_none_or(|flags| flags & 1 != 0) {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "a Berkeley DB that rpm does not write"));
    }
    let size = u32_at(&meta, 20).and_then(|size| usize::try_from(size).ok()).unwrap_or_default();
    if !(512..=65_536).contains(&size) || !size.is_power_of_two() {
        return Err(damaged("the size of its pages"));
    }
    let last = u32_at(&meta, 32).unwrap_or_default();
    // No page belongs to two headers.
    let mut database = Database { file, size, left: last };
    for number in 1..=last {
        let page = database.page(number)?;
        if !page.get(25).is_some_and(|kind| ENTRIES.contains(kind)) {
            continue;
        }
        let mut end = size;
        let mut is_key = true;
        let mut number_of = None;
        for index in page.get(HEAD..).unwrap_or_default().as_chunks::<2>().0.iter().take(entries(&page)) {
            // They fill a page from its end.
            let begin = usize::from(u16::from_le_bytes(*index));
            let entry = page.get(begin..end).filter(|entry| !entry.is_empty());
            let entry = entry.ok_or_else(|| damaged("an entry of a page"))?;
            end = begin;
            if is_key {
                number_of = entry
                    .split_first()
                    .filter(|(kind, _)| **kind == HERE)
                    .and_then(|(_, key)| u32_at(key, 0));
            } else if number_of != Some(0) {
                // The entry of number 0 is the highest number given so far.
                let header = database.value(entry)?;
                if !take(&header) {
                    return Ok(());
                }
            }
            is_key = !is_key;
        }
    }
    Ok(())
}

struct Database<'a> {
    file: &'a mut dyn ReadSeek,
    size: usize,
    /// Pages that may still hold stretches of headers.
    left: u32,
}

impl Database<'_> {
    fn page(&mut self, number: u32) -> io::Result<Vec<u8>> {
        let size = u64::try_from(self.size).unwrap_or(u64::MAX);
        let page = self.file.stretch(u64::from(number).saturating_mul(size), self.size)?;
        // A page of zeros was made room for and not written yet.
        match u32_at(&page, 8) {
            Some(own) if own == number || page.get(25) == Some(&0) => Ok(page),
            _ => Err(damaged("a page with another's number")),
        }
    }

    /// What an entry holds.
    fn value(&mut self, entry: &[u8]) -> io::Result<Vec<u8>> {
        let (kind, rest) = entry.split_first().unwrap_or((&0, &[]));
        match *kind {
            HERE => return Ok(rest.to_vec()),
            ELSEWHERE => {}
            _ => return Err(damaged("the kind of an entry")),
        }
        let length = u32_at(entry, 8).and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| *length <= MAX_HEADER);
        let length = length.ok_or_else(|| damaged("a package's length"))?;
        let (mut next, mut value) = (u32_at(entry, 4).unwrap_or_default(), Vec::new());
        while value.len() < length {
            self.left =
                self.left.checked_sub(1).ok_or_else(|| damaged("it leads to more pages than it has"))?;
            let page = self.page(next)?;
            let used = page.get(HEAD..).and_then(|rest| rest.get(..usize::from(u16_at(&page, 22)?)));
            let used = used.filter(|used| !used.is_empty() && page.get(25) == Some(&STRETCH));
            value.extend_from_slice(used.ok_or_else(|| damaged("a page of a package"))?);
            next = u32_at(&page, 16).unwrap_or_default();
        }
        value.truncate(length);
        Ok(value)
    }
}

/// How many entries a page says it has, a key and a value each two.
fn entries(page: &[u8]) -> usize {
    u16_at(page, 20).map_or(0, usize::from)
}
