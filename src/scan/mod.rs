//! JUDGE: bytes and facts become hits. Rules are compiled once, used on the host, and again by analysts.
//!
//! In: rule files (embedded, or named by the operator), then the content of an item with its facts. Out: the
//! [`Hit`]s, and a gap where rules could not see everything. Each rule file is compiled alone: one that does not
//! compile is named and costs only itself. Nothing in a rule can read the host: includes are refused.
//!
//! Engines behind one trait: **boreal** (pure Rust, the default), and libyara behind the feature `libyara` as
//! reference. boreal 1.4 offers the modules console, dex, dotnet, elf, hash, macho, math, pe, string and time; rules
//! that import another (`cuckoo`, `magic`) fail with their file and are listed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::evidence::{Digest, Hit, Printable};

mod boreal;
pub mod filetype;
#[cfg(feature = "libyara")]
mod libyara;
mod rule_files;
mod zipped;

pub use rule_files::{RuleFileText, RuleSource, rule_texts};
pub use zipped::PACKED_LIMIT;

/// Largest buffer that rules see at once. Rules that use `pe` or offsets need whole files: 32 MiB holds nearly every
/// program and script; of what is larger the beginning is scanned, and its record says so.
pub const SCAN_LIMIT: usize = 32 << 20;

/// How long one item may take: at 1 MB/s, a hundredth of the usual rate, that is a whole buffer.
const TIMEOUT: Duration = Duration::from_secs(32);

/// Most matches of one string, and of one hit, that a record names; the hit itself is never lost.
const MATCHES_PER_STRING: usize = 16;
const MATCHES_PER_HIT: usize = 64;

/// Longest meta value kept of a rule, in characters.
const META_LENGTH: usize = 1024;

/// The embedded rule that must fire at start, and what it fires on: in pieces, so that it does not fire on this program.
const SELF_TEST: (&str, [&str; 2]) =
    ("veldkit_self_test", ["veldkit self test:", "7d0f1c52 rules are alive"]);

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
    /// The engine failed before any rule.
    #[error("the rule engine cannot be started: {0}")]
    Engine(String),
    /// The self-test rule did not fire: no absence of hits would mean anything.
    #[error("the rules' self-test did not fire: scanning cannot be trusted")]
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

impl<'a> Facts<'a> {
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

/// What the rules say of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// The rules that fired.
    pub hits: Vec<Hit>,
    /// Why the answer is not complete, if it is not.
    pub gap: Option<String>,
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

/// One engine with compiled rules.
trait Engine: Send + Sync {
    /// Holds all rules against `content`.
    fn scan(&self, content: &[u8], facts: &Facts<'_>) -> Scan;
    /// The namespaces of the rules in use, one a rule.
    fn namespaces(&self) -> Vec<String>;
    /// All rules that can show, with what they say of themselves.
    fn rules(&self) -> Vec<RuleFacts>;
}

/// Compiled rules, shared by all threads.
pub struct Scanner {
    engine: Box<dyn Engine>,
    files: Vec<RuleFile>,
}

impl Scanner {
    /// Compiles rule files, each alone, and lets the self-test rule fire. A file that cannot be used is listed in
    /// [`Self::rule_files`] with its reason.
    ///
    /// # Errors
    /// Where a named path cannot be listed, the engine cannot start, or the self-test does not fire.
    pub fn compile(sources: &[RuleSource], kind: EngineKind) -> Result<Self, Error> {
        let texts = rule_files::read(sources)?;
        let mut files = Vec::with_capacity(texts.len());
        let mut usable = Vec::with_capacity(texts.len());
        for text in texts {
            let mut file = RuleFile { name: text.name, sha256: text.sha256, rules: 0, failed: None };
            match text.content {
                Ok(content) => usable.push((file.name.clone(), content)),
                Err(reason) => file.failed = Some(reason),
            }
            files.push(file);
        }
        let (engine, failures): (Box<dyn Engine>, _) = match kind {
            EngineKind::Boreal => {
                let (engine, failures) = boreal::Boreal::compile(&usable);
                (Box::new(engine), failures)
            }
            #[cfg(feature = "libyara")]
            EngineKind::Libyara => {
                let (engine, failures) = libyara::Libyara::compile(&usable)?;
                (Box::new(engine), failures)
            }
            #[cfg(not(feature = "libyara"))]
            EngineKind::Libyara => return Err(Error::NotBuiltIn),
        };
        for (name, reason) in failures {
            if let Some(file) = files.iter_mut().find(|file| file.name == name) {
                file.failed = Some(reason);
            }
        }
        let mut rules = std::collections::BTreeMap::<String, usize>::new();
        for namespace in engine.namespaces() {
            let count = rules.entry(namespace).or_default();
            *count = count.saturating_add(1);
        }
        for file in &mut files {
            file.rules = rules.get(&file.name).copied().unwrap_or(0);
        }
        let scanner = Self { engine, files };
        let (rule, content) = SELF_TEST;
        let fired = scanner
            .scan(content.join(" ").as_bytes(), &Facts::default())
            .hits
            .iter()
            .any(|hit| hit.rule == rule);
        if fired { Ok(scanner) } else { Err(Error::SelfTest) }
    }

    /// Holds all rules against the content of an item. Hits of the self-test rule count as any other's.
    #[must_use]
    pub fn scan(&self, content: &[u8], facts: &Facts<'_>) -> Scan {
        // The engine keeps nothing between scans that a panic could leave half done: each scan has its own state.
        catch_unwind(AssertUnwindSafe(|| self.engine.scan(content, facts))).unwrap_or_else(|_| Scan {
            hits: Vec::new(),
            gap: Some("the rule engine failed on this item".to_owned()),
        })
    }

    /// The rule files, with those that could not be used.
    #[must_use]
    pub fn rule_files(&self) -> &[RuleFile] {
        &self.files
    }

    /// The rules in use, in the order of their files; private ones are left out, since they never show.
    #[must_use]
    pub fn rules(&self) -> Vec<RuleFacts> {
        self.engine.rules()
    }

    /// The rule files that could not be used.
    pub fn failed(&self) -> impl Iterator<Item = &RuleFile> {
        self.files.iter().filter(|file| file.failed.is_some())
    }
}

impl std::fmt::Debug for Scanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scanner").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

/// Cuts a meta value to what a record keeps.
fn meta_value(value: &str) -> String {
    value.chars().take(META_LENGTH).collect()
}
