//! JUDGE: bytes and facts become hits. Rules are compiled once, used on the host, and again by analysts.
//!
//! In: rule files (embedded, or named by the operator), then the content of an item with its facts. Out: what matched, in it
//! and in what is packed in it, how bad that is together, and a gap where rules could not see everything. Each rule file is
//! compiled alone: one that does not compile is named and costs only itself; a rule that is too slow is named and set
//! aside, and a scan that does not come to its end is abandoned. Nothing in a rule can read the host: a file includes others of
//! the directory or archive that was named, and nothing outside it.
//!
//! Engines behind one trait: **boreal** (pure Rust, the default), and libyara behind the feature `libyara` as
//! reference. boreal 1.4 offers the modules console, dex, dotnet, elf, hash, macho, math, pe, string and time; rules
//! that import another (`cuckoo`, `magic`) fail with their file and are listed.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::evidence::{Digest, Printable};

mod archive;
mod boreal;
mod bytes;
mod compile;
mod engine;
mod examine;
pub mod filetype;
mod gate;
pub mod indicators;
#[cfg(feature = "libyara")]
mod libyara;
mod rule_files;
mod rule_includes;
mod rule_limits;
mod rule_plan;
mod rule_text;
mod rule_texts;
mod rule_truth;
mod rule_zip;
mod scan_threads;
mod scanner;
mod score;
mod skipped_files;
mod slow;

pub use bytes::{Bytes, MemoryAccount};
pub use engine::{Regions, Scan, ScanGap};
pub use examine::{Examined, Subject};
pub use rule_files::RuleSource;
pub use rule_texts::{RuleFileText, rule_texts};
pub use rule_truth::NeverMatches;
pub use rule_zip::PACKED_LIMIT;
pub use scanner::{Scanner, SetAside, TimeLimits};
pub use score::{DEFAULT as DEFAULT_SCORE, assess, reasons};
pub use skipped_files::SkippedFiles;

/// Largest buffer that rules see at once. Rules that use `pe` or offsets need whole files: 32 MiB holds nearly every
/// program and script; of what is larger the beginning is scanned, and its record says so.
pub const SCAN_LIMIT: usize = 32 << 20;

/// Most matches of one string, and of one hit, that a record names; the hit itself is never lost.
const MATCHES_PER_STRING: usize = 16;
const MATCHES_PER_HIT: usize = 64;

/// Longest meta value kept of a rule, in characters.
const META_LENGTH: usize = 1024;

/// A rule engine that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that is no engine.
    #[error("'{}' is not a rule engine: boreal or libyara was expected", Printable(.0))]
    UnknownEngine(String),
    /// An engine that this program was built without.
    #[error(
        "this program was built without libyara; build it with --features libyara, or use --engine boreal"
    )]
    NotBuiltIn,
    /// Rules that were named could not be listed.
    #[error("cannot list the rules in '{}'", .path.display())]
    List {
        /// The file or folder.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Indicator lists that were named could not be listed.
    #[error("cannot list the indicators in '{}'", .path.display())]
    ListIndicators {
        /// The file or folder.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The reader of indicators failed.
    #[error("cannot read the indicator lists: an internal error occurred")]
    Indicators,
    /// The engine failed before any rule.
    #[error("cannot start the rule engine: {0}")]
    Engine(String),
    /// The self-test rule did not fire: no absence of hits would mean anything.
    #[error("the rules' self-test did not match: scanning cannot be trusted")]
    SelfTest,
}

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// Pure Rust; the default.
    Boreal,
    /// YARA's own library; where it was built in.
    Libyara,
}

impl FromStr for EngineKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "boreal" => Ok(Self::Boreal),
            "libyara" if cfg!(feature = "libyara") => Ok(Self::Libyara),
            "libyara" => Err(Error::NotBuiltIn),
            other => Err(Error::UnknownEngine(other.to_owned())),
        }
    }
}

/// What rules may ask of an item besides its content: YARA's external variables.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// Name of the file.
    pub filename: &'a str,
    /// Its whole path on the target.
    pub filepath: &'a str,
    /// Its extension with the dot, as LOKI and THOR rules expect; empty without one.
    pub extension: &'a str,
    /// Kind by its first bytes: [`filetype::of`].
    pub filetype: &'a str,
    /// Name of its owner.
    pub owner: &'a str,
}

/// [`Facts`] that a thread takes along.
struct OwnedFacts([String; 5]);

impl OwnedFacts {
    fn borrowed(&self) -> Facts<'_> {
        let [filename, filepath, extension, filetype, owner] = &self.0;
        Facts { filename, filepath, extension, filetype, owner }
    }
}

impl<'a> Facts<'a> {
    fn owned(&self) -> OwnedFacts {
        OwnedFacts(self.variables().map(|(_, value)| value.to_owned()))
    }

    fn variables(&self) -> [(&'static str, &'a str); 5] {
        [
            ("filename", self.filename),
            ("filepath", self.filepath),
            ("extension", self.extension),
            ("filetype", self.filetype),
            ("owner", self.owner),
        ]
    }
}

/// A rule file, as recorded in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFile {
    /// Its name: `veldkit/<name>` for the embedded, else as given.
    pub name: String,
    /// Digest of its text.
    pub sha256: Digest,
    /// How many of its rules are in use.
    pub rules: usize,
    /// Why it could not be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The rule file that includes it, and in which its rules are in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub included_by: Option<String>,
}

impl RuleFile {
    /// Whether it is one of those built in.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.name.starts_with(rule_files::EMBEDDED_PREFIX)
    }

    /// The line on which it could not be used, where the engine names one.
    #[must_use]
    pub fn failed_line(&self) -> Option<u32> {
        let reason = self.failed.as_deref()?;
        let number = reason.strip_prefix("line ").unwrap_or(reason);
        let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    }
}

/// A rule in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleFacts {
    /// Its identifier.
    pub rule: String,
    /// The rule file it stands in.
    pub source: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its meta fields, in its order.
    pub meta: Vec<(String, String)>,
}

/// Cuts a meta value to what a record keeps.
fn meta_value(value: &str) -> String {
    value.chars().take(META_LENGTH).collect()
}
