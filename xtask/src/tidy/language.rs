//! Phrases of the project's old dialect, which a newcomer cannot look up: STYLE's list, found by words.
//!
//! In: the text of `src`, `playbooks`, `rules`, `xtask` and the README, and the names of the tests. Out: a fault for each
//! phrase that occurs more often than its limit. The limits are what the tree has; they may only be lowered. Words are
//! matched across a line break and its comment mark, and within `snake_case`.

use super::known::PHRASES;
use super::{Fault, Tree, is_rust};

/// A phrase: its words in order, each with its forms.
pub(super) type Phrase = &'static [&'static [&'static str]];

/// Where people read; of the tests only names.
const READ: [&str; 5] = ["src/", "playbooks/", "rules/", "xtask/", "README.md"];

/// Phrases above their limit.
pub(super) fn dialect(tree: &Tree) -> Vec<Fault> {
    let above = |((phrase, limit), places): (&(Phrase, usize), Vec<Fault>)| {
        let count = places.len();
        let hint = "`cargo xtask tidy --left` lists them";
        let says = format!("'{}' occurs {count} times, at most {limit}: {hint}", shown(phrase));
        (count > *limit).then(|| Fault::new("xtask/src/tidy/known.rs", 0, says))
    };
    PHRASES.iter().zip(places(tree, &phrases())).filter_map(above).collect()
}

/// Phrases below their limit.
pub(super) fn lower(tree: &Tree) -> Vec<Fault> {
    let below = |((phrase, limit), places): (&(Phrase, usize), Vec<Fault>)| {
        let count = places.len();
        let says = format!("'{}' occurs {count} times: lower its limit of {limit}", shown(phrase));
        (count < *limit).then(|| Fault::new("xtask/src/tidy/known.rs", 0, says))
    };
    PHRASES.iter().zip(places(tree, &phrases())).filter_map(below).collect()
}

/// All places of all phrases.
pub(super) fn listed(tree: &Tree) -> Vec<Fault> {
    places(tree, &phrases()).concat()
}

fn phrases() -> [Phrase; 8] {
    PHRASES.map(|(phrase, _)| phrase)
}

/// The places of each phrase.
fn places(tree: &Tree, phrases: &[Phrase]) -> Vec<Vec<Fault>> {
    let mut places = vec![Vec::new(); phrases.len()];
    for (path, text) in tree {
        let words = if path.starts_with("tests/") && is_rust(path) {
            test_names(text)
        } else if READ.iter().any(|part| path.starts_with(part)) {
            words(text)
        } else {
            continue;
        };
        for (phrase, places) in phrases.iter().zip(&mut places) {
            for window in words.windows(phrase.len()) {
                let is = |(word, forms): (&Word, &&[&str])| forms.contains(&word.text.as_str());
                if window.iter().zip(*phrase).all(is)
                    && window.iter().skip(1).all(|word| word.joined)
                    && let Some(first) = window.first()
                {
                    places.push(Fault::new(path, first.line, format!("'{}'", shown(phrase))));
                }
            }
        }
    }
    places
}

/// A word in lower case.
struct Word {
    text: String,
    /// From 1.
    line: usize,
    /// Whether nothing but space, an underscore or a comment mark is between it and the word before.
    joined: bool,
}

fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut joined = false;
    for (number, line) in text.lines().enumerate() {
        let mut rest = line.trim_start().trim_start_matches(['/', '!', '#', '*']);
        while let Some(first) = rest.chars().next() {
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '\'')).unwrap_or(rest.len());
            if length == 0 {
                joined = joined && (first.is_whitespace() || first == '_');
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
                continue;
            }
            let (word, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
            words.push(Word { text: word.to_lowercase(), line: number.saturating_add(1), joined });
            joined = true;
            rest = tail;
        }
    }
    words
}

/// The words of the names of a file's functions.
fn test_names(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let name = line.trim_start().trim_start_matches("pub ").strip_prefix("fn ");
        let name = name.and_then(|name| name.split(['(', '<']).next()).unwrap_or_default();
        let mut words = words(name);
        for (index, word) in words.iter_mut().enumerate() {
            word.line = number.saturating_add(1);
            word.joined = index > 0;
        }
        found.extend(words);
    }
    found
}

/// The phrase for a person to read.
fn shown(phrase: Phrase) -> String {
    let words: Vec<String> = phrase.iter().map(|forms| forms.join("|")).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::{Phrase, dialect, places};
    use crate::tidy::known::PHRASES;

    const PHRASE: Phrase = &[&["is", "are"], &["told"]];

    #[test]
    fn a_phrase_is_found_wherever_people_read_it() {
        for (path, text, count) in [
            ("src/a.rs", "//! It IS  told.", 1),
            ("src/a.rs", "/// which are\n/// told", 1),
            ("src/a.rs", "let s = \"a name is told\";", 1),
            ("src/a.rs", "fn what_is_told() {}", 1),
            ("src/a.rs", "as it is. Told", 0),
            ("src/a.rs", "this told", 0),
            ("playbooks/a.yaml", "# is told", 1),
            ("README.md", "is told", 1),
            ("tests/it/a.rs", "fn a_file_is_told() {", 1),
            ("tests/it/a.rs", "// is told", 0),
            ("tests/golden/a.txt", "is told", 0),
            ("LICENSE", "is told", 0),
        ] {
            assert_eq!(places(&tree(&[(path, text)]), &[PHRASE])[0].len(), count, "{path}: {text}");
        }
    }

    #[test]
    fn a_place_has_its_line() {
        let tree = tree(&[("src/a.rs", "//! a\n\n// it is\n// told\n")]);
        assert_eq!(places(&tree, &[PHRASE])[0][0].line, 3);
    }

    #[test]
    fn a_phrase_above_its_limit_is_a_fault_and_one_at_it_is_not() {
        let (phrase, limit) = PHRASES[0];
        let text: Vec<&str> = phrase.iter().map(|forms| forms[0]).collect();
        let text = |count: usize| format!("{}.\n", text.join(" ")).repeat(count);
        assert_eq!(dialect(&tree(&[("src/a.rs", &text(limit))])), []);
        assert_eq!(dialect(&tree(&[("src/a.rs", &text(limit + 1))])).len(), 1);
    }
}
