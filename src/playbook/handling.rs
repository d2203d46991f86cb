//! The properties of an artifact that the ForensicArtifacts format lacks, defined once per artifact instead of per
//! playbook: volatility, personal data and purpose, limits, and whether it must be requested by name.
//!
//! In: one YAML document with the key `handling`. Out: a [`Handling`] per artifact name.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::error::Fault;
use super::pattern;
use super::pattern::Strictness;
use super::plan::{BilingualText, Follow, Limits, Pattern, Volatility};
use super::yaml::Document;
use crate::evidence::PersonalData;

/// How one artifact is handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handling {
    /// Its volatility, which decides the order of collection.
    pub volatility: Volatility,
    /// The personal data in it.
    pub personal_data: PersonalData,
    /// The purpose of collecting it, for the record of processing.
    pub purpose: BilingualText,
    /// Limits, unless a playbook sets others.
    pub limits: Limits,
    /// Whether it is collected only where it is requested by name, or by a playbook with `opt_in`.
    pub opt_in: bool,
    /// Whether links among its files are followed once.
    pub follow_links: bool,
    /// Whether it is collected from shadow copies as well, where the operator asks for those.
    pub shadow_copies: bool,
    /// Patterns that are left out.
    pub except: Vec<Pattern>,
    /// The file with the handling.
    pub file: String,
    /// Line of its name.
    pub line: u64,
}

impl Handling {
    /// Returns the cautious handling of an artifact for which none is defined.
    pub(super) fn unknown() -> Self {
        Self {
            volatility: Volatility::Files,
            personal_data: PersonalData::High,
            purpose: BilingualText {
                nl: "niet opgegeven: de definitie is van een ander en heeft geen 'handling'".to_owned(),
                en: "not stated: the definition is external and has no 'handling'".to_owned(),
            },
            limits: Limits::default(),
            opt_in: false,
            follow_links: false,
            shadow_copies: false,
            except: Vec::new(),
            file: String::new(),
            line: 0,
        }
    }
}

/// Reads one document as handlings by artifact.
///
/// # Errors
///
/// The deviations from the format.
pub(super) fn read(document: &Document<'_>) -> Result<BTreeMap<String, Handling>, Vec<Fault>> {
    let raw: Raw = document.parse().map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    if raw.handling.value != 1 {
        let problem = format!("expected version 1 of the format, found {}", raw.handling.value);
        faults.push(document.fault(&raw.handling, problem));
    }
    let mut handlings: BTreeMap<String, Handling> = BTreeMap::new();
    for entry in raw.artifacts {
        let except = match excepted(document, entry.except.as_deref().unwrap_or_default()) {
            Ok(except) => except,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        for name in &entry.names {
            let handling = Handling {
                volatility: entry.volatility,
                personal_data: entry.personal_data,
                purpose: entry.purpose.clone(),
                limits: entry.limits.map(Limits::from).unwrap_or_default(),
                opt_in: entry.opt_in.unwrap_or_default(),
                follow_links: entry.follow_links.unwrap_or_default(),
                shadow_copies: entry.shadow_copies.unwrap_or_default(),
                except: except.clone(),
                file: document.file.to_owned(),
                line: document.line(name),
            };
            if let Some(first) = handlings.insert(name.value.clone(), handling) {
                let problem =
                    format!("expected '{}' once, found it on line {} as well", name.value, first.line);
                faults.push(document.fault(name, problem));
            }
        }
    }
    if faults.is_empty() { Ok(handlings) } else { Err(faults) }
}

/// Handlings as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    handling: Spanned<u64>,
    artifacts: Vec<RawEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    names: Vec<Spanned<String>>,
    volatility: Volatility,
    personal_data: PersonalData,
    purpose: BilingualText,
    limits: Option<RawLimits>,
    opt_in: Option<bool>,
    follow_links: Option<bool>,
    shadow_copies: Option<bool>,
    except: Option<Vec<Spanned<String>>>,
}

/// [`Limits`] as written: sizes such as `100 MiB`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    max_file_size: Option<Size>,
    max_bytes: Option<Size>,
    max_files: Option<u64>,
    changed_within_days: Option<u32>,
    max_depth: Option<u32>,
}

impl From<RawLimits> for Limits {
    fn from(raw: RawLimits) -> Self {
        Self {
            max_file_size: raw.max_file_size.map(|Size(bytes)| bytes),
            max_bytes: raw.max_bytes.map(|Size(bytes)| bytes),
            max_files: raw.max_files,
            changed_within_days: raw.changed_within_days,
            max_depth: raw.max_depth,
        }
    }
}

/// A number of bytes with an optional unit in powers of 1,024.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Size(u64);

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        size(&text)
            .map(Self)
            .ok_or_else(|| format!("expected a size such as '100 MiB' or '4096', found '{text}'"))
    }
}

fn excepted(document: &Document<'_>, texts: &[Spanned<String>]) -> Result<Vec<Pattern>, Fault> {
    let mut patterns = Vec::with_capacity(texts.len());
    for text in texts {
        let separator = if text.value.contains('\\') { '\\' } else { '/' };
        if let Some(problem) = pattern::fault(&text.value, separator, Strictness::Official) {
            return Err(document.fault(text, problem));
        }
        patterns.push(Pattern {
            text: text.value.clone(),
            separator,
            whole_folders: true,
            follow: Follow::Never,
            folder_entry: false,
        });
    }
    Ok(patterns)
}

/// Reads a number of bytes with an optional unit in powers of 1,024.
fn size(text: &str) -> Option<u64> {
    let digits = text.len().saturating_sub(text.trim_start_matches(|c: char| c.is_ascii_digit()).len());
    let (number, unit) = text.split_at_checked(digits)?;
    let shift = match unit.trim() {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift).filter(|size| *size > 0)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_powers_of_1024_and_nonsense_is_none() {
        assert_eq!(size("1 MiB"), Some(1 << 20));
        assert_eq!(size("4096"), Some(4096));
        for wrong in ["", "MiB", "1 MB", "-1", "0", "99999999999 GiB", "1e3"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }
}
