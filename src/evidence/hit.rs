//! The matches in an item: a YARA rule, or an indicator of a list. Both have one type, so that code that counts,
//! scores or prints hits does not depend on their source.
//!
//! The hit of a rule has its name, its file and its `meta`. The hit of an indicator has the kind of the indicator,
//! its value as `kind:value` in `rule`, its list, and the list's description of it.

use serde::{Deserialize, Serialize};

use super::rows::RowCitation;

/// Longest text of a list or an item that a hit keeps, in characters: enough for a sentence and an address, too short
/// to fill a record.
const TEXT_LENGTH: usize = 1024;

/// A rule or an indicator that matched an item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Identifier of the rule; for an indicator, its kind and value: `sha256:9f86…`.
    pub rule: String,
    /// The rule file or the indicator list.
    pub source: String,
    /// The kind of match.
    #[serde(default, skip_serializing_if = "HitKind::is_rule")]
    pub kind: HitKind,
    /// The text in the item that an indicator matched, where it differs from the indicator: the path that a pattern
    /// matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The path inside an archive, with nested archives joined by `!`; absent for the item itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<String>,
    /// The row in which an indicator matched; absent where the item has no rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<HitRow>,
    /// Score in the list, 0 to 100. That of a rule is in its `meta`: [`Self::score`] returns either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    /// Description in the list; that of a rule is in its `meta`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Reference in the list; that of a rule is in its `meta`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Tags of the rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Meta fields of the rule, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meta: Vec<(String, String)>,
    /// Offsets of its strings, up to the scanner's limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<Match>,
}

/// The row in which an indicator matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HitRow {
    /// Position of the row in its item, from 1. The first line, with the schema, is not counted: row 1 is line 2.
    pub number: u64,
    /// The fields by which a person finds it.
    #[serde(flatten)]
    pub key: RowCitation,
}

/// The kind of match: a rule, or a kind of indicator. Additions are new variants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HitKind {
    /// A YARA rule.
    #[default]
    Rule,
    /// MD5 of the item.
    Md5,
    /// SHA-1 of the item.
    Sha1,
    /// SHA-256 of the item.
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

    /// Returns its word in records and reports.
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

    /// Whether it is a YARA rule.
    #[must_use]
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub const fn is_rule(&self) -> bool {
        matches!(self, Self::Rule)
    }

    /// Whether it is about the content of the item, instead of its path.
    #[must_use]
    pub const fn is_about_content(self) -> bool {
        !matches!(self, Self::Path)
    }
}

impl Hit {
    /// Makes the hit of a rule, from its identifier and its file.
    #[must_use]
    pub fn rule(rule: impl Into<String>, source: impl Into<String>) -> Self {
        Self { rule: rule.into(), source: source.into(), ..Self::default() }
    }

    /// Makes the hit of an indicator, from its kind, its value in the list, and the list.
    #[must_use]
    pub fn indicator(kind: HitKind, value: &str, source: impl Into<String>) -> Self {
        let rule = format!("{}:{}", kind.word(), cut(value));
        Self { rule, source: source.into(), kind, ..Self::default() }
    }

    /// Returns the score, 0 to 100, from the list or the rule's `meta`; larger numbers count as 100.
    #[must_use]
    pub fn score(&self) -> Option<u8> {
        let said = || self.said("score")?.trim().parse::<i64>().ok();
        self.score.or_else(|| said().map(|score| u8::try_from(score.clamp(0, 100)).unwrap_or(100)))
    }

    /// Returns the description from the list or the rule's `meta`.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref().or_else(|| self.said("description"))
    }

    /// Returns the reference from the list or the rule's `meta`.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref().or_else(|| self.said("reference"))
    }

    fn said(&self, name: &str) -> Option<&str> {
        let (_, value) = self.meta.iter().find(|(field, _)| field.eq_ignore_ascii_case(name))?;
        Some(value).filter(|value| !value.is_empty()).map(String::as_str)
    }

    /// Removes everything except the match itself, its score and its place; of a row, only its number is kept.
    pub fn strip(&mut self) {
        let (rule, source) = (std::mem::take(&mut self.rule), std::mem::take(&mut self.source));
        let inner = self.inner.take();
        let row = self.row.take().map(|row| HitRow { number: row.number, key: RowCitation::default() });
        *self = Self { rule, source, kind: self.kind, inner, row, score: self.score(), ..Self::default() };
    }
}

/// Cuts a text of a list or an item to the length that a hit keeps.
#[must_use]
pub fn cut(text: &str) -> String {
    text.chars().take(TEXT_LENGTH).collect()
}

/// A YARA string at an offset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// Name of the string, with its `$`.
    pub string: String,
    /// Offset in bytes from the beginning of the scanned data.
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
    fn a_stripped_hit_keeps_its_rule_and_its_score() {
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
