//! Checks that a built program holds no text of a rule that anti-virus programs could take for what the rule is about.
//!
//! In: the binary, and the rules of the source tree. Every line of at least [`LEAST`] characters and every string that a rule
//! looks for is searched in the binary, as ASCII and as UTF-16, without regard to case.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::Result;

/// Shorter pieces occur anywhere by chance.
const LEAST: usize = 12;

/// Refuses a binary with text of a rule in it.
///
/// # Errors
///
/// A file cannot be read, or the binary holds such text.
pub(super) fn check(binary: &Path, root: &Path) -> Result {
    let mut rules = Vec::new();
    for entry in std::fs::read_dir(root.join("rules"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yar") {
            rules.push(std::fs::read_to_string(path)?);
        }
    }
    let pieces = pieces(&rules);
    let found = found(&std::fs::read(binary)?, &pieces);
    if rules.is_empty() || !found.is_empty() {
        return Err(format!("{}: text of rules in the binary: {found:?}", binary.display()).into());
    }
    println!("rules: no text of {} rule files in the binary", rules.len());
    Ok(())
}

/// What to search for: lines of rules, and the strings in them.
fn pieces(rules: &[String]) -> BTreeSet<String> {
    let mut pieces = BTreeSet::new();
    for line in rules.iter().flat_map(|rules| rules.lines()).map(str::trim) {
        if line.len() >= LEAST && (line.contains(" = ") || line.starts_with("rule ")) {
            pieces.insert(line.to_ascii_lowercase());
        }
        if line.starts_with('$') {
            let strings = line.split('"').skip(1).step_by(2).filter(|string| string.len() >= LEAST);
            pieces.extend(strings.map(str::to_ascii_lowercase));
        }
    }
    pieces
}

fn found<'a>(binary: &[u8], pieces: &'a BTreeSet<String>) -> Vec<&'a str> {
    let ascii = binary.to_ascii_lowercase();
    // Text in UTF-16 has a zero behind each character; what is left without zeros is the same text.
    let wide: Vec<u8> = ascii.iter().copied().filter(|byte| *byte != 0).collect();
    let mut by_start: BTreeMap<&[u8], Vec<&'a str>> = BTreeMap::new();
    for piece in pieces {
        let start = piece.as_bytes().get(..LEAST).unwrap_or_default();
        by_start.entry(start).or_default().push(piece);
    }
    let mut found = BTreeSet::new();
    for bytes in [&ascii, &wide] {
        for (place, start) in bytes.windows(LEAST).enumerate() {
            let rest = bytes.get(place..).unwrap_or_default();
            let candidates = by_start.get(start).into_iter().flatten();
            found.extend(candidates.filter(|piece| rest.starts_with(piece.as_bytes())));
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_of_a_rule_is_found_in_either_encoding_and_the_masked_one_is_not() {
        let rules = ["rule a_rule_of_a_test\n{\n  strings:\n    $a = \"Something Evil\" ascii\n}".to_owned()];
        let pieces = pieces(&rules);
        assert_eq!(pieces.len(), 3, "{pieces:?}");
        assert_eq!(found(b"..something evil..", &pieces), ["something evil"]);
        let wide: Vec<u8> = "SOMETHING EVIL".bytes().flat_map(|byte| [byte, 0]).collect();
        assert_eq!(found(&wide, &pieces), ["something evil"]);
        assert_eq!(found(b"..somethimg evil..rule", &pieces), Vec::<&str>::new());
    }
}
