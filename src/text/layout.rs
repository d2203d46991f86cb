//! Rows, lists and text without words: what screens are laid out with.

use super::phrases::Phrase;
use super::sentence::sentences;
use super::{Items, Language, Localized, Sentence};

sentences! {
    /// Text of the host, the operator or the program that is the same in both languages.
    data(text: &str) { nl: "{text}", en: "{text}" }
    /// A size, a time, a list of names: a value as each language writes it.
    value(value: &dyn Localized) { nl: "{value}", en: "{value}" }
    /// A row of a summary: what it is about, and what there is to say.
    row(label: &Sentence, value: &Sentence) { nl: "{label:<18}{value}", en: "{label:<18}{value}" }
    /// Sentences with commas between.
    list(all: Items<'_, Sentence>) { nl: "{all}", en: "{all}" }
    /// A number of something.
    counted(count: u64, what: &Sentence) { nl: "{count} {what}", en: "{count} {what}" }
    /// A number alone.
    number(count: u64) { nl: "{count}", en: "{count}" }
    /// What a list leaves out.
    more(count: usize) { nl: "… +{count}", en: "… +{count}" }
    /// What a list leaves out on the screen and a program is given.
    more_in_json(count: u64) { nl: "… +{count} (--json)", en: "… +{count} (--json)" }
    /// A text with a reason behind it.
    because(text: &Sentence, reason: Phrase<'_>) { nl: "{text}: {reason}", en: "{text}: {reason}" }
    /// An indented line.
    indented(text: &Sentence) { nl: "  {text}", en: "  {text}" }
}

/// An empty line.
#[must_use]
pub const fn empty() -> Sentence {
    Sentence::fixed("", "")
}

/// A text in lines of so many columns at most, each indented; a word that is longer has a line to itself.
#[must_use]
pub fn paragraph(text: &Sentence, indent: usize, columns: usize) -> Sentence {
    let of = |language| wrapped(text.in_language(language).split_whitespace(), indent, columns);
    Sentence::filled(of(Language::Nl), of(Language::En))
}

/// Texts with commas between, in lines of so many columns; none is broken.
#[must_use]
pub fn words(all: &[Sentence], columns: usize) -> Sentence {
    let of = |language| {
        let last = all.len().saturating_sub(1);
        let comma = |place| if place == last { "" } else { "," };
        let words: Vec<_> = all
            .iter()
            .enumerate()
            .map(|(place, word)| format!("{}{}", word.in_language(language), comma(place)))
            .collect();
        wrapped(words.iter().map(String::as_str), 0, columns)
    };
    Sentence::filled(of(Language::Nl), of(Language::En))
}

fn wrapped<'a>(words: impl Iterator<Item = &'a str>, indent: usize, columns: usize) -> String {
    let (mut text, mut column) = (String::new(), 0_usize);
    for word in words {
        let width = word.chars().count();
        if column > 0 && column.saturating_add(width).saturating_add(1) > columns {
            text.push('\n');
            column = 0;
        }
        if column == 0 {
            text.push_str(&" ".repeat(indent));
            column = indent;
        } else {
            text.push(' ');
            column = column.saturating_add(1);
        }
        text.push_str(word);
        column = column.saturating_add(width);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_broken_between_words_and_a_long_word_stays_whole() {
        let text = Sentence::fixed("een twee driehonderd", "one two");
        let broken = paragraph(&text, 2, 10);
        assert_eq!(broken.in_language(Language::Nl), "  een twee\n  driehonderd");
        assert_eq!(broken.in_language(Language::En), "  one two");
        assert_eq!(words(&[data("a b"), data("c d")], 7).in_language(Language::En), "a b,\nc d");
    }
}
