//! Reads a Berkeley DB database, as Red Hat 8 and older, and SUSE before 15.1, have it: a hash of numbers to headers.
//! The form is that of rpm's read-only reader,
//! <https://github.com/rpm-software-management/rpm/blob/master/lib/backend/bdb_ro.cc>.
//!
//! All pages are read in file order. So no bucket list is followed and no page is missed: each page states its type.
//! A header longer than a page is on overflow pages, each with the number of the next one.

use std::io;

use super::MAX_HEADER;
use crate::evidence::bytes::{u16_at, u32_at};
use crate::formats::seek::{ReadSeek, damaged};

/// Number at byte 12 of a hash, in little-endian order, and type of its first page.
const MAGIC: u32 = 0x0006_1561;
const HASH: u8 = 8;

/// Bytes of a page header, and of the fields of the first page that are read.
const HEAD: usize = 26;
const META: usize = 72;

/// Types of pages: with entries, unsorted or sorted; and overflow pages.
const ENTRIES: [u8; 2] = [2, 13];
const STRETCH: u8 = 7;

/// Types of entries: on this page, and on overflow pages.
const HERE: u8 = 1;
const ELSEWHERE: u8 = 3;

/// Whether a file begins as such a database.
pub(super) fn begins(head: &[u8]) -> bool {
    u32_at(head, 12) == Some(MAGIC) && head.get(25) == Some(&HASH)
}

/// Passes each header to `take`.
pub(super) fn each(file: &mut dyn ReadSeek, take: &mut dyn FnMut(&[u8]) -> bool) -> io::Result<()> {
    let meta = file.stretch(0, META)?;
    if !begins(&meta) {
        return Err(damaged("not a little-endian Berkeley DB hash"));
    }
    // Encryption and page checksums, which rpm does not use.
    if meta.get(24) != Some(&0) || meta.get(26).is_none_or(|flags| flags & 1 != 0) {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "a Berkeley DB with features that rpm does not use",
        ));
    }
    let size = u32_at(&meta, 20).and_then(|size| usize::try_from(size).ok()).unwrap_or_default();
    if !(512..=65_536).contains(&size) || !size.is_power_of_two() {
        return Err(damaged("the page size"));
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
            // Entries fill a page from its end.
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
                // The entry of number 0 is the highest number assigned so far.
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
    /// Number of overflow pages that may still be read.
    left: u32,
}

impl Database<'_> {
    fn page(&mut self, number: u32) -> io::Result<Vec<u8>> {
        let size = u64::try_from(self.size).unwrap_or(u64::MAX);
        let page = self.file.stretch(u64::from(number).saturating_mul(size), self.size)?;
        // A page of zeros was allocated but not yet written.
        match u32_at(&page, 8) {
            Some(own) if own == number || page.get(25) == Some(&0) => Ok(page),
            _ => Err(damaged("a page has the wrong number")),
        }
    }

    /// Returns the value of an entry.
    fn value(&mut self, entry: &[u8]) -> io::Result<Vec<u8>> {
        let (kind, rest) = entry.split_first().unwrap_or((&0, &[]));
        match *kind {
            HERE => return Ok(rest.to_vec()),
            ELSEWHERE => {}
            _ => return Err(damaged("the type of an entry")),
        }
        let length = u32_at(entry, 8).and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| *length <= MAX_HEADER);
        let length = length.ok_or_else(|| damaged("a package's length"))?;
        let (mut next, mut value) = (u32_at(entry, 4).unwrap_or_default(), Vec::new());
        while value.len() < length {
            self.left = self
                .left
                .checked_sub(1)
                .ok_or_else(|| damaged("its links lead to more pages than it has"))?;
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

/// Returns the stated number of entries on a page; a key and a value are two.
fn entries(page: &[u8]) -> usize {
    u16_at(page, 20).map_or(0, usize::from)
}
