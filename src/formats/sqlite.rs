//! Reads the rows of one table in an SQLite database from the file format: <https://sqlite.org/fileformat2.html>. Own
//! code, since the readers of SQLite in pure Rust are whole databases of megabytes, and only two page types are
//! needed here.
//!
//! In: a file and the name of a table. Out: its rows in order, with columns as bytes. The write-ahead log (`-wal`) is
//! ignored. The file is hostile: every number is checked against the file size, and each page is read only once.

use std::io;

use super::seek::{ReadSeek, damaged};

/// Signature of the file.
pub(crate) const MAGIC: &[u8] = b"SQLite format 3\0";

/// Bytes of the file header, at the beginning of the first page.
const HEADER: usize = 100;

/// Largest row, in bytes.
const MAX_ROW: usize = 64 << 20;

/// Maximum depth of a tree: each level multiplies its capacity.
const MAX_DEPTH: usize = 20;

/// Maximum number of pages: those of a database of 8 GiB with the default page size.
const MAX_PAGES: u64 = 1 << 21;

/// An open database.
struct Database<'a> {
    file: &'a mut dyn ReadSeek,
    page_size: usize,
    /// Usable bytes of a page.
    usable: usize,
    /// Number of pages that may still be read: each page of the file once.
    left: u64,
}

/// A row of a table, as a record.
pub(crate) struct TableRow<'r>(&'r [u8]);

/// Passes the rows of a table on, by row number, until the callback returns false.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidData`] where the file is damaged, or has no such table; any error of reading. Rows read
/// before the error are kept.
pub(crate) fn rows(
    file: &mut dyn ReadSeek,
    table: &str,
    take: &mut dyn FnMut(TableRow<'_>) -> bool,
) -> io::Result<()> {
    let mut database = Database::open(file)?;
    let mut root = None;
    database.rows(1, &mut |row| {
        let is_it = row.column(0) == Some(b"table") && row.column(1) == Some(table.as_bytes());
        if is_it {
            root = row.column(3).map(integer);
        }
        !is_it
    })?;
    database.rows(root.ok_or_else(|| damaged("there is no such table"))?, take)
}

impl<'a> Database<'a> {
    fn open(file: &'a mut dyn ReadSeek) -> io::Result<Self> {
        let head = file.stretch(0, HEADER)?;
        if !head.starts_with(MAGIC) {
            return Err(damaged("not an SQLite database"));
        }
        let size = match short(&head, 16) {
            Some(1) => 65_536,
            size => size.unwrap_or_default(),
        };
        let reserved = usize::from(head.get(20).copied().unwrap_or_default());
        // As SQLite itself requires.
        if !(512..=65_536).contains(&size) || !size.is_power_of_two() || size.saturating_sub(reserved) < 480 {
            return Err(damaged("the page size"));
        }
        let length = file.seek(io::SeekFrom::End(0))?;
        let pages = length.checked_div(u64::try_from(size).unwrap_or(u64::MAX)).unwrap_or_default();
        let usable = size.saturating_sub(reserved);
        Ok(Self { file, page_size: size, usable, left: pages.min(MAX_PAGES) })
    }

    /// Reads a page; page numbers count from 1.
    fn page(&mut self, number: u64) -> io::Result<Vec<u8>> {
        self.left =
            self.left.checked_sub(1).ok_or_else(|| damaged("its links lead to more pages than it has"))?;
        let before = number.checked_sub(1).ok_or_else(|| damaged("a page number is 0"))?;
        let offset = before.saturating_mul(u64::try_from(self.page_size).unwrap_or(u64::MAX));
        let mut page = self.file.stretch(offset, self.page_size)?;
        page.truncate(self.usable);
        Ok(page)
    }

    /// Passes on the rows of the table whose root page is given, until the callback returns false.
    fn rows(&mut self, root: u64, take: &mut dyn FnMut(TableRow<'_>) -> bool) -> io::Result<()> {
        // A stack of pages to read, each with its depth.
        let mut waiting = vec![(root, 0_usize)];
        while let Some((number, depth)) = waiting.pop() {
            if depth > MAX_DEPTH {
                return Err(damaged("a tree is too deep"));
            }
            let page = self.page(number)?;
            let begin = if number == 1 { HEADER } else { 0 };
            let head = page.get(begin..).unwrap_or_default();
            let is_leaf = match head.first() {
                Some(5) => false,
                Some(13) => true,
                _ => return Err(damaged("a page is not a table page")),
            };
            let count = short(head, 3).unwrap_or_default();
            let cells = head.get(if is_leaf { 8 } else { 12 }..).unwrap_or_default();
            let cells =
                cells.as_chunks::<2>().0.get(..count).ok_or_else(|| damaged("the cells of a page"))?;
            let cells = cells.iter().map(|two| usize::from(u16::from_be_bytes(*two)));
            if is_leaf {
                // Rows share no bytes: those of a page together are no longer than the page.
                let mut space = page.len();
                for cell in cells {
                    let row = self.row(page.get(cell..).unwrap_or_default(), &mut space)?;
                    if !take(TableRow(&row)) {
                        return Ok(());
                    }
                }
            } else {
                let deeper = depth.saturating_add(1);
                let mut below = Vec::new();
                for cell in cells {
                    below.push((pointer(&page, cell)?, deeper));
                }
                below.push((pointer(head, 8)?, deeper));
                waiting.extend(below.into_iter().rev());
                if u64::try_from(waiting.len()).is_ok_and(|waiting| waiting > self.left) {
                    return Err(damaged("its links lead to more pages than it has"));
                }
            }
        }
        Ok(())
    }

    /// Returns the row in a leaf cell, including its overflow pages.
    fn row(&mut self, cell: &[u8], space: &mut usize) -> io::Result<Vec<u8>> {
        let bad = || damaged("a row");
        let (length, rest) = varint(cell).ok_or_else(bad)?;
        let (_, rest) = varint(rest).ok_or_else(bad)?;
        let length = usize::try_from(length).ok().filter(|length| *length <= MAX_ROW).ok_or_else(bad)?;
        let here = self.here(length);
        *space = space.checked_sub(here).ok_or_else(bad)?;
        let mut row = rest.get(..here).ok_or_else(bad)?.to_vec();
        let mut next = if here < length { pointer(rest, here)? } else { 0 };
        while row.len() < length {
            let page = self.page(next)?;
            next = pointer(&page, 0)?;
            let wanted = length.saturating_sub(row.len()).min(page.len().saturating_sub(4));
            row.extend_from_slice(page.get(4..).and_then(|bytes| bytes.get(..wanted)).ok_or_else(bad)?);
        }
        Ok(row)
    }

    /// Returns how many bytes of a row of this length are on the leaf page.
    fn here(&self, length: usize) -> usize {
        let most = self.usable.saturating_sub(35);
        if length <= most {
            return length;
        }
        let least = (self.usable.saturating_sub(12).saturating_mul(32) / 255).saturating_sub(23);
        let over =
            length.saturating_sub(least).checked_rem(self.usable.saturating_sub(4)).unwrap_or_default();
        let here = least.saturating_add(over);
        if here <= most { here } else { least }
    }
}

impl<'r> TableRow<'r> {
    /// Returns the bytes of a column, whatever its type; `None` for NULL.
    pub(crate) fn column(&self, wanted: usize) -> Option<&'r [u8]> {
        let (length, _) = varint(self.0)?;
        let (head, mut content) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        let (_, mut kinds) = varint(head)?;
        for column in 0_usize.. {
            let (kind, rest) = varint(kinds)?;
            kinds = rest;
            let length = match kind {
                0 | 8 | 9 => 0,
                1..=4 => kind,
                5 => 6,
                6 | 7 => 8,
                10 | 11 => return None,
                blob => blob.saturating_sub(12) / 2,
            };
            let (bytes, rest) = content.split_at_checked(usize::try_from(length).ok()?)?;
            if column == wanted {
                // The numbers 0 and 1 take no bytes.
                return Some(match kind {
                    9 => &[1],
                    _ => bytes,
                });
            }
            content = rest;
        }
        None
    }
}

/// Reads a non-negative integer from a column.
pub(crate) fn integer(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?)))
}

/// Reads a page number.
fn pointer(bytes: &[u8], at: usize) -> io::Result<u64> {
    let four = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or_else(|| damaged("a page number"))?;
    Ok(u64::from(u32::from_be_bytes(*four)))
}

/// Reads a variable-length integer of one to nine bytes, seven bits in each except the ninth.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        let rest = bytes.get(at.saturating_add(1)..)?;
        if at == 8 {
            return Some(((number << 8) | u64::from(*byte), rest));
        }
        number = (number << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_length_are_read() {
        assert_eq!(varint(&[0x7f, 9]), Some((0x7f, &[9][..])));
        assert_eq!(varint(&[0x81, 0x00]), Some((0x80, &[][..])));
        assert_eq!(varint(&[0xff; 9]), Some((u64::MAX, &[][..])));
        assert_eq!((varint(&[]), varint(&[0x80]), varint(&[0xff; 8])), (None, None, None));
    }

    /// Makes a page of a table tree: its cells in sequence, and the offset of each.
    fn page(kind: u8, begin: usize, cells: &[&[u8]], pointers: &[usize]) -> Vec<u8> {
        let mut page = vec![0; 512 - begin];
        page[0] = kind;
        page[3..5].copy_from_slice(&u16::try_from(pointers.len()).unwrap().to_be_bytes());
        let mut at = if kind == 13 { 8 } else { 12 };
        for pointer in pointers {
            page[at..at + 2].copy_from_slice(&u16::try_from(*pointer).unwrap().to_be_bytes());
            at += 2;
        }
        let mut end = 512 - begin;
        for cell in cells {
            page[end - cell.len()..end].copy_from_slice(cell);
            end -= cell.len();
        }
        page
    }

    /// Makes a database whose table `t` begins on its second page.
    fn database(pages: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([2, 0, 1, 1, 0, 64, 32, 32]);
        bytes.resize(HEADER, 0);
        let row = b"\x0e\x01\x06\x17\x0f\x0f\x01\x0dtabletx\x02";
        bytes.extend(page(13, HEADER, &[row], &[512 - row.len()]));
        bytes.extend(pages.concat());
        bytes
    }

    fn read(bytes: Vec<u8>) -> (Vec<Vec<u8>>, Option<String>) {
        let mut all = Vec::new();
        let read = rows(&mut io::Cursor::new(bytes), "t", &mut |row| {
            all.push(row.column(0).unwrap_or_default().to_vec());
            true
        });
        (all, read.err().map(|error| error.to_string()))
    }

    #[test]
    fn the_rows_of_a_tree_come_in_order_and_loops_or_shared_bytes_are_damage() {
        // Rows of one text each.
        let row = |text: &[u8; 2]| [&[4, 1, 2, 17][..], text].concat();
        let (one, two) = (row(b"aa"), row(b"bb"));
        let leaf = |cell: &[u8]| page(13, 0, &[cell], &[512 - cell.len()]);
        let tree = |left: u8, right: u8| {
            let mut page = page(5, 0, &[&[0, 0, 0, left, 1]], &[507]);
            page[11] = right;
            page
        };
        assert_eq!(
            read(database(&[tree(3, 4), leaf(&one), leaf(&two)])),
            (vec![b"aa".to_vec(), b"bb".to_vec()], None)
        );
        let (rows, why) = read(database(&[tree(3, 2), leaf(&one), leaf(&two)]));
        assert!(!rows.is_empty() && why.unwrap().contains("more pages than it has"));
        let many = page(5, 0, &[&[0, 0, 0, 3, 1]], &[507; 200]);
        assert!(read(database(&[many, leaf(&one)])).1.unwrap().contains("more pages than it has"));
        let again = page(13, 0, &[&one], &[512 - one.len(); 200]);
        assert!(read(database(&[again])).1.unwrap().contains("a row"));
        let no_table = read(database(&[])).1.unwrap();
        assert!(no_table.contains("more pages than it has"), "{no_table}");
    }

    #[test]
    fn columns_are_split_by_their_types() {
        // A row: NULL, a blob of 3 bytes, the number 1, a number of 2 bytes, a text.
        let row = [6, 0, 18, 9, 2, 17, b'a', b'b', b'c', 1, 2, b'x', b'y'];
        let row = TableRow(&row);
        let columns: Vec<_> = (0..6).map(|column| row.column(column)).collect();
        assert_eq!(columns, [Some(&b""[..]), Some(b"abc"), Some(&[1]), Some(&[1, 2]), Some(b"xy"), None]);
        assert_eq!(integer(&[1, 2]), 258);
    }
}
