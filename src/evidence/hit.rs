//! How an item was scanned, and what matched it: a YARA rule, or an indicator of a list. One shape for both, so
//! that whoever counts, scores or prints hits need not know where they come from.
//!
//! A rule's hit is its name, its file and what its `meta` says. An indicator's hit has the kind of the indicator, its
//! value as `kind:value` in `rule`, the list it is in, and what that list says about it.

use serde::{Deserialize, Serialize};

use super::rows::RowCitation;

/// Longest text that a hit keeps of what a list or an item says, in characters: enough for a sentence and an address,
/// too short to fill a record.
const TEXT_LENGTH: usize = 1024;

/// A rule or an indicator that fired on an item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Identifier of the rule; of an indicator, its kind and value: `sha256:9f86…`.
    pub rule: String,
    /// The rule file or the indicator list it stands in.
    pub source: String,
    /// What fired.
    #[serde(default, skip_serializing_if = "HitKind::is_rule")]
    pub kind: HitKind,
    /// What of the item an indicator met, where that is not the indicator itself: the path that a pattern matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where in an archive it fired: the path inside, archives on the way joined by `!`; absent for the item itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<String>,
    /// The row of the item that an indicator matched in; absent where the item has no rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<HitRow>,
    /// How bad the list says it is, 0 to 100. A rule says it in its `meta`: [`Self::score`] reads both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    /// What the list says of it; a rule says it in its `meta`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where more about it is to be read; a rule says it in its `meta`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Tags of the rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Meta fields of the rule, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meta: Vec<(String, String)>,
    /// Where its strings matched, up to the scanner's limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<Match>,
}

/// The row that an indicator matched in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HitRow {
    /// Position of the row in its item, from 1. The first line, which names the schema, is not counted: row 1 is line 2.
    pub number: u64,
    /// The fields by which a person finds it.
    #[serde(flatten)]
    pub key: RowCitation,
}

/// What fired: a rule, or an indicator of a kind. Additions are new variants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HitKind {
    /// A YARA rule.
    #[default]
    Rule,
    /// The MD5 of the item.
    Md5,
    /// The SHA-1 of the item.
    Sha1,
    /// The SHA-256 of the item.
    Sha256,
    /// Its name, or a part of its path.
    Path,
    /// An IP address in it.
    Address,
    /// A domain in it.
    Domain,
    /// A URL in it.
    Url,
    /// A named pipe.
    Pipe,
    /// A mutex.
    Mutex,
    /// A registry key or value.
    Registry,
    /// A kind that this version does not know.
    #[serde(other)]
    Other,
}

impl HitKind {
    /// All kinds of indicators, in the order in which lists count them.
    pub const INDICATORS: [Self; 10] = [
        Self::Md5,
        Self::Sha1,
        Self::Sha256,
        Self::Path,
        Self::Address,
        Self::Domain,
        Self::Url,
        Self::Pipe,
        Self::Mutex,
        Self::Registry,
    ];

    /// The word for it in records and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Path => "path",
            Self::Address => "address",
            Self::Domain => "domain",
            Self::Url => "url",
            Self::Pipe => "pipe",
            Self::Mutex => "mutex",
            Self::Registry => "registry",
            Self::Other => "other",
        }
    }

    /// Whether a YARA rule fired.
    #[must_use]
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub const fn is_rule(&self) -> bool {
        matches!(self, Self::Rule)
    }

    /// Whether it speaks of what stands in the item, and not of where the item stands.
    #[must_use]
    pub const fn is_about_content(self) -> bool {
        !matches!(self, Self::Path)
    }
}

impl Hit {
    /// Makes the hit of a rule, by its identifier and the file it stands in.
    #[must_use]
    pub fn rule(rule: impl Into<String>, source: impl Into<String>) -> Self {
        Self { rule: rule.into(), source: source.into(), ..Self::default() }
    }

    /// Makes the hit of an indicator: its kind, its value as its list has it, and the list it stands in.
    #[must_use]
    pub fn indicator(kind: HitKind, value: &str, source: impl Into<String>) -> Self {
        let rule = format!("{}:{}", kind.word(), cut(value));
        Self { rule, source: source.into(), kind, ..Self::default() }
    }

    /// How bad it is, 0 to 100, as the list or the rule's `meta` says; a number past the end counts as the end.
    #[must_use]
    pub fn score(&self) -> Option<u8> {
        let said = || self.said("score")?.trim().parse::<i64>().ok();
        self.score.or_else(|| said().map(|score| u8::try_from(score.clamp(0, 100)).unwrap_or(100)))
    }

    /// What the list or the rule's `meta` says of it.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref().or_else(|| self.said("description"))
    }

    /// Where more about it is to be read, as the list or the rule's `meta` says.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref().or_else(|| self.said("reference"))
    }

    fn said(&self, name: &str) -> Option<&str> {
        let (_, value) = self.meta.iter().find(|(field, _)| field.eq_ignore_ascii_case(name))?;
        Some(value).filter(|value| !value.is_empty()).map(String::as_str)
    }

    /// Takes away everything but what fired, how bad it is and where, of a row no more than its number.
    pub fn strip(&mut self) {
        let (rule, source) = (std::mem::take(&mut self.rule), std::mem::take(&mut self.source));
        let inner = self.inner.take();
        let row = self.row.take().map(|row| HitRow { number: row.number, key: RowCitation::default() });
        *self = Self { rule, source, kind: self.kind, inner, row, score: self.score(), ..Self::default() };
    }
}

/// Cuts what a list or an item says to what a hit keeps of it.
#[must_use]
pub fn cut(text: &str) -> String {
    text.chars().take(TEXT_LENGTH).collect()
}

/// A YARA string at an offset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// Name of the string, with its `$`.
    pub string: String,
    /// Where it begins, in bytes from the start of what was scanned.
    pub offset: u64,
    /// Length in bytes.
    pub length: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_an_earlier_version_is_the_hit_of_a_rule_and_a_later_kind_is_other() {
        let hit: Hit = serde_json::from_str(r#"{"rule":"Eicar","source":"a.yar"}"#).unwrap();
        assert_eq!(hit, Hit::rule("Eicar", "a.yar"));
        let later: Hit = serde_json::from_str(r#"{"rule":"x","source":"y","kind":"smell"}"#).unwrap();
        assert_eq!(later.kind, HitKind::Other);
    }

    #[test]
    fn score_description_and_reference_come_from_the_list_or_from_the_rules_meta() {
        let meta = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut hit = Hit::rule("Eicar", "a.yar");
        assert_eq!((hit.score(), hit.description(), hit.reference()), (None, None, None));
        hit.meta = vec![meta("Score", "250"), meta("description", "d"), meta("reference", "")];
        assert_eq!((hit.score(), hit.description(), hit.reference()), (Some(100), Some("d"), None));
        (hit.score, hit.description) = (Some(7), Some("list".to_owned()));
        assert_eq!((hit.score(), hit.description()), (Some(7), Some("list")));
    }

    #[test]
    fn a_stripped_hit_keeps_what_fired_and_how_bad_it_is() {
        let mut hit = Hit::rule("Eicar", "a.yar");
        hit.meta = vec![("score".to_owned(), "80".to_owned())];
        hit.strip();
        assert_eq!(hit, Hit { score: Some(80), ..Hit::rule("Eicar", "a.yar") });
    }

    #[test]
    fn every_kind_is_written_as_its_word() {
        for kind in HitKind::INDICATORS {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }
}
