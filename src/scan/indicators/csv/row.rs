//! One row of a list in columns, read line by line, so that a row that spans lines is parsed once.
//!
//! In: the lines of a list without their ends. Out: the cells of a row as soon as it ends, and its text for the report of
//! unused rows. The crate `csv-core` does the parsing: it never fails, and a quote that does not end keeps the row open.
//! Two things differ from RFC 4180, because exports of well-known services do: spaces may precede a quoted cell
//! (`ThreatFox`), and a carriage return in a line is text.

use csv_core::{ReadFieldResult, Reader, ReaderBuilder, Terminator};

use crate::scan::indicators::decode::LINE_LIMIT;

/// Most columns of a row; further cells are dropped.
const COLUMNS_LIMIT: usize = 256;

/// Bytes of a cell that are unescaped at once.
const BLOCK: usize = 512;

/// A row that has not ended.
pub(super) struct Row {
    reader: Reader,
    whole: Whole,
    /// The bytes of the cell that has not ended.
    cell: Vec<u8>,
    /// Whether the reader is inside a cell.
    in_cell: bool,
    open: bool,
}

/// A row with its text.
#[derive(Default)]
pub(super) struct Whole {
    /// The cells, without their quotes.
    pub(super) cells: Vec<String>,
    /// The lines, as they are in the list.
    pub(super) text: String,
}

impl Row {
    pub(super) fn new(separator: char) -> Self {
        let delimiter = u8::try_from(separator).unwrap_or(b',');
        let reader = ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build();
        Self { reader, whole: Whole::default(), cell: Vec::new(), in_cell: false, open: false }
    }

    /// Whether a line was added and a quote in it has not ended.
    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    /// Whether the row holds more text than any row should.
    pub(super) const fn is_too_long(&self) -> bool {
        self.whole.text.len() > LINE_LIMIT
    }

    /// Adds a line; returns whether the row ends with it.
    pub(super) fn add(&mut self, line: &str) -> bool {
        if self.open {
            self.whole.text.push('\n');
        }
        self.whole.text.push_str(line);
        self.open = !(self.feed(line.as_bytes()) || self.feed(b"\n"));
        !self.open
    }

    /// Returns what was read and begins a new row.
    pub(super) fn take(&mut self) -> Whole {
        self.reader.reset();
        self.cell.clear();
        (self.in_cell, self.open) = (false, false);
        std::mem::take(&mut self.whole)
    }

    /// Passes bytes to the reader; returns whether the row has ended.
    fn feed(&mut self, mut input: &[u8]) -> bool {
        let mut block = [0; BLOCK];
        while !input.is_empty() {
            if !self.in_cell {
                let spaces = input.iter().take_while(|byte| **byte == b' ').count();
                input = input.get(spaces..).filter(|rest| rest.starts_with(b"\"")).unwrap_or(input);
            }
            let (result, read, written) = self.reader.read_field(input, &mut block);
            input = input.get(read..).unwrap_or_default();
            self.cell.extend_from_slice(block.get(..written).unwrap_or_default());
            match result {
                ReadFieldResult::Field { record_end } => {
                    self.end_cell();
                    if record_end {
                        return true;
                    }
                }
                ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => self.in_cell = true,
                ReadFieldResult::End => return true,
            }
        }
        false
    }

    fn end_cell(&mut self) {
        self.in_cell = false;
        if self.whole.cells.len() < COLUMNS_LIMIT {
            self.whole.cells.push(String::from_utf8_lossy(&self.cell).into_owned());
        }
        self.cell.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(lines: &[&str]) -> Option<Vec<String>> {
        let mut row = Row::new(',');
        let (last, first) = lines.split_last().unwrap();
        assert!(first.iter().all(|line| !row.add(line)), "{lines:?}");
        row.add(last).then(|| row.take().cells)
    }

    #[test]
    fn cells_are_read_as_exports_write_them() {
        for (line, expected) in [
            ("a,b", &["a", "b"][..]),
            ("a,", &["a", ""]),
            (",,", &["", "", ""]),
            ("a", &["a"]),
            ("\"a,b\",c", &["a,b", "c"]),
            ("\"a \"\"b\"\"\",\"\"", &["a \"b\"", ""]),
            // ThreatFox writes a space before each quote, and a separator in a cell.
            ("\"a\", \"b, c\", d", &["a", "b, c", " d"]),
            ("5\" disk,b", &["5\" disk", "b"]),
            ("\"a\" ,b", &["a ", "b"]),
            ("a\0b,c\rd,é", &["a\0b", "c\rd", "é"]),
        ] {
            assert_eq!(cells(&[line]).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn a_quote_that_does_not_end_keeps_the_row_open() {
        assert_eq!(cells(&["a,\"b", "", "c\"\"d\",e"]).unwrap(), ["a", "b\n\nc\"d", "e"]);
        assert_eq!(cells(&["a,\"b"]), None);
        let mut row = Row::new(',');
        assert!(!row.add("a,\"b") && row.is_open());
        assert_eq!(row.take().text, "a,\"b");
        // What was left open is no part of the next row.
        assert!(!row.is_open() && row.add("c,d"));
        assert_eq!(row.take().cells, ["c", "d"]);
    }

    #[test]
    fn a_row_is_bounded_in_columns_and_length() {
        let mut row = Row::new(',');
        assert!(row.add(&",".repeat(10_000)));
        assert_eq!(row.take().cells.len(), COLUMNS_LIMIT);
        let line = "x".repeat(LINE_LIMIT);
        assert!(!row.add(&format!("\"{line}")) && row.is_too_long());
        let long = format!("{line}ü").repeat(2);
        assert!(row.add("\"") && row.take().cells[0].len() > LINE_LIMIT);
        assert!(row.add(&long) && row.take().cells == [long]);
    }
}
