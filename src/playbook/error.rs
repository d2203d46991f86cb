//! What can be wrong with playbooks and definitions, and with what was asked of them.
//!
//! A [`Fault`] is one mistake in one text, with its place; an [`Error`] is what ends a call. Texts are untrusted:
//! whatever they say is printed escaped.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::plan::TargetOs;
use crate::evidence::Printable;

/// One mistake in a definition, a playbook or a handling: where it stands, what was expected, what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, as named on the command line or inside the program.
    pub file: String,
    /// Line from 1; 0 where the whole file is meant.
    pub line: u64,
    /// Column from 1; 0 where the whole line is meant.
    pub column: u64,
    /// What was expected and what was found.
    pub problem: String,
}

impl Fault {
    /// A fault of a whole file.
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

/// What ends a call of this stage.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder of playbooks cannot be read.
    #[error("cannot read '{}'", Printable(&path.to_string_lossy()))]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Texts with mistakes; none of what was added with them is used.
    #[error("{}", Faults(.0))]
    Faults(Vec<Fault>),
    /// A folder or file in which nothing was found.
    #[error("'{}' contains neither a playbook nor an artifact", Printable(&.0.to_string_lossy()))]
    Empty(PathBuf),
    /// Files of a kit that put something else in the place of what is known already.
    #[error("a kit may not replace built-in playbooks or artifacts: {}", Printable(&.0.join("; ")))]
    Replaces(Vec<String>),
    /// No playbook of this name.
    #[error("no playbook is called '{}'{}", Printable(name), Asked { by: by.as_deref(), nearest })]
    UnknownPlaybook {
        /// The name.
        name: String,
        /// The playbook that names it; the operator where absent.
        by: Option<String>,
        /// Names that look like it, nearest first.
        nearest: Vec<String>,
    },
    /// No artifact of this name.
    #[error("no artifact is called '{}'{}", Printable(name), Asked { by: by.as_deref(), nearest })]
    UnknownArtifact {
        /// The name.
        name: String,
        /// The playbook or group that names it; the operator where absent.
        by: Option<String>,
        /// Names that look like it, nearest first.
        nearest: Vec<String>,
    },
    /// A group or playbook that holds itself.
    #[error("'{}' includes itself: {}", Printable(.0.first().map_or("", String::as_str)), Chain(.0))]
    Cycle(Vec<String>),
    /// An artifact that the operator named and that this system does not have.
    #[error("artifact '{}' is for {}, not for this target ({})", Printable(artifact), Printable(systems), system.word())]
    OtherSystem {
        /// The artifact.
        artifact: String,
        /// What the target is.
        system: TargetOs,
        /// The systems it is for.
        systems: String,
    },
    /// Groups within groups, or playbooks within playbooks, deeper than any sensible ones.
    #[error("'{}' nests deeper than {limit} levels", Printable(name))]
    TooDeep {
        /// Where it was given up.
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
            write!(f, ", which '{}' names", Printable(by))?;
        }
        for (index, name) in self.nearest.iter().enumerate() {
            let word = if index == 0 { "; meant may be" } else { " or" };
            write!(f, "{word} '{}'", Printable(name))?;
        }
        Ok(())
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

/// Most suggestions that help.
const SUGGESTIONS: usize = 3;

/// The names that look most like one that is not known; a name that begins with it or ends with it counts as near.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    // What is longer is no slip of the keyboard, and comparing it costs its length times that of every name.
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
