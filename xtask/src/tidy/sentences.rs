//! Sentences that people read and that are not in `src/text`, where each has both languages.
//!
//! In: the files of the rooms that print. Out: a fault for each string literal with two words or more, outside of tests,
//! comments and attributes (the texts of errors are attributes, and are translated by `src/text`). What is no sentence, or is
//! not moved yet, is in [`SENTENCES`], which may only shrink.

use super::code::{strings, without_tests};
use super::known::SENTENCES;
use super::{Fault, Tree, is_rust};

/// The rooms that print.
const PRINTING: [&str; 3] = ["src/cli/", "src/bundle/receipt/", "src/kit/"];

/// Sentences outside of `src/text`, and exceptions that are none any more.
pub(super) fn outside(tree: &Tree, code: &Tree) -> Vec<Fault> {
    let found = found(tree, code);
    let is_known = |fault: &Fault| SENTENCES.iter().any(|known| matches(*known, fault));
    let mut faults: Vec<_> = found.iter().filter(|fault| !is_known(fault)).cloned().collect();
    for fault in &mut faults {
        fault.says = format!("a sentence belongs in src/text: \"{}\"", fault.says);
    }
    for (path, start) in SENTENCES {
        if tree.contains_key(path) && !found.iter().any(|fault| matches((path, start), fault)) {
            let says = format!("no sentence begins with \"{start}\": remove it from the list");
            faults.push(Fault::new(path, 0, says));
        }
    }
    faults
}

/// Whether an exception is of this sentence.
fn matches((path, start): (&str, &str), fault: &Fault) -> bool {
    fault.file == path && fault.says.starts_with(start)
}

/// Samples of every error, for their golden file: of tests alone.
const SAMPLES: &str = "src/cli/error_texts.rs";

/// All sentences of the rooms that print.
fn found(tree: &Tree, code: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in tree {
        let tests = path.ends_with("/tests.rs") || !is_rust(path) || *path == SAMPLES;
        if tests || !PRINTING.iter().any(|room| path.starts_with(room)) {
            continue;
        }
        let last = without_tests(code.get(path).map_or("", String::as_str)).lines().count();
        let sentences = strings(text).into_iter().filter(|(line, text)| *line <= last && is_sentence(text));
        faults.extend(sentences.map(|(line, text)| Fault::new(path, line, text)));
    }
    faults
}

/// Whether a literal has two words with a space between.
fn is_sentence(literal: &str) -> bool {
    let literal = without_places(literal);
    let words: Vec<bool> = literal.split([' ', '\n']).map(is_word).collect();
    words.windows(2).any(|pair| pair == [true, true])
}

fn is_word(piece: &str) -> bool {
    let word = piece.trim_matches(|c: char| c.is_ascii_punctuation() && c != '-');
    word.chars().count() > 1 && word.chars().all(char::is_alphabetic)
}

/// A literal without the places of its values.
fn without_places(literal: &str) -> String {
    let mut rest = literal;
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        out.push('0');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::super::{code, tree};
    use super::outside;

    #[test]
    fn a_sentence_is_found_where_the_program_prints() {
        for (path, text, count) in [
            ("src/cli/a.rs", "f(\"nothing was collected\");", 1),
            ("src/cli/a.rs", "f(\"er is\\n    niets\");", 1),
            ("src/cli/a.rs", "f(format!(\"{} items in '{}'\", 1, 2));", 1),
            ("src/cli/a.rs", "f(r#\"two words\"#);", 1),
            ("src/bundle/receipt/a.rs", "f(\"two words\");", 1),
            ("src/kit/a.rs", "f(\"two words\");", 1),
            ("src/cli/a.rs", "f(\"word\", \"a b\", \"{:<10} {}\", \"{name} {size}\");", 0),
            ("src/cli/a.rs", "/// Two words.\n// \"two words\"\nfn f() {}", 0),
            ("src/cli/a.rs", "#[error(\"two words\")]\nstruct A;", 0),
            ("src/cli/a.rs", "#[allow(x, reason = \"two words [of one]\")]\nfn f() { g(\"two words\") }", 1),
            ("src/cli/a.rs", "f();\n#[cfg(test)]\nmod tests {\n    f(\"two words\");\n}", 0),
            ("src/cli/a/tests.rs", "f(\"two words\");", 0),
            ("src/text/a.rs", "f(\"two words\");", 0),
            ("src/scan/a.rs", "f(\"two words\");", 0),
        ] {
            let tree = tree(&[(path, text)]);
            assert_eq!(outside(&tree, &code::of(&tree)).len(), count, "{path}: {text}");
        }
    }

    #[test]
    fn an_exception_is_of_one_file_and_is_a_fault_once_its_sentence_is_gone() {
        let (path, start) = super::SENTENCES[0];
        let of = |path: &str, text: &str| {
            let tree = tree(&[(path, text)]);
            outside(&tree, &code::of(&tree)).len()
        };
        let all: String = super::SENTENCES
            .iter()
            .filter(|(known, _)| *known == path)
            .flat_map(|(_, start)| ["f(\"", start, "\");\n"])
            .collect();
        assert_eq!(of(path, &all), 0);
        assert_eq!(of("src/cli/another.rs", &format!("f(\"{start} and more\");")), 1);
        assert!(of(path, "fn f() {}") > 0);
    }
}
