//! Playbooks: an ordered choice of artifacts for a kind of incident, with notes to the operator.
//!
//! In: one YAML document with the key `playbook`. Out: a [`Playbook`]. What holds of an artifact whoever asks for
//! it stands in its [`super::Handling`]; a playbook only adds limits of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Fault;
use super::fields::{At, Read};
use super::handling;
use super::plan::{Limits, MemoryTool, Text};
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
    /// The tool that gives the memory of a running system, where that is asked for.
    pub memory_tool: Option<MemoryTool>,
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
pub(super) fn read(document: &Document<'_>, root: Read<'_>) -> Result<Playbook, Vec<Fault>> {
    let raw = Raw::read(root).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    if !is_name(&raw.playbook.value) {
        let problem = format!(
            "expected a name of lower-case letters, digits and hyphens, found '{}'",
            raw.playbook.value
        );
        faults.push(raw.playbook.fault(document, problem));
    }
    if raw.version.value != 1 {
        let problem = format!("expected version 1 of the format, found {}", raw.version.value);
        faults.push(raw.version.fault(document, problem));
    }
    for place in &raw.sweep {
        if !is_place(&place.value) {
            let problem = format!(
                "expected a whole path to sweep ('/' is every local disk), without '..', found '{}'",
                place.value
            );
            faults.push(place.fault(document, problem));
        }
    }
    if raw.artifacts.is_empty() && raw.includes.is_empty() {
        faults.push(raw.playbook.fault(document, "expected 'artifacts' or 'includes', found neither"));
    }
    let mut seen = BTreeSet::new();
    for name in raw.artifacts.iter().chain(&raw.includes) {
        if !seen.insert(name.value.as_str()) {
            faults
                .push(name.fault(document, format!("expected each name once, found '{}' again", name.value)));
        }
    }
    let mut limits = BTreeMap::new();
    for (name, own) in &raw.limits {
        if !seen.contains(name.as_str()) {
            let problem = format!("expected limits of artifacts that this playbook names, found '{name}'");
            faults.push(own.fault(document, problem));
        }
        limits.insert(name.clone(), own.value);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let named = |names: Vec<At<String>>| {
        names.into_iter().map(|name| Named { line: name.line, name: name.value }).collect()
    };
    Ok(Playbook {
        line: raw.playbook.line,
        name: raw.playbook.value,
        title: raw.title,
        description: raw.description,
        includes: named(raw.includes),
        artifacts: named(raw.artifacts),
        limits,
        sweep: raw.sweep.into_iter().map(|place| place.value).collect(),
        memory_tool: raw.memory_tool,
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

struct Raw {
    playbook: At<String>,
    version: At<u64>,
    title: Text,
    description: Text,
    includes: Vec<At<String>>,
    artifacts: Vec<At<String>>,
    limits: Vec<(String, At<Limits>)>,
    sweep: Vec<At<String>>,
    memory_tool: Option<MemoryTool>,
    opt_in: bool,
    notes: Vec<Text>,
}

/// A tool that gives memory.
fn memory_tool(node: Read<'_>) -> Result<MemoryTool, Fault> {
    let fields = node.fields(&["program", "sha256", "arguments"])?;
    let sha256 = fields.required("sha256")?;
    Ok(MemoryTool {
        program: fields.required("program")?.text()?,
        sha256: sha256.text()?.parse().map_err(|_| sha256.fault("expected the 64 digits of its SHA-256"))?,
        arguments: fields.list("arguments", Read::text)?,
    })
}

impl Raw {
    fn read(node: Read<'_>) -> Result<Self, Fault> {
        let fields = node.fields(&[
            "playbook",
            "version",
            "title",
            "description",
            "includes",
            "artifacts",
            "limits",
            "sweep",
            "memory_tool",
            "opt_in",
            "notes",
        ])?;
        let version = fields.required("version")?;
        let limits = |node: Read<'_>| Ok(node.at(handling::limits(node)?));
        Ok(Self {
            playbook: fields.required("playbook")?.text_at()?,
            version: version.at(version.number()?),
            title: fields.required("title")?.both()?,
            description: fields.required("description")?.both()?,
            includes: fields.list("includes", Read::text_at)?,
            artifacts: fields.list("artifacts", Read::text_at)?,
            limits: fields.optional("limits").map_or_else(|| Ok(Vec::new()), |node| node.entries(limits))?,
            sweep: fields.list("sweep", Read::text_at)?,
            memory_tool: fields.optional("memory_tool").map(memory_tool).transpose()?,
            opt_in: fields.flag("opt_in")?,
            notes: fields.list("notes", Read::both)?,
        })
    }
}
