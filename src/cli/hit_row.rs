//! The row of an item that an indicator matched in, for a person: `row 12, pid 4711, port 443`.
//!
//! In: the row as its hit cites it. Out: one line of text, with everything of the target in it escaped.

use std::fmt::Write as _;

use crate::evidence::rows::RowCitation;
use crate::evidence::{HitRow, Printable};
use crate::text::Language;

/// Writes the row as its number and the fields by which a person finds it.
pub(super) fn words(row: &HitRow, lang: Language) -> String {
    let HitRow { number, key: RowCitation { pid, port, path } } = row;
    let mut text = format!("{} {number}", lang.pick("rij", "row"));
    if let Some(pid) = pid {
        let _ = write!(text, ", pid {pid}");
    }
    if let Some(port) = port {
        let _ = write!(text, ", {} {port}", lang.pick("poort", "port"));
    }
    if let Some(path) = path {
        let _ = write!(text, ", {}", Printable(path));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_its_number_and_the_fields_that_it_has() {
        let key = RowCitation { pid: Some(7), port: Some(443), path: Some("/run/\u{1b}x".to_owned()) };
        let row = HitRow { number: 3, key };
        assert_eq!(words(&row, Language::En), "row 3, pid 7, port 443, /run/\\u{1b}x");
        assert_eq!(words(&row, Language::Nl), "rij 3, pid 7, poort 443, /run/\\u{1b}x");
        assert_eq!(words(&HitRow { key: RowCitation::default(), ..row }, Language::En), "row 3");
    }
}
