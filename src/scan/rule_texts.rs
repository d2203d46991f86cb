//! The texts of rule files as they are packed for a kit.

use super::Error;
use super::rule_files::{RuleSource, read};
use super::rule_plan::texts_to_pack;

/// A rule file's text as it is packed for a kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFileText {
    /// Its name, unique in the set.
    pub name: String,
    /// Its text, with the files that it includes in place; bytes that are not UTF-8 are escaped.
    pub text: String,
}

/// Reads the rule files of all sources, for packing: each rule once. What cannot be read is an error here: a kit must not miss rules.
///
/// # Errors
/// [`Error::List`].
pub fn rule_texts(sources: &[RuleSource]) -> Result<Vec<RuleFileText>, Error> {
    let texts = texts_to_pack(&read(sources)?.files)?.into_iter();
    Ok(texts.map(|(name, text)| RuleFileText { name, text }).collect())
}
