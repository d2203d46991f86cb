//! What lists say of their indicators, each text kept once: an indicator carries the number of its label.
//!
//! In: list, score, description, reference. Out: a number. Texts past the limits are not kept: the indicator then has
//! the label that names only its list, and the list's report counts how many lost their text.

use std::collections::BTreeMap;

use crate::evidence::cut;

/// Bytes of text of all lists together. A description a case is some 60 bytes; ten million digests that each had a text
/// of their own would cost more than the digests.
const TEXT_LIMIT: usize = 16 << 20;

/// Labels of all lists together: what a big feed has of cases, ten times over.
const LABELS_LIMIT: usize = 400_000;

/// What a list says of an indicator, as it is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Said<'a> {
    pub(super) score: Option<u8>,
    pub(super) description: &'a str,
    pub(super) reference: &'a str,
}

/// What a list says of an indicator, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Label {
    /// Number of the list.
    pub(super) list: u32,
    pub(super) score: Option<u8>,
    pub(super) description: Box<str>,
    pub(super) reference: Box<str>,
}

/// All labels.
#[derive(Default)]
pub(super) struct Labels {
    labels: Vec<Label>,
    /// The way back from a label to its number; dropped by [`Self::seal`].
    numbers: BTreeMap<Label, u32>,
    text: usize,
    last: Option<u32>,
}

impl Labels {
    /// The number of what `list` says, and whether its text is kept.
    pub(super) fn number(&mut self, list: u32, said: &Said<'_>) -> (u32, bool) {
        // Most lines of a list say what the line before says.
        if let Some(last) = self.last
            && self.get(last).is_some_and(|label| is(label, list, said))
        {
            return (last, true);
        }
        let label = Label {
            list,
            score: said.score,
            description: cut(said.description).into(),
            reference: cut(said.reference).into(),
        };
        let size = label.description.len().saturating_add(label.reference.len());
        let full = self.text.saturating_add(size) > TEXT_LIMIT || self.labels.len() >= LABELS_LIMIT;
        if full && !self.numbers.contains_key(&label) {
            let bare = Label { list, ..Label::default() };
            return (self.keep(bare, 0), size == 0);
        }
        let number = self.keep(label, size);
        self.last = Some(number);
        (number, true)
    }

    fn keep(&mut self, label: Label, size: usize) -> u32 {
        if let Some(number) = self.numbers.get(&label) {
            return *number;
        }
        let number = u32::try_from(self.labels.len()).unwrap_or(u32::MAX);
        self.labels.push(label.clone());
        self.numbers.insert(label, number);
        self.text = self.text.saturating_add(size);
        number
    }

    /// Drops what is only needed while lists are read.
    pub(super) fn seal(&mut self) {
        self.numbers = BTreeMap::new();
        self.labels.shrink_to_fit();
    }

    /// The label of a number.
    pub(super) fn get(&self, number: u32) -> Option<&Label> {
        self.labels.get(usize::try_from(number).ok()?)
    }

    /// Memory they take once sealed, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.labels.capacity().saturating_mul(size_of::<Label>()).saturating_add(self.text)
    }
}

fn is(label: &Label, list: u32, said: &Said<'_>) -> bool {
    label.list == list
        && label.score == said.score
        && *label.description == *said.description
        && *label.reference == *said.reference
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_of_the_same_list_are_kept_once() {
        let mut labels = Labels::default();
        let said = |description| Said { score: Some(70), description, reference: "" };
        let numbers: Vec<_> = [(0, "a"), (0, "a"), (0, "b"), (1, "a"), (0, "a")]
            .map(|(list, description)| labels.number(list, &said(description)))
            .into();
        assert_eq!(numbers, [(0, true), (0, true), (1, true), (2, true), (0, true)]);
        labels.seal();
        assert_eq!(labels.get(1).map(|label| &*label.description), Some("b"));
    }

    #[test]
    fn texts_past_the_limit_are_not_kept_and_that_is_said() {
        let mut labels = Labels::default();
        let long = "x".repeat(1_000);
        let mut lost = 0;
        for number in 0..20_000 {
            let description = format!("{number}{long}");
            let said = Said { score: None, description: &description, reference: "" };
            lost += u32::from(!labels.number(0, &said).1);
        }
        assert!(labels.text <= TEXT_LIMIT);
        assert!((3_000..4_000).contains(&lost), "{lost}");
        let (number, kept) = labels.number(4, &Said { description: &long, ..Said::default() });
        assert!(!kept);
        labels.seal();
        assert_eq!(labels.get(number), Some(&Label { list: 4, ..Label::default() }));
    }
}
