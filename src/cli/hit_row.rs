//! The row of an item that an indicator matched in, for a person: `row 12, pid 4711, port 443`.
//!
//! In: the row as its hit cites it. Out: one line of text, with everything of the target in it escaped.

use crate::evidence::HitRow;
use crate::evidence::rows::RowCitation;
use crate::text::hit_row as text;
use crate::text::layout::{data, list};
use crate::text::{Items, Sentence};

/// Writes the row as its number and the fields by which a person finds it.
pub(super) fn words(row: &HitRow) -> Sentence {
    let HitRow { number, key: RowCitation { pid, port, path } } = row;
    let mut parts = vec![text::row(*number)];
    parts.extend(pid.map(|pid| text::pid(&pid.to_string())));
    parts.extend(port.map(|port| text::port(&port.to_string())));
    parts.extend(path.as_deref().map(data));
    list(Items::all(&parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;

    #[test]
    fn a_row_is_its_number_and_the_fields_that_it_has() {
        let key = RowCitation { pid: Some(7), port: Some(443), path: Some("/run/\u{1b}x".to_owned()) };
        let row = HitRow { number: 3, key };
        let text = |row, lang: Language| words(row).in_language(lang).to_owned();
        assert_eq!(text(&row, Language::En), "row 3, pid 7, port 443, /run/\\u{1b}x");
        assert_eq!(text(&row, Language::Nl), "rij 3, pid 7, poort 443, /run/\\u{1b}x");
        assert_eq!(text(&HitRow { key: RowCitation::default(), ..row }, Language::En), "row 3");
    }
}
