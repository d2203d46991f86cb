//! How scanning went and how bad the matches are, in words: shared by the ends of `collect` and `scan`.

use serde_json::{Map, Value, json};

use crate::evidence::{Fate, Level, ScanCounts};
use crate::text::layout::{counted, list, number};
use crate::text::phrases::Phrase;
use crate::text::severity as text;
use crate::text::{Items, Sentence};

/// Reasons for files that were not opened that a person is shown.
const SHOWN: usize = 3;

/// What became of all items, in numbers that add up to them.
pub(super) fn fates(counts: &ScanCounts) -> Sentence {
    let parts: Vec<_> = Fate::ALL
        .into_iter()
        .filter(|fate| counts.of(*fate) > 0)
        .map(|fate| counted(counts.of(fate), &text::fate(fate)))
        .collect();
    let mut line = if parts.is_empty() { number(0) } else { list(Items::all(&parts)) };
    if counts.members > 0 {
        line = text::with(&line, &text::members(counts.members));
    }
    if counts.not_opened > 0 {
        let mut reasons: Vec<_> = counts.not_opened_why.iter().collect();
        reasons.sort_by(|one, other| other.1.cmp(one.1));
        let reasons: Vec<_> = reasons.into_iter().map(|(why, _)| Phrase(why)).collect();
        let reasons = Items { all: &reasons, at_most: SHOWN };
        let not_opened = if counts.not_opened_why.is_empty() {
            text::not_opened(counts.not_opened)
        } else {
            text::not_opened_because(counts.not_opened, reasons)
        };
        line = text::with(&line, &not_opened);
    }
    line
}

/// The same for a program: every kind is there, whether it occurred or not.
pub(super) fn fates_object(counts: &ScanCounts) -> Value {
    let mut object: Map<_, _> =
        Fate::ALL.into_iter().map(|fate| (fate.word().to_owned(), json!(counts.of(fate)))).collect();
    object.insert("items".to_owned(), json!(counts.items));
    object.insert("members".to_owned(), json!(counts.members));
    object.insert("members_not_opened".to_owned(), json!(counts.not_opened));
    object.insert("not_opened_why".to_owned(), json!(counts.not_opened_why));
    Value::Object(object)
}

/// How many items are how bad, the worst first; nothing where nothing matched.
pub(super) fn levels(counts: &ScanCounts) -> Option<Sentence> {
    let parts: Vec<_> = Level::ALL
        .into_iter()
        .filter(|level| counts.at(*level) > 0)
        .map(|level| counted(counts.at(level), &text::level(level)))
        .collect();
    (!parts.is_empty()).then(|| list(Items::all(&parts)))
}

/// The same for a program.
pub(super) fn levels_object(counts: &ScanCounts) -> Value {
    let levels = Level::ALL.into_iter().map(|level| (level.word().to_owned(), json!(counts.at(level))));
    Value::Object(levels.collect())
}
