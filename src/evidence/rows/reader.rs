//! Reads an item of rows: the first line names the schema, every other line is one row.
//!
//! In: the bytes of an item, or the beginning of them. Out: each row with its number, as the type of its schema. A line
//! that does not fit its type is handed to the caller as [`RowRead::Unreadable`]; a last line that the end of the bytes
//! cuts is [`RowRead::Cut`]. Nothing is dropped.

use serde::Deserialize;

use super::{AnyRow, RowSchema};

/// The first line of an item of rows.
#[derive(Deserialize)]
struct FirstLine<'line> {
    #[serde(borrow)]
    schema: std::borrow::Cow<'line, str>,
}

/// A line of an item of rows, after the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowRead {
    /// A row.
    Row {
        /// Position in the item, from 1; the line that names the schema is not counted.
        number: u64,
        /// The row.
        row: Box<AnyRow>,
    },
    /// A line that is no row of the schema: written by a version that left out what this one requires, or damaged.
    Unreadable {
        /// Position in the item, as of a row.
        number: u64,
        /// Why it could not be read.
        why: String,
    },
    /// The last line, which ends before its line break.
    Cut {
        /// Position in the item, as of a row.
        number: u64,
    },
}

/// The rows of an item, in their order.
#[derive(Debug, Clone)]
pub struct RowLines<'bytes> {
    schema: RowSchema,
    rest: &'bytes [u8],
    number: u64,
}

/// Reads an item of rows. Returns `None` where the first line names no schema that this version knows.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<RowLines<'_>> {
    let (first, rest) = split(bytes);
    let first: FirstLine<'_> = serde_json::from_slice(first).ok()?;
    Some(RowLines { schema: RowSchema::of(&first.schema)?, rest, number: 0 })
}

/// Counts the rows of an item whose first line names a schema that this version does not know; 0 of anything else.
#[must_use]
pub fn rows_of_unknown_schema(bytes: &[u8]) -> u64 {
    let (first, rest) = split(bytes);
    let names_a_schema = serde_json::from_slice::<FirstLine<'_>>(first).is_ok_and(|first| {
        first.schema.starts_with("urn:veldkit:") && RowSchema::of(&first.schema).is_none()
    });
    if !names_a_schema {
        return 0;
    }
    u64::try_from(rest.split_inclusive(|byte| *byte == b'\n').count()).unwrap_or(u64::MAX)
}

impl RowLines<'_> {
    /// The schema of all its rows.
    #[must_use]
    pub const fn schema(&self) -> RowSchema {
        self.schema
    }
}

impl Iterator for RowLines<'_> {
    type Item = RowRead;

    fn next(&mut self) -> Option<RowRead> {
        if self.rest.is_empty() {
            return None;
        }
        let ends = self.rest.contains(&b'\n');
        let (line, rest) = split(self.rest);
        self.rest = rest;
        self.number = self.number.saturating_add(1);
        let number = self.number;
        Some(match self.schema.row(line) {
            Ok(row) => RowRead::Row { number, row: Box::new(row) },
            Err(_) if !ends => RowRead::Cut { number },
            Err(error) => RowRead::Unreadable { number, why: error.to_string() },
        })
    }
}

/// The first line without its line break, and what comes after.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (line, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    (line, rest.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::rows::sockets::SocketRow;

    const FIRST: &str = "{\"row\":\"schema\",\"schema\":\"urn:veldkit:live:sockets:1\"}\n";

    #[test]
    fn every_line_is_a_row_or_is_reported_with_its_number() {
        let text = format!(
            "{FIRST}{{\"row\":\"summary\",\"sockets\":1,\"without_process\":0}}\nnonsense\n{{\"row\":\"later\",\"x\":1}}\n{{\"row\":\"internet\"}}\n{{\"row\":\"su"
        );
        let rows = read(text.as_bytes()).unwrap();
        assert_eq!(rows.schema(), RowSchema::Sockets);
        let rows: Vec<_> = rows.collect();
        assert_eq!(rows.len(), 5, "{rows:?}");
        let summary = SocketRow::Summary { sockets: 1, without_process: 0, name_spaces: None };
        assert_eq!(rows[0], RowRead::Row { number: 1, row: Box::new(AnyRow::Sockets(summary)) });
        assert!(matches!(&rows[1], RowRead::Unreadable { number: 2, .. }), "{rows:?}");
        let unknown = Box::new(AnyRow::Sockets(SocketRow::Unknown));
        assert_eq!(rows[2], RowRead::Row { number: 3, row: unknown });
        let RowRead::Unreadable { number: 4, why } = &rows[3] else { panic!("{rows:?}") };
        assert!(why.contains("protocol"), "it says what is missing: {why}");
        assert_eq!(rows[4], RowRead::Cut { number: 5 });
    }

    #[test]
    fn items_without_a_known_schema_are_not_rows() {
        for first in ["", "{}", "nonsense", "{\"schema\":\"urn:veldkit:live:sockets:2\"}", "{\"schema\":7}"] {
            assert!(read(format!("{first}\n{{\"row\":\"summary\"}}\n").as_bytes()).is_none(), "{first}");
        }
    }

    #[test]
    fn the_rows_of_a_later_schema_are_counted_and_nothing_else_is() {
        let later = "{\"schema\":\"urn:veldkit:live:sockets:2\"}\n{\"row\":\"a\"}\n{\"row\":\"b\"}\n";
        for (text, count) in
            [(later, 2), (FIRST, 0), ("{\"schema\":\"https://example.org\"}\n{}\n", 0), ("{}\n{}", 0)]
        {
            assert_eq!(rows_of_unknown_schema(text.as_bytes()), count, "{text}");
        }
    }
}
