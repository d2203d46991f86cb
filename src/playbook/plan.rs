//! The plan: a playbook resolved for one target, in the order in which it is carried out.

use serde::{Deserialize, Serialize};

use super::live::Live;
use crate::evidence::{Digest, PersonalData};

/// The steps of a run in order, and what is left out on purpose.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The playbook and definition files it was made from, as recorded in the bundle.
    pub texts: Vec<SourceText>,
    /// Sorted by [`Step::volatility`]; within one, in the playbook's order. Sweeps come after all others.
    pub steps: Vec<Step>,
    /// Artifacts of the playbooks that this plan leaves out.
    pub excluded: Vec<Excluded>,
    /// Notes for the operator before and after the run, in the order of the playbooks.
    pub notes: Vec<PlaybookNote>,
}

/// A playbook or definition file from which a plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceText {
    /// Name of the playbook or file.
    pub name: String,
    /// Digest of its text.
    pub sha256: Digest,
}

/// One artifact to collect.
#[derive(Debug, Clone)]
pub struct Step {
    /// Name of the artifact.
    pub artifact: String,
    /// Its volatility.
    pub volatility: Volatility,
    /// The personal data in it.
    pub personal_data: PersonalData,
    /// The purpose of collecting it, for the record of processing.
    pub purpose: BilingualText,
    /// Limits on number and size.
    pub limits: Limits,
    /// Patterns that are left out: a matching file is not collected and has no record, and a matching directory is
    /// not entered (`/etc/**` except `/etc/shadow*`).
    pub except: Vec<Pattern>,
    /// Its sources.
    pub sources: Vec<Source>,
    /// Whether it is collected from shadow copies as well, where the operator asks for those.
    pub shadow_copies: bool,
    /// How its items are processed.
    pub mode: Mode,
    /// Whether the operator listed each path, so that a missing one makes the run incomplete.
    pub named: bool,
}

/// How the items of a step are processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are collected.
    Collect,
    /// They are scanned, and collected where a rule or indicator matches; the others are counted.
    Sweep,
    /// They are scanned, and nothing is collected.
    Look,
}

/// A source of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Files by path patterns.
    Files(Vec<Pattern>),
    /// The memory of running processes: of these, or of all where the list is empty.
    Memory(Vec<u32>),
    /// Registry keys, with their values, by path patterns (`HKEY_LOCAL_MACHINE\…`).
    RegistryKeys(Vec<String>),
    /// Registry values: key pattern and value name.
    RegistryValues(Vec<(String, String)>),
    /// State that a running system reports.
    Live(Live),
    /// The whole memory of the running system, read by a tool.
    MemoryTool(MemoryTool),
    /// A program and its arguments.
    Command(ProgramCall),
}

/// A file that a kit lists in the directory of a tool, which the tool may load when it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companion {
    /// The last name of its path.
    pub name: String,
    /// Its SHA-256 as the kit lists it.
    pub sha256: Digest,
}

/// A program that an artifact runs on the running system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramCall {
    /// The program: an absolute path, or the name of a tool of the kit.
    pub program: String,
    /// Arguments, each passed as one.
    pub arguments: Vec<String>,
    /// Allowed SHA-256 digests of the program, one per version.
    pub sha256: Vec<Digest>,
    /// What the kit lists in its directory; `None` where it is not a tool of the kit.
    pub companions: Option<Vec<Companion>>,
}

/// A custom tool that writes the memory of a running system to its standard output.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryTool {
    /// The program: an absolute path, or the name of a tool of the kit.
    pub program: String,
    /// The SHA-256 that it must have.
    pub sha256: Digest,
    /// Arguments, each passed as one.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// What the kit lists in its directory; `None` where it is not a tool of the kit.
    #[serde(skip)]
    pub companions: Option<Vec<Companion>>,
}

/// A path with `%%variables%%`, `*`, `?`, `[…]` and `**`, as in ForensicArtifacts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// The pattern as written, with the separators of its definition.
    pub text: String,
    /// `\` or `/`.
    pub separator: char,
    /// Whether a matching directory includes everything below it (`--path`).
    pub whole_folders: bool,
    /// Which matching links are followed once.
    pub follow: Follow,
    /// Whether only the path itself is wanted, as an empty directory entry in the bundle (the context set).
    pub folder_entry: bool,
}

/// Which links that match a pattern are followed. A link below a matching directory never is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Follow {
    /// None: a link is recorded as a link.
    #[default]
    Never,
    /// A link that the pattern spells literally: whoever asks for `/etc/os-release` wants its content.
    Named,
    /// Links that a glob matches as well (systemd units, `rc?.d`).
    Always,
}

/// A text in Dutch and in English.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BilingualText {
    /// Dutch.
    pub nl: String,
    /// English.
    pub en: String,
}

/// Limits on one artifact; items beyond them are recorded as skipped, and do not make a run partial.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest item in bytes; a larger one is skipped.
    pub max_file_size: Option<u64>,
    /// Maximum bytes of all items together.
    pub max_bytes: Option<u64>,
    /// Maximum number of items.
    pub max_files: Option<u64>,
    /// Only items that were changed within this many days before the start.
    pub changed_within_days: Option<u32>,
    /// Depth of `**` without a number; [`DEFAULT_DEPTH`] where this is absent.
    pub max_depth: Option<u32>,
}

/// Default depth of `**`, as in ForensicArtifacts.
/// <https://artifacts.readthedocs.io/en/latest/sources/Format-specification.html>
pub const DEFAULT_DEPTH: u32 = 10;

impl Limits {
    /// Returns these limits, with those of `fallback` for absent ones.
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

    /// Returns the wider of both, field by field: adding a playbook never collects less of what another one
    /// requested.
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

/// An artifact that is left out on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// Name of the artifact.
    pub artifact: String,
    /// The reason, as a sentence.
    pub reason: String,
}

/// A note of a playbook for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaybookNote {
    /// Name of the playbook.
    pub playbook: String,
    /// Dutch text.
    pub nl: String,
    /// English text.
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
    /// Another system with a file tree (ESXi, FreeBSD, an appliance).
    Other,
}

impl TargetOs {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Linux, Self::Windows, Self::Other];

    /// Returns its name on the command line and in texts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
            Self::Other => "other",
        }
    }
}

/// The order of volatility (RFC 3227, 2.1): what is lost first is collected first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Volatility {
    /// The most volatile tables: processes, sockets, routes, ARP, sessions. The first tier of a run: they are flushed
    /// in the bundle before anything else begins.
    Tables,
    /// Memory statistics, and processes.
    Processes,
    /// Sockets, ARP, routes, DNS cache.
    Network,
    /// Logged-on sessions, open handles, mapped files.
    Sessions,
    /// Mounts, modules, services, timers.
    System,
    /// File systems in memory: `/tmp` where it is one, `/dev/shm`, `/run`.
    VolatileFiles,
    /// Logs, which are rotated.
    Logs,
    /// Other files.
    Files,
    /// Configuration and inventory.
    Configuration,
    /// Large and less valuable data: last, so that an interruption loses least.
    Bulk,
}
