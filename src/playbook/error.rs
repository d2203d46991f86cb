//! The errors of playbooks and definitions, and of requests.
//!
//! A [`Fault`] is one mistake in one text, with its place; an [`Error`] ends a call. Texts are untrusted: parts of
//! them are printed escaped.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::plan::TargetOs;
use crate::evidence::Printable;

/// One mistake in a definition, a playbook or a handling: its place, what was expected, what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, as given on the command line or embedded.
    pub file: String,
    /// Line from 1; 0 for the whole file.
    pub line: u64,
    /// Column from 1; 0 for the whole line.
    pub column: u64,
    /// What was expected and what was found.
    pub problem: String,
}

impl Fault {
    /// Makes a fault of a whole file.
    pub(super) fn of_file(file: &str, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: 0, column: 0, problem: problem.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Printable(&self.file))?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        write!(f, ": {}", Printable(&self.problem))
    }
}

/// An error that ends a call of this module.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory of playbooks cannot be read.
    #[error("cannot read '{}'", Printable(&path.to_string_lossy()))]
    Read {
        /// The path.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
    /// Texts with mistakes; nothing that was added with them is used.
    #[error("{}", Faults(.0))]
    Faults(Vec<Fault>),
    /// A directory or file without definitions.
    #[error("'{}' contains neither a playbook nor an artifact", Printable(&.0.to_string_lossy()))]
    Empty(PathBuf),
    /// Files of a kit that replace known definitions.
    #[error("a kit may not replace built-in playbooks or artifacts: {}", Printable(&.0.join("; ")))]
    Replaces(Vec<String>),
    /// No playbook has this name.
    #[error("no playbook is called '{}'{}", Printable(name), Asked { by: by.as_deref(), nearest })]
    UnknownPlaybook {
        /// The name.
        name: String,
        /// The playbook that refers to it; the operator where absent.
        by: Option<String>,
        /// Similar names, nearest first.
        nearest: Vec<String>,
    },
    /// No artifact has this name.
    #[error("no artifact is called '{}'{}", Printable(name), Asked { by: by.as_deref(), nearest })]
    UnknownArtifact {
        /// The name.
        name: String,
        /// The playbook or group that refers to it; the operator where absent.
        by: Option<String>,
        /// Similar names, nearest first.
        nearest: Vec<String>,
    },
    /// A group or playbook that includes itself.
    #[error("'{}' includes itself: {}", Printable(.0.first().map_or("", String::as_str)), Chain(.0))]
    Cycle(Vec<String>),
    /// An artifact from the operator that the system of the target does not have.
    #[error("artifact '{}' is for {}, not for this target ({})", Printable(artifact), Printable(systems), system.word())]
    OtherSystem {
        /// The artifact.
        artifact: String,
        /// The system of the target.
        system: TargetOs,
        /// The systems on which the artifact exists.
        systems: String,
    },
    /// Groups or playbooks that are nested too deeply.
    #[error("'{}' nests deeper than {limit} levels", Printable(name))]
    TooDeep {
        /// The name at which the limit was reached.
        name: String,
        /// The limit.
        limit: usize,
    },
}

struct Faults<'a>(&'a [Fault]);

impl fmt::Display for Faults<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

struct Asked<'a> {
    by: Option<&'a str>,
    nearest: &'a [String],
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(by) = self.by {
            write!(f, ", to which '{}' refers", Printable(by))?;
        }
        for (index, name) in self.nearest.iter().enumerate() {
            let word = if index == 0 { "; did you mean" } else { " or" };
            write!(f, "{word} '{}'", Printable(name))?;
        }
        if self.nearest.is_empty() { Ok(()) } else { f.write_str("?") }
    }
}

struct Chain<'a>(&'a [String]);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" > ")?;
            }
            write!(f, "{}", Printable(name))?;
        }
        Ok(())
    }
}

/// Maximum number of suggestions.
const SUGGESTIONS: usize = 3;

/// Returns the names most similar to an unknown one; a name that begins or ends with it counts as similar.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    // A longer name is not a typing error, and comparing it is expensive.
    const LONGEST: usize = 128;
    if name.len() > LONGEST {
        return Vec::new();
    }
    let wanted = name.to_lowercase();
    let reach = wanted.chars().count().div_euclid(3).max(2);
    let mut near: Vec<(usize, &str)> = known
        .filter_map(|known| {
            let other = known.to_lowercase();
            let distance = strsim::damerau_levenshtein(&wanted, &other);
            let contains = wanted.len() > 3 && other.contains(&wanted);
            (distance <= reach || contains).then_some((if contains { 1 } else { distance }, known))
        })
        .collect();
    near.sort_unstable();
    near.into_iter().take(SUGGESTIONS).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_are_suggested_and_far_ones_are_not() {
        let known = ["WindowsEventLogs", "LinuxAuthLogs", "LinuxAuditLogs", "BrowserHistory"];
        assert_eq!(nearest("LinuxAuthLog", known.into_iter()), ["LinuxAuthLogs", "LinuxAuditLogs"]);
        assert_eq!(nearest("eventlogs", known.into_iter()), ["WindowsEventLogs"]);
        assert!(nearest("Pagefile", known.into_iter()).is_empty());
        assert!(nearest(&"a".repeat(100_000), known.into_iter()).is_empty());
    }

    #[test]
    fn a_fault_names_its_place_and_its_text_is_escaped() {
        let fault = Fault { file: "a\u{1b}.yaml".into(), line: 3, column: 7, problem: "x".into() };
        assert_eq!(fault.to_string(), "a\\u{1b}.yaml:3:7: x");
        assert_eq!(Fault::of_file("a.yaml", "x").to_string(), "a.yaml: x");
    }
}
