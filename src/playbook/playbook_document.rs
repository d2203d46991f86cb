//! Playbooks: an ordered choice of artifacts for a kind of incident, with notes for the operator.
//!
//! In: one YAML document with the key `playbook`. Out: a [`Playbook`]. Properties that an artifact has in every
//! playbook are in its [`super::Handling`]; a playbook only adds its own limits.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::error::Fault;
use super::handling::RawLimits;
use super::plan::{BilingualText, Limits, MemoryTool};
use super::yaml::Document;

/// A choice of artifacts for a kind of incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playbook {
    /// Name, in lower case with hyphens.
    pub name: String,
    /// Purpose, in a few words.
    pub title: BilingualText,
    /// When to choose it, in a sentence or two.
    pub description: BilingualText,
    /// Playbooks whose choices and notes come first.
    pub includes: Vec<Named>,
    /// Artifacts and groups, in order.
    pub artifacts: Vec<Named>,
    /// Limits on some of them, in place of those in their handling.
    pub limits: BTreeMap<String, Limits>,
    /// Places that are swept after everything else: paths and globs as for `--sweep`. Their files are scanned, and
    /// collected where a rule or indicator matches. A lone `/` means every local disk of a host, or all of a tree or
    /// an image.
    pub sweep: Vec<String>,
    /// The tool that reads the memory of a running system, where that is requested.
    pub memory_tool: Option<MemoryTool>,
    /// Whether it includes artifacts that must be requested by name: secrets and the most private data.
    pub opt_in: bool,
    /// Notes for the operator: what to do with the machine, and what to know.
    pub notes: Vec<BilingualText>,
    /// The file with the playbook.
    pub file: String,
    /// Line of its name.
    pub line: u64,
}

/// A name and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Line, from 1.
    pub line: u64,
}

/// Reads one document as a playbook.
///
/// # Errors
///
/// The deviations from the format.
pub(super) fn read(document: &Document<'_>) -> Result<Playbook, Vec<Fault>> {
    let raw: Raw = document.parse().map_err(|fault| vec![fault])?;
    let faults = faults(document, &raw);
    if !faults.is_empty() {
        return Err(faults);
    }
    let named = |names: Option<Vec<Spanned<String>>>| {
        let names = names.unwrap_or_default().into_iter();
        names.map(|name| Named { line: document.line(&name), name: name.value }).collect()
    };
    let limits = raw.limits.unwrap_or_default().into_iter();
    Ok(Playbook {
        line: document.line(&raw.playbook),
        name: raw.playbook.value,
        title: raw.title,
        description: raw.description,
        includes: named(raw.includes),
        artifacts: named(raw.artifacts),
        limits: limits.map(|(name, own)| (name, own.value.into())).collect(),
        sweep: raw.sweep.unwrap_or_default().into_iter().map(|place| place.value).collect(),
        memory_tool: raw.memory_tool,
        opt_in: raw.opt_in.unwrap_or_default(),
        notes: raw.notes.unwrap_or_default(),
        file: document.file.to_owned(),
    })
}

/// Returns the faults in a well-formed playbook.
fn faults(document: &Document<'_>, raw: &Raw) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |at: &Spanned<String>, problem: String| faults.push(document.fault(at, problem));
    if !is_name(&raw.playbook.value) {
        let name = &raw.playbook.value;
        let problem = format!("expected a name of lower-case letters, digits and hyphens, found '{name}'");
        fault(&raw.playbook, problem);
    }
    for place in raw.sweep.iter().flatten().filter(|place| !is_place(&place.value)) {
        let problem = format!(
            "expected a whole path to sweep ('/' is every local disk), without '..', found '{}'",
            place.value
        );
        fault(place, problem);
    }
    let mut seen = BTreeSet::new();
    for name in raw.artifacts.iter().chain(&raw.includes).flatten() {
        if !seen.insert(name.value.as_str()) {
            fault(name, format!("expected each name once, found '{}' again", name.value));
        }
    }
    if seen.is_empty() {
        fault(&raw.playbook, "expected 'artifacts' or 'includes', found neither".to_owned());
    }
    if raw.version.value != 1 {
        let problem = format!("expected version 1 of the format, found {}", raw.version.value);
        faults.push(document.fault(&raw.version, problem));
    }
    for (name, own) in raw.limits.iter().flatten().filter(|(name, _)| !seen.contains(name.as_str())) {
        let problem = format!("expected limits of artifacts in this playbook, found '{name}'");
        faults.push(document.fault(own, problem));
    }
    faults.sort_by_key(|fault| (fault.line, fault.column));
    faults
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 64 && name.chars().all(plain)
}

/// Whether a sweep can begin at a path: at the root, a drive, or a variable.
fn is_place(path: &str) -> bool {
    let drive = path.get(1..3).is_some_and(|rest| matches!(rest, ":\\" | ":/"))
        && path.starts_with(|c: char| c.is_ascii_alphabetic());
    let begins = drive || path.starts_with(['/', '\\']) || path.starts_with("%%");
    begins && !path.split(['/', '\\']).any(|part| part == "..")
}

/// A playbook as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    playbook: Spanned<String>,
    version: Spanned<u64>,
    title: BilingualText,
    description: BilingualText,
    includes: Option<Vec<Spanned<String>>>,
    artifacts: Option<Vec<Spanned<String>>>,
    limits: Option<BTreeMap<String, Spanned<RawLimits>>>,
    sweep: Option<Vec<Spanned<String>>>,
    memory_tool: Option<MemoryTool>,
    opt_in: Option<bool>,
    notes: Option<Vec<BilingualText>>,
}
