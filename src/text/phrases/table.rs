//! The templates: English with its Dutch, read once from the compressed text that the program carries.

use std::borrow::Cow;
use std::io::Read as _;
use std::sync::OnceLock;

use flate2::read::DeflateDecoder;

use crate::text::Language;

/// All `*.txt` of this directory, compressed by the build script.
static DEFLATED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/phrases.deflate"));

/// An English text with holes, and its Dutch.
#[derive(Debug)]
pub(super) struct Template {
    /// The literal parts: before the first hole, between two, and after the last.
    pub literals: Vec<&'static str>,
    /// The holes between them.
    pub holes: Vec<Hole>,
    /// Bytes of all literal parts.
    pub weight: usize,
    /// Whether a hole is within quotes.
    pub has_quotes: bool,
    /// Whether no literal part has a letter, as in `{attempt}: {why}`.
    pub is_bare: bool,
    en: &'static str,
    nl: &'static str,
}

/// A place in a template for a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hole {
    /// Its name, the same in both languages.
    pub name: &'static str,
    /// What may fill it.
    pub kind: HoleKind,
}

/// What may fill a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HoleKind {
    /// `{name}`: any text, which stays as it is.
    Text,
    /// `{#name}`: a number, so that no name can be taken for it.
    Number,
    /// `{~name}`: a reason in itself.
    Reason,
}

impl HoleKind {
    /// Whether a text can be in such a hole.
    pub(super) fn takes(self, text: &str) -> bool {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        self != Self::Number || (!digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit()))
    }
}

impl Template {
    fn new(en: &'static str, nl: &'static str) -> Self {
        let (literals, holes) = split(en);
        let pairs = literals.iter().zip(literals.iter().skip(1));
        let has_quotes =
            pairs.clone().any(|(before, after)| before.ends_with('\'') && after.starts_with('\''));
        let is_bare = !literals.iter().any(|text| text.chars().any(char::is_alphabetic));
        let weight = literals.iter().map(|text| text.len()).sum();
        Self { literals, holes, weight, has_quotes, is_bare, en, nl }
    }

    /// The text in a language, with its holes filled.
    pub(super) fn filled<'t>(
        &self,
        language: Language,
        filled: impl Fn(&str) -> Option<Cow<'t, str>>,
    ) -> String {
        let (literals, holes) = split(match language {
            Language::Nl => self.nl,
            Language::En => self.en,
        });
        let mut text = String::new();
        for (place, literal) in literals.into_iter().enumerate() {
            text.push_str(literal);
            if let Some(hole) = holes.get(place) {
                text.push_str(&filled(hole.name).unwrap_or_default());
            }
        }
        text
    }

    /// The holes of the Dutch.
    #[cfg(test)]
    pub(super) fn dutch_holes(&self) -> Vec<Hole> {
        split(self.nl).1
    }

    /// The English, its holes without names.
    #[cfg(test)]
    pub(super) fn key(&self) -> String {
        self.literals.join("{}")
    }
}

/// All templates, the heaviest first.
pub(super) fn templates() -> &'static [Template] {
    static TEXT: OnceLock<String> = OnceLock::new();
    static TEMPLATES: OnceLock<Vec<Template>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let text: &'static str = TEXT.get_or_init(inflated);
        let mut templates = Vec::new();
        let mut en = None;
        for line in text.lines() {
            if let Some(text) = line.strip_prefix("en: ") {
                en = Some(text);
            } else if let Some(nl) = line.strip_prefix("nl: ")
                && let Some(en) = en.take()
            {
                templates.push(Template::new(en, nl));
            }
        }
        templates.sort_by_key(|template| std::cmp::Reverse(template.weight));
        templates
    })
}

fn inflated() -> String {
    let mut text = String::new();
    // The program's own bytes: a test reads all templates.
    let _ = DeflateDecoder::new(DEFLATED).read_to_string(&mut text);
    text
}

/// The literal parts and the holes of a template, one part more than holes.
fn split(template: &'static str) -> (Vec<&'static str>, Vec<Hole>) {
    let (mut literals, mut holes) = (Vec::new(), Vec::new());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{')
        && let Some((name, behind)) = after.split_once('}')
    {
        literals.push(before);
        let (name, kind) = match (name.strip_prefix('~'), name.strip_prefix('#')) {
            (Some(name), _) => (name, HoleKind::Reason),
            (_, Some(name)) => (name, HoleKind::Number),
            _ => (name, HoleKind::Text),
        };
        holes.push(Hole { name, kind });
        rest = behind;
    }
    literals.push(rest);
    (literals, holes)
}
