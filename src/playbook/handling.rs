//! What the ForensicArtifacts format lacks, said once for each artifact and not in each playbook: when it is taken,
//! what it tells about people and why it may be taken, its limits, whether it must be asked for by name.
//!
//! In: one YAML document with the key `handling`. Out: a [`Handling`] for each name in it.

use std::collections::BTreeMap;

use super::error::Fault;
use super::fields::{At, Read};
use super::pattern;
use super::pattern::Strictness;
use super::plan::{Follow, Limits, Pattern, Text, Volatility};
use super::yaml::Document;
use crate::evidence::PersonalData;

/// How one artifact is handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handling {
    /// When it is taken.
    pub volatility: Volatility,
    /// What it tells about people.
    pub personal_data: PersonalData,
    /// Why it may be taken, for the record of processing.
    pub purpose: Text,
    /// Limits that hold where a playbook sets no others.
    pub limits: Limits,
    /// Whether it is taken only where it is asked for by its own name, or by a playbook that says `opt_in`.
    pub opt_in: bool,
    /// Whether links among its files are followed once to the file they name.
    pub follow_links: bool,
    /// Whether it is worth taking from shadow copies too, where the operator asks for those.
    pub shadow_copies: bool,
    /// What is left alone of it.
    pub except: Vec<Pattern>,
    /// The file that says so.
    pub file: String,
    /// The line on which it is named.
    pub line: u64,
}

impl Handling {
    /// How an artifact is handled of which nobody has said it: with the caution that what is not known calls for.
    pub(super) fn unknown() -> Self {
        Self {
            volatility: Volatility::Files,
            personal_data: PersonalData::High,
            purpose: Text {
                nl: "niet opgegeven: de definitie komt van buiten en heeft geen 'handling'".to_owned(),
                en: "not stated: the definition comes from outside and has no 'handling'".to_owned(),
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
/// What in it is not as wanted.
pub(super) fn read(
    document: &Document<'_>,
    root: Read<'_>,
) -> Result<BTreeMap<String, Handling>, Vec<Fault>> {
    let raw = Raw::read(root).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    if raw.handling.value != 1 {
        let problem = format!("expected version 1 of the format, found {}", raw.handling.value);
        faults.push(raw.handling.fault(document, problem));
    }
    let mut handlings: BTreeMap<String, Handling> = BTreeMap::new();
    for entry in raw.artifacts {
        let except = match excepted(document, &entry.except) {
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
                limits: entry.limits,
                opt_in: entry.opt_in,
                follow_links: entry.follow_links,
                shadow_copies: entry.shadow_copies,
                except: except.clone(),
                file: document.file.to_owned(),
                line: name.line,
            };
            if let Some(first) = handlings.insert(name.value.clone(), handling) {
                let problem =
                    format!("expected '{}' once, found it on line {} as well", name.value, first.line);
                faults.push(name.fault(document, problem));
            }
        }
    }
    if faults.is_empty() { Ok(handlings) } else { Err(faults) }
}

struct Raw {
    handling: At<u64>,
    artifacts: Vec<RawEntry>,
}

impl Raw {
    fn read(node: Read<'_>) -> Result<Self, Fault> {
        let fields = node.fields(&["handling", "artifacts"])?;
        let version = fields.required("handling")?;
        Ok(Self {
            handling: version.at(version.number()?),
            artifacts: fields.required("artifacts")?.list(RawEntry::read)?,
        })
    }
}

struct RawEntry {
    names: Vec<At<String>>,
    volatility: Volatility,
    personal_data: PersonalData,
    purpose: Text,
    limits: Limits,
    opt_in: bool,
    follow_links: bool,
    shadow_copies: bool,
    except: Vec<At<String>>,
}

impl RawEntry {
    fn read(node: Read<'_>) -> Result<Self, Fault> {
        let fields = node.fields(&[
            "names",
            "volatility",
            "personal_data",
            "purpose",
            "limits",
            "opt_in",
            "follow_links",
            "shadow_copies",
            "except",
        ])?;
        Ok(Self {
            names: fields.required("names")?.list(Read::text_at)?,
            limits: fields.optional("limits").map(limits).transpose()?.unwrap_or_default(),
            volatility: fields.required("volatility")?.one_of()?,
            personal_data: fields.required("personal_data")?.one_of()?,
            purpose: fields.required("purpose")?.both()?,
            opt_in: fields.flag("opt_in")?,
            follow_links: fields.flag("follow_links")?,
            shadow_copies: fields.flag("shadow_copies")?,
            except: fields.list("except", Read::text_at)?,
        })
    }
}

fn excepted(document: &Document<'_>, texts: &[At<String>]) -> Result<Vec<Pattern>, Fault> {
    let mut patterns = Vec::with_capacity(texts.len());
    for text in texts {
        let separator = if text.value.contains('\\') { '\\' } else { '/' };
        if let Some(problem) = pattern::fault(&text.value, separator, Strictness::Official) {
            return Err(text.fault(document, problem));
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

/// Reads [`Limits`] as people write them: sizes such as `100 MiB`.
pub(super) fn limits(node: Read<'_>) -> Result<Limits, Fault> {
    let known = ["max_file_size", "max_bytes", "max_files", "changed_within_days", "max_depth"];
    let fields = node.fields(&known)?;
    let bytes = |name: &str| fields.optional(name).map(bytes).transpose();
    let small = |name: &str| fields.optional(name).map(Read::small).transpose();
    Ok(Limits {
        max_file_size: bytes("max_file_size")?,
        max_bytes: bytes("max_bytes")?,
        max_files: fields.optional("max_files").map(Read::number).transpose()?,
        changed_within_days: small("changed_within_days")?,
        max_depth: small("max_depth")?,
    })
}

fn bytes(node: Read<'_>) -> Result<u64, Fault> {
    let text = node.text()?;
    let problem = || node.fault(format!("expected a size such as '100 MiB' or '4096', found '{text}'"));
    size(&text).ok_or_else(problem)
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
