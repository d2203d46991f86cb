//! `kit.json`: what a kit holds and who says so. **This page is the specification of its format, version 1.**
//!
//! In: the bytes of a file that anybody may have written. Out: a checked [`KitDescription`]. It is a JSON object in UTF-8 of at most
//! 4 MiB, next to `kit.json.minisig`, a minisign signature of its bytes (<https://jedisct1.github.io/minisign/>):
//!
//! | field | meaning |
//! | --- | --- |
//! | `format` | 1; a program refuses a number above its own |
//! | `name` | what people call the kit |
//! | `signer` | object: `public_key` (minisign, base64) and `comment`. Says whose signature is expected; proves nothing by itself |
//! | `language` | `nl` or `en`: the language of the screens and of the receipt, where the operator asks for none; else that of the host |
//! | `recipients` | list of age or SSH recipients, used where the operator names none |
//! | `files` | list of objects, see below; at most 10,000 |
//!
//! A file has `path` (relative to the kit, `/` between names), `bytes`, `sha256` and, where the program is to use it, `use`: `playbook`
//! (a YAML file of playbooks, definitions or handlings), `rules`, `indicators`, `known_good`, or `tool` (a program for memory or a
//! COMMAND, known by the last name of its path). A path holds no `..`, no drive, and no name that Windows reads as another one;
//! two paths never differ by case alone.
//!
//! It grows by fields: what a reader does not know it ignores, an unknown `use` included. A change that old programs would misread
//! gets a new number.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::evidence::Digest;
use crate::text::Language;

/// The version of the format that this program knows.
pub const KIT_FORMAT: u32 = 1;

/// Most files of a kit.
const MAX_FILES: usize = 10_000;

/// Most recipients of a kit: each is shown before it is used.
const MAX_RECIPIENTS: usize = 100;

/// Longest path of a file of a kit, in bytes: what every file system takes.
const MAX_PATH: usize = 240;

/// The content of `kit.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitDescription {
    /// [`KIT_FORMAT`].
    pub format: u32,
    /// What people call the kit.
    pub name: String,
    /// Whose signature is expected.
    pub signer: KitSigner,
    /// The language of what people read where the operator asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<KitLanguage>,
    /// To whom bundles are encrypted where the operator names nobody.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// What it holds.
    #[serde(default)]
    pub files: Vec<KitFile>,
}

/// A language that a kit asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KitLanguage {
    /// Dutch.
    Nl,
    /// English.
    En,
    /// One that a newer program has.
    #[serde(other)]
    Unknown,
}

/// Who says that a kit is as it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitSigner {
    /// The minisign public key in base64.
    pub public_key: String,
    /// Whose it is, for people.
    #[serde(default)]
    pub comment: String,
}

/// A file of a kit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitFile {
    /// Its path relative to the kit.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Digest,
    /// What the program does with it; nothing where absent.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub purpose: Option<KitFileUse>,
}

/// What the program does with a file of a kit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KitFileUse {
    /// It adds its playbooks, definitions and handlings to those it carries.
    Playbook,
    /// It scans with these rules too.
    Rules,
    /// It looks for these indicators.
    Indicators,
    /// It takes these digests for those of known files.
    KnownGood,
    /// It runs this program where a playbook or definition asks for it by name and digest.
    Tool,
    /// Something that a newer program does.
    #[serde(other)]
    Unknown,
}

/// A description that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptionError {
    /// It is no JSON, or lacks a field.
    #[error("it is not the description of a kit: {0}")]
    Syntax(#[from] serde_json::Error),
    /// It was made for a newer program.
    #[error("it has format {0}, and this program knows formats up to {KIT_FORMAT}: use a newer veldkit")]
    Newer(u32),
    /// A path that leads out of the kit, or that not every file system reads alike.
    #[error("the path '{}' of a file is not one of a kit", crate::evidence::Printable(.0))]
    Path(String),
    /// More than a kit has.
    #[error("it lists more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}

/// The one field that every version has.
#[derive(Deserialize)]
struct Versioned {
    format: u32,
}

impl KitDescription {
    /// Reads and checks it.
    ///
    /// # Errors
    /// [`DescriptionError`].
    pub fn parse(text: &[u8]) -> Result<Self, DescriptionError> {
        let Versioned { format } = serde_json::from_slice(text)?;
        if format > KIT_FORMAT {
            return Err(DescriptionError::Newer(format));
        }
        let description: Self = serde_json::from_slice(text)?;
        for (what, count, limit) in [
            ("files", description.files.len(), MAX_FILES),
            ("recipients", description.recipients.len(), MAX_RECIPIENTS),
        ] {
            if count > limit {
                return Err(DescriptionError::TooMany { what, limit });
            }
        }
        let mut seen = BTreeSet::new();
        for file in &description.files {
            if !stays_inside(&file.path) || !seen.insert(file.path.to_lowercase()) {
                return Err(DescriptionError::Path(file.path.clone()));
            }
        }
        Ok(description)
    }

    /// The language that it asks for, where this program has it.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        match self.language? {
            KitLanguage::Nl => Some(Language::Nl),
            KitLanguage::En => Some(Language::En),
            KitLanguage::Unknown => None,
        }
    }

    /// The files that the program uses in one way.
    pub fn files_for(&self, purpose: KitFileUse) -> impl Iterator<Item = &KitFile> {
        self.files.iter().filter(move |file| file.purpose == Some(purpose))
    }
}

impl KitFile {
    /// The last name of its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// Whether a path is one below the kit for every system: Windows drops dots and spaces at the end of a name, reads `\` as `/`
/// and what follows `:` as a stream.
fn stays_inside(path: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let name = |name: &str| !name.is_empty() && !name.ends_with(['.', ' ']);
    path.len() <= MAX_PATH && !path.contains(odd) && path.split('/').all(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kit(files: &str) -> Result<KitDescription, DescriptionError> {
        let text = format!(
            "{{\"format\": 1, \"name\": \"k\", \"signer\": {{\"public_key\": \"RW\"}}, \"files\": [{files}], \"expires\": \"2027\"}}"
        );
        KitDescription::parse(text.as_bytes())
    }

    fn file(path: &str) -> String {
        let sha256 = Digest::of(b"");
        serde_json::json!({"path": path, "bytes": 0, "sha256": sha256, "use": "hologram", "colour": "red"})
            .to_string()
    }

    #[test]
    fn what_a_reader_does_not_know_is_ignored_and_a_newer_format_is_refused() {
        let read = kit(&file("playbooks/a.yaml")).unwrap();
        assert_eq!(read.files[0].purpose, Some(KitFileUse::Unknown));
        assert_eq!((read.files[0].name(), read.recipients.len()), ("a.yaml", 0));
        let newer = KitDescription::parse(b"{\"format\": 2, \"everything\": \"new\"}").unwrap_err();
        assert!(matches!(newer, DescriptionError::Newer(2)), "{newer}");
        assert!(KitDescription::parse(b"{\"format\": 1}").is_err() && KitDescription::parse(b"[").is_err());
    }

    #[test]
    fn a_kit_may_ask_for_a_language_and_one_that_nobody_has_asks_for_none() {
        for (field, language) in [
            ("", None),
            ("\"language\": \"nl\",", Some(Language::Nl)),
            ("\"language\": \"en\",", Some(Language::En)),
            ("\"language\": \"fy\",", None),
        ] {
            let text =
                format!("{{\"format\": 1, {field} \"name\": \"k\", \"signer\": {{\"public_key\": \"RW\"}}}}");
            assert_eq!(KitDescription::parse(text.as_bytes()).unwrap().language(), language, "{field}");
        }
    }

    #[test]
    fn a_path_that_leads_out_of_the_kit_or_is_read_in_two_ways_is_refused() {
        for path in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "a/../x",
            "a//b",
            "./a",
            "C:/x",
            "c:x",
            "a\\b",
            "a:stream",
            "a/.",
            "a./b",
            "a /b",
            "a\u{0}b",
            "a*",
        ] {
            assert!(matches!(kit(&file(path)), Err(DescriptionError::Path(_))), "{path:?}");
        }
        let twice = format!("{}, {}", file("a/B"), file("A/b"));
        assert!(kit(&twice).is_err());
        let many = vec![file("a"); MAX_FILES + 1].join(",");
        assert!(matches!(kit(&many), Err(DescriptionError::TooMany { .. })));
    }
}
