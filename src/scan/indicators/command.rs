//! Matches command lines and paths in rows against indicators.
//!
//! In: a word of a command line, a whole one as services and run keys have it, or a path. Out: hits. Rows do not name the
//! system that they are of; a path is one of Windows where only Windows would write it so.

use std::collections::BTreeSet;

use super::{Case, Indicators};
use crate::evidence::Hit;

/// A word of a command line: a URL with its host, else a path in it. Words without a separator are options and values,
/// and are looked up as names only where they look like a file's.
pub(super) fn word(indicators: &Indicators, word: &str) -> Vec<Hit> {
    // `--url=https://…`: the URL begins behind the option.
    if let Some(colon) = word.find("://") {
        let begin = word.get(..colon).unwrap_or_default();
        let begin = begin.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at.saturating_add(1));
        let url = word.get(begin..).unwrap_or_default();
        return indicators.url(url.split([' ', '"', '\'']).next().unwrap_or_default());
    }
    // A whole command line in one word, as services and run keys have it.
    let quoted = word.strip_prefix('"').and_then(|rest| rest.split('"').next());
    let bare = word.split(' ').next().filter(|bare| bare.len() < word.len());
    let value = word.split_once('=').map(|(_, value)| value);
    // `rundll32 C:\\x.dll,Start`: the function behind the comma is no part of the file.
    let before_comma = word.split_once(',').map(|(file, _)| file);
    let parts: BTreeSet<&str> =
        [Some(word), quoted, bare, value, before_comma].into_iter().flatten().collect();
    let is_file = |part: &&str| part.contains(['/', '\\']) || part.contains('.');
    parts.into_iter().filter(is_file).flat_map(|part| path(indicators, part)).collect()
}

/// A path in the case rules of its system: Windows ignores case.
pub(super) fn path(indicators: &Indicators, path: &str) -> Vec<Hit> {
    indicators.path(path, if is_windows(path) { Case::Folded } else { Case::Heeded })
}

/// Whether only Windows would write it so: its rows name no system.
fn is_windows(path: &str) -> bool {
    path.contains('\\') || path.get(1..2) == Some(":")
}
