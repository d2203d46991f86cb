//! The plan: a playbook resolved for one target, in the order in which it is carried out.

use serde::{Deserialize, Serialize};

use super::live::Live;
use crate::evidence::{Digest, PersonalData};

/// What is taken, in order, and what was left out on purpose.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The playbook and definition files it came from, as recorded in the bundle.
    pub texts: Vec<SourceText>,
    /// Sorted by [`Step::volatility`]; within one, in the playbook's order. Sweeps come after all others.
    pub steps: Vec<Step>,
    /// Artifacts that the playbooks name and this plan leaves out.
    pub excluded: Vec<Excluded>,
    /// What the operator should read before and after, in the order of the playbooks.
    pub notes: Vec<PlaybookNote>,
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
    pub purpose: BilingualText,
    /// What is left alone of it, by number and size.
    pub limits: Limits,
    /// What is left alone of it, by name: what matches one of these is not taken and gives no record, and a folder
    /// that matches is not entered (`/etc/**` except `/etc/shadow*`).
    pub except: Vec<Pattern>,
    /// Where it stands.
    pub sources: Vec<Source>,
    /// Whether it is taken from shadow copies too, where the operator asks for those.
    pub shadow_copies: bool,
    /// What is done with it.
    pub mode: Mode,
    /// Whether the operator named each place of it, so that one that is not there leaves the run incomplete.
    pub named: bool,
}

/// What is done with the items of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are taken.
    Collect,
    /// They are looked at, and taken where something fires on them; the others are counted.
    Sweep,
    /// They are looked at, and nothing is taken.
    Look,
}

/// Where an artifact stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Files by path patterns.
    Files(Vec<Pattern>),
    /// The memory of running processes: of these, or of all where none is named.
    Memory(Vec<u32>),
    /// Registry keys, with their values, by path patterns (`HKEY_LOCAL_MACHINE\…`).
    RegistryKeys(Vec<String>),
    /// Registry values: key pattern and value name.
    RegistryValues(Vec<(String, String)>),
    /// What a running system tells of itself.
    Live(Live),
    /// The whole memory of the running system, by a tool.
    MemoryTool(MemoryTool),
    /// A program and its arguments.
    Command(ProgramCall),
}

/// A program that an artifact has run on the running system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramCall {
    /// The program: its whole path, or the name of a tool of the kit.
    pub program: String,
    /// Its arguments, each passed as one.
    pub arguments: Vec<String>,
    /// The SHA-256 digests of which it must have one to be run, one for each version of it.
    pub sha256: Vec<Digest>,
}

/// A responder's own tool that writes the memory of a running system to its standard output.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryTool {
    /// The program: its whole path, or the name of a tool of the kit.
    pub program: String,
    /// The SHA-256 that it must have to be run.
    pub sha256: Digest,
    /// Its arguments, each passed as one.
    #[serde(default)]
    pub arguments: Vec<String>,
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
    /// Which links that match are followed, once, to what they name.
    pub follow: Follow,
    /// Whether only the place itself is wanted as an empty folder entry in the bundle (the context set).
    pub folder_entry: bool,
}

/// Which links that match a pattern are followed. One met beneath a folder never is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Follow {
    /// None: a link is its record.
    #[default]
    Never,
    /// One that the pattern names letter by letter: who asks for `/etc/os-release` wants what is read there.
    Named,
    /// Those that a glob meets, too (units of systemd, `rc?.d`).
    Always,
}

/// The same said in Dutch and in English.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BilingualText {
    /// In Dutch.
    pub nl: String,
    /// In English.
    pub en: String,
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
    /// How far `**` goes down where the pattern does not say; [`DEFAULT_DEPTH`] where this does not say either.
    pub max_depth: Option<u32>,
}

/// How far `**` goes down by itself, as in ForensicArtifacts.
/// <https://artifacts.readthedocs.io/en/latest/sources/Format-specification.html>
pub const DEFAULT_DEPTH: u32 = 10;

impl Limits {
    /// These limits, with those of `fallback` where these say nothing.
    #[must_use]
    pub fn or(self, fallback: Self) -> Self {
        Self {
            max_file_size: self.max_file_size.or(fallback.max_file_size),
            max_bytes: self.max_bytes.or(fallback.max_bytes),
            max_files: self.max_files.or(fallback.max_files),
            changed_within_days: self.changed_within_days.or(fallback.changed_within_days),
            max_depth: self.max_depth.or(fallback.max_depth),
        }
    }

    /// The wider of both, field by field: to add a playbook to a run never takes less of what another one asked for.
    #[must_use]
    pub fn wider(self, other: Self) -> Self {
        let depth = |limits: Self| limits.max_depth.unwrap_or(DEFAULT_DEPTH);
        Self {
            max_file_size: self.max_file_size.zip(other.max_file_size).map(|(a, b)| a.max(b)),
            max_bytes: self.max_bytes.zip(other.max_bytes).map(|(a, b)| a.max(b)),
            max_files: self.max_files.zip(other.max_files).map(|(a, b)| a.max(b)),
            changed_within_days: self
                .changed_within_days
                .zip(other.changed_within_days)
                .map(|(a, b)| a.max(b)),
            max_depth: Some(depth(self).max(depth(other))).filter(|depth| *depth != DEFAULT_DEPTH),
        }
    }
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
pub struct PlaybookNote {
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

impl TargetOs {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Linux, Self::Windows, Self::Other];

    /// Its word on the command line and in texts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
            Self::Other => "other",
        }
    }
}

/// RFC 3227 2.1: what is lost first is taken first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Volatility {
    /// The tables that vanish first, as the system tells them at once: processes, sockets, routes, ARP, sessions. The
    /// first tier of a run: they are flushed in the bundle before anything else is begun.
    Tables,
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
