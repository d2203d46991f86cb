//! The Dutch of errors and reasons, which are made and stored in English.
//!
//! Every stage writes its errors and the reasons in its records in English: programs read them, and analysts search for
//! them. A person reads them in the language of the program: `*.txt` next to this file has an English template and
//! its Dutch for each, and [`translated`] finds the template that a text was made from. In a template, `{name}` is a hole
//! whose text stays as it is, `{#name}` a number, and `{~name}` a reason in itself, which is translated in its turn. What
//! has no template stays English. A test reads the sources and finds each text without a template, and each template
//! without a text.
//!
//! Names come from hosts. One in quotes in a template (`'{name}'`) is as long as can be, so that no part of a name is
//! taken for a reason; a text is split at "; " and ": " outside quotes only, and at "; " only where each part has a template.

mod matching;
mod quotes;
mod system;
mod table;

#[cfg(test)]
mod source_texts;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use super::{Language, Localized};
use crate::evidence::Printable;
use matching::{best, parts};
use table::HoleKind;

/// Longest line that is translated: reasons are sentences, and a longer text is content of a host.
const MAX_LINE: usize = 8 << 10;

/// Most lines of a text that are translated.
const MAX_LINES: usize = 1_000;

/// How deep reasons are translated within reasons.
const MAX_DEPTH: usize = 8;

/// The text of an error or a reason as a language has it; English where the table has no template for it.
#[must_use]
pub fn translated(text: &str, language: Language) -> Cow<'_, str> {
    if text.lines().count() > MAX_LINES {
        return Cow::Borrowed(text);
    }
    let mut whole = String::new();
    let mut changed = false;
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let new = reason(line, language, MAX_DEPTH);
        changed |= matches!(new, Cow::Owned(_));
        whole.push_str(&new);
        whole.push_str(end);
    }
    if changed { Cow::Owned(whole) } else { Cow::Borrowed(text) }
}

/// The text of an error or a reason, as a value of a sentence: translated, and what would steer a terminal escaped.
#[derive(Debug, Clone, Copy)]
pub struct Phrase<'a>(pub &'a str);

impl Localized for Phrase<'_> {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Printable(&translated(self.0, language)), f)
    }
}

/// One reason, or several joined by "; ".
fn reason(text: &str, language: Language, depth: usize) -> Cow<'_, str> {
    let Some(deeper) = depth.checked_sub(1).filter(|_| text.len() <= MAX_LINE) else {
        return Cow::Borrowed(text);
    };
    if let Some(known) = system::translated(text, language) {
        return Cow::Owned(known);
    }
    // What is in English already holds no other text to translate than the system's.
    if language == Language::En && !text.contains("(os error ") {
        return Cow::Borrowed(text);
    }
    let parts = parts(text);
    if parts.len() > 1 {
        let parts: Vec<_> = parts.into_iter().map(|part| sentence(part, language, deeper)).collect();
        return Cow::Owned(parts.join("; "));
    }
    sentence(text, language, deeper)
}

/// One reason, as its template has it.
fn sentence(text: &str, language: Language, depth: usize) -> Cow<'_, str> {
    if let Some(known) = system::translated(text, language) {
        return Cow::Owned(known);
    }
    let Some((template, holes)) = best(text) else { return Cow::Borrowed(text) };
    let filled = template.filled(language, |name| {
        let place = template.holes.iter().position(|hole| hole.name == name)?;
        let (hole, text) = (template.holes.get(place)?, holes.get(place)?);
        Some(if hole.kind == HoleKind::Reason { reason(text, language, depth) } else { Cow::Borrowed(*text) })
    });
    if filled == text { Cow::Borrowed(text) } else { Cow::Owned(filled) }
}
