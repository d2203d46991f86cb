//! Playbooks: an ordered choice of artifacts for a kind of incident, with notes to the operator.
//!
//! In: one YAML document with the key `playbook`. Out: a [`Playbook`]. What holds of an artifact whoever asks for
//! it stands in its [`super::Handling`]; a playbook only adds limits of its own.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::error::Fault;
use super::handling::RawLimits;
use super::plan::{Limits, Text};
use super::yaml::Document;

/// A choice of artifacts for a kind of incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playbook {
    /// Its name, in lower case with hyphens.
    pub name: String,
    /// What it is for, in a few words.
    pub title: Text,
    /// When it is chosen, in a sentence or two.
    pub description: Text,
    /// Playbooks whose choices and notes come before its own.
    pub includes: Vec<Named>,
    /// Artifacts and groups, in order.
    pub artifacts: Vec<Named>,
    /// Limits of its own on some of them, in place of those that their handling gives.
    pub limits: BTreeMap<String, Limits>,
    /// Places that are looked through after everything else, to take what something fires on: paths and globs as
    /// `--sweep` has them. `/` alone is every local disk of a host, or all of a tree or an image.
    pub sweep: Vec<String>,
    /// Whether it takes what must be asked for by name: secrets and the most private data.
    pub opt_in: bool,
    /// What the operator should do with the machine, and know.
    pub notes: Vec<Text>,
    /// The file it stands in.
    pub file: String,
    /// The line of its name.
    pub line: u64,
}

/// A name and the line on which it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// The line, from 1.
    pub line: u64,
}

/// Reads one document as a playbook.
///
/// # Errors
///
/// What in it is not as wanted.
pub(super) fn read(document: &Document<'_>) -> Result<Playbook, Vec<Fault>> {
    let raw: Raw = document.parse().map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    if !is_name(&raw.playbook.value) {
        let problem = format!(
            "expected a name of lower-case letters, digits and hyphens, found '{}'",
            raw.playbook.value
        );
        faults.push(document.fault_at(&raw.playbook, problem));
    }
    if raw.version.value != 1 {
        let problem = format!("expected version 1 of the format, found {}", raw.version.value);
        faults.push(document.fault_at(&raw.version, problem));
    }
    for place in &raw.sweep {
        if !is_place(&place.value) {
            let problem = format!(
                "expected a whole path to sweep ('/' is every local disk), without '..', found '{}'",
                place.value
            );
            faults.push(document.fault_at(place, problem));
        }
    }
    if raw.artifacts.is_empty() && raw.includes.is_empty() {
        faults.push(document.fault_at(&raw.playbook, "expected 'artifacts' or 'includes', found neither"));
    }
    let mut seen = BTreeSet::new();
    for name in raw.artifacts.iter().chain(&raw.includes) {
        if !seen.insert(name.value.as_str()) {
            faults.push(
                document.fault_at(name, format!("expected each name once, found '{}' again", name.value)),
            );
        }
    }
    let mut limits = BTreeMap::new();
    for (name, own) in &raw.limits {
        if !seen.contains(name.as_str()) {
            let problem = format!("expected limits of artifacts that this playbook names, found '{name}'");
            faults.push(document.fault_at(own, problem));
        }
        limits.insert(name.clone(), own.value.into());
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let named = |names: Vec<Spanned<String>>| {
        names.into_iter().map(|name| Named { line: document.line_of(&name), name: name.value }).collect()
    };
    Ok(Playbook {
        line: document.line_of(&raw.playbook),
        name: raw.playbook.value,
        title: raw.title,
        description: raw.description,
        includes: named(raw.includes),
        artifacts: named(raw.artifacts),
        limits,
        sweep: raw.sweep.into_iter().map(|place| place.value).collect(),
        opt_in: raw.opt_in,
        notes: raw.notes,
        file: document.file.to_owned(),
    })
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 64 && name.chars().all(plain)
}

/// Whether a sweep can begin there: from the root, from a drive, or from a variable.
fn is_place(path: &str) -> bool {
    let drive = path.get(1..3).is_some_and(|rest| matches!(rest, ":\\" | ":/"))
        && path.starts_with(|c: char| c.is_ascii_alphabetic());
    let begins = drive || path.starts_with(['/', '\\']) || path.starts_with("%%");
    begins && !path.split(['/', '\\']).any(|part| part == "..")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    playbook: Spanned<String>,
    version: Spanned<u32>,
    title: Text,
    description: Text,
    #[serde(default)]
    includes: Vec<Spanned<String>>,
    #[serde(default)]
    artifacts: Vec<Spanned<String>>,
    #[serde(default)]
    limits: BTreeMap<String, Spanned<RawLimits>>,
    #[serde(default)]
    sweep: Vec<Spanned<String>>,
    #[serde(default)]
    opt_in: bool,
    #[serde(default)]
    notes: Vec<Text>,
}
