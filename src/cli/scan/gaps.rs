//! What the rules did not see of items, by reason: encrypted files, kinds of archives that are not opened, limits.
//!
//! In: the gap of each item. Out: a few lines for a person and an array for a program, each reason with the number of items
//! and one of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::text::console::reported;
use crate::text::layout::more_in_json;
use crate::text::phrases::Phrase;
use crate::text::scan as text;
use crate::text::{Language, Sentence};

/// Reasons that are counted one by one; those past it are counted together.
const REASONS: usize = 100;

/// Reasons that a person is shown.
const SHOWN: usize = 8;

/// The gaps of all items.
#[derive(Debug, Default)]
pub(super) struct ScanGaps(BTreeMap<String, (u64, String)>);

impl ScanGaps {
    /// Counts the gap of an item.
    pub(super) fn add(&mut self, gap: &str, path: &str) {
        let known = self.0.contains_key(gap) || self.0.len() < REASONS;
        let gap = if known { gap.to_owned() } else { other() };
        let (count, _) = self.0.entry(gap).or_insert_with(|| (0, path.to_owned()));
        *count = count.saturating_add(1);
    }

    /// The gaps that most items have, first.
    fn sorted(&self) -> Vec<(&str, u64, &str)> {
        let mut all: Vec<_> =
            self.0.iter().map(|(gap, (count, path))| (gap.as_str(), *count, path.as_str())).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all
    }

    /// What a person is shown.
    pub(super) fn lines(&self) -> Vec<Sentence> {
        let all = self.sorted();
        let left_out = all.len().saturating_sub(SHOWN);
        let shown = all.into_iter().take(SHOWN);
        let mut lines: Vec<_> = shown
            .map(|(gap, count, path)| {
                let reason = if gap == other() { text::other_reasons() } else { reported(Phrase(gap)) };
                text::gap(count, &reason, path)
            })
            .collect();
        lines.extend((left_out > 0).then(|| more_in_json(u64::try_from(left_out).unwrap_or(u64::MAX))));
        lines
    }

    /// What a program reads.
    pub(super) fn object(&self) -> Value {
        let all = self.sorted().into_iter();
        all.map(|(gap, items, example)| json!({ "gap": gap, "items": items, "example": example })).collect()
    }
}

/// The reason of those that are counted together, for a program.
fn other() -> String {
    text::other_reasons().in_language(Language::En).to_owned()
}
