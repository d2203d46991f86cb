//! The plan: a playbook resolved for one target, in the order in which it is carried out.

use serde::{Deserialize, Serialize};

use crate::evidence::{Digest, PersonalData};

/// What is taken, in order, and what was left out on purpose.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The playbook and definition files it came from, as recorded in the bundle.
    pub texts: Vec<SourceText>,
    /// Sorted by [`Step::volatility`]; within one, in the playbook's order.
    pub steps: Vec<Step>,
    /// Artifacts that the playbooks name and this plan leaves out.
    pub excluded: Vec<Excluded>,
    /// What the operator should read before and after, in the order of the playbooks.
    pub notes: Vec<Note>,
}

/// A playbook or definition file that a plan came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceText {
    /// Name of the playbook or file.
    pub name: String,
    /// Digest of its text.
    pub sha256: Digest,
}

/// One artifact to take.
#[derive(Debug, Clone)]
pub struct Step {
    /// Name of the artifact.
    pub artifact: String,
    /// When it is taken.
    pub volatility: Volatility,
    /// What it tells about people.
    pub personal_data: PersonalData,
    /// Why it may be taken, for the record of processing.
    pub purpose: String,
    /// What is left alone of it.
    pub limits: Limits,
    /// Where it stands.
    pub sources: Vec<Source>,
}

/// Where an artifact stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Files by path patterns.
    Files(Vec<Pattern>),
    /// Registry keys, with their values, by path patterns (`HKEY_LOCAL_MACHINE\…`).
    RegistryKeys(Vec<String>),
    /// Registry values: key pattern and value name.
    RegistryValues(Vec<(String, String)>),
    /// A program and its arguments.
    Command {
        /// The program.
        program: String,
        /// Its arguments, each passed as one.
        arguments: Vec<String>,
    },
}

/// A path with `%%variables%%`, `*`, `?`, `[…]` and `**`, in the ForensicArtifacts sense.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// The pattern as written, with separators as in its definition.
    pub text: String,
    /// `\` or `/`.
    pub separator: char,
    /// Whether a folder that matches means all beneath it (`--path`).
    pub whole_folders: bool,
    /// Whether a link that matches is followed once to the file it names.
    pub follow_links: bool,
    /// Whether only the place itself is wanted as an empty folder entry in the bundle (the context set).
    pub folder_entry: bool,
}

/// The playbook's limits on one artifact; what they cut is recorded as skipped and makes no run partial.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest item in bytes; a larger one is skipped.
    pub max_file_size: Option<u64>,
    /// Most bytes of all items together.
    pub max_bytes: Option<u64>,
    /// Most items.
    pub max_files: Option<u64>,
    /// Only items changed within so many days before the start.
    pub changed_within_days: Option<u32>,
    /// How far `**` goes down where the pattern does not say.
    pub max_depth: Option<u32>,
}

/// An artifact left out on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// Name of the artifact.
    pub artifact: String,
    /// Why, as a sentence.
    pub reason: String,
}

/// Text of a playbook for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The playbook.
    pub playbook: String,
    /// In Dutch.
    pub nl: String,
    /// In English.
    pub en: String,
}

/// The operating system of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetOs {
    /// Any Linux.
    Linux,
    /// Any Windows.
    Windows,
    /// Something else with a tree of files (ESXi, FreeBSD, an appliance).
    Other,
}

/// RFC 3227 2.1: what is lost first is taken first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Volatility {
    /// Facts of memory, and processes.
    Processes,
    /// Sockets, ARP, routes, DNS cache.
    Network,
    /// Logged-on sessions, open handles, mapped files.
    Sessions,
    /// Mounts, modules, services, timers.
    System,
    /// File systems that end with the power: `/tmp` where it is one, `/dev/shm`, `/run`.
    VolatileFiles,
    /// Logs, which turn over.
    Logs,
    /// Other files.
    Files,
    /// Configuration and inventory.
    Configuration,
    /// What is large and worth less: last, so that a cut costs least.
    Bulk,
}
