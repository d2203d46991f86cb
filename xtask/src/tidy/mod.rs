//! The rules of the tree that no compiler keeps: `cargo xtask tidy`.
//!
//! In: the files git knows or would add. Out: one line a fault, with file and line. Each rule is a function from
//! a [`Tree`] to faults, so that its test shows it a small tree that breaks it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::process::output;

mod arrows;
mod circles;
mod code;
mod files;
mod known;
mod language;
mod names;
mod paths;
mod places;
mod sentences;
mod stale;

/// So many `super::` in one path are a fault; one fewer is a warning.
const CLIMB: usize = 3;

/// The project's files by path, as text; what is not UTF-8 is left out.
type Tree = BTreeMap<String, String>;

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    file: String,
    /// From 1; 0 where the fault is the file's own.
    line: usize,
    says: String,
}

impl Fault {
    fn new(file: &str, line: usize, says: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, says: says.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.says),
            line => write!(f, "{}:{line}: {}", self.file, self.says),
        }
    }
}

/// Checks the tree against all rules.
///
/// # Errors
///
/// A rule is broken; each fault is printed before.
pub(crate) fn run(root: &Path) -> Result {
    let tree = read(root)?;
    let code = code::of(&tree);
    for warning in files::long(&tree, files::LONG).iter().chain(&language::lower(&tree)) {
        println!("warning: {warning}");
    }
    println!(
        "warning: {} lines climb two modules with 'super::super'",
        names::climbing(&code, CLIMB.saturating_sub(1)).len()
    );
    let faults = faults(&tree, &code, &root.to_string_lossy());
    for fault in &faults {
        eprintln!("{fault}");
    }
    match faults.len() {
        0 => Ok(()),
        1 => Err("1 rule of the tree is broken".into()),
        n => Err(format!("{n} rules of the tree are broken").into()),
    }
}

/// Prints what the lists of `known` leave to do: circles, shared names, paths that climb, old phrases.
///
/// # Errors
///
/// The tree cannot be read.
pub(crate) fn left(root: &Path) -> Result {
    let tree = read(root)?;
    for place in language::listed(&tree) {
        println!("{place}");
    }
    Ok(())
}

/// What breaks a rule, in the order of the rules.
fn faults(tree: &Tree, code: &Tree, root: &str) -> Vec<Fault> {
    [
        files::long(tree, files::TOO_LONG),
        files::top_level(tree),
        files::undocumented(tree),
        files::vague_names(tree),
        files::forgotten_tests(tree),
        files::forgotten_fixtures(tree),
        files::unfinished(tree),
        files::names_its_checkout(tree, root),
        arrows::broken(code),
        circles::circles(code),
        names::shared(code),
        names::climbs(code),
        language::dialect(tree),
        places::misplaced(tree, code),
        sentences::outside(tree, code),
        stale::stale(tree),
    ]
    .concat()
}

fn read(root: &Path) -> Result<Tree> {
    let list = output(
        Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root),
    )?;
    let mut tree = Tree::new();
    for path in list.split_terminator('\0') {
        if let Ok(bytes) = std::fs::read(root.join(path)) {
            // A fixture may hold any bytes; its name is what the rules look at.
            tree.insert(path.to_owned(), String::from_utf8(bytes).unwrap_or_default());
        }
    }
    Ok(tree)
}

/// Whether a path is that of a file of Rust.
fn is_rust(path: &str) -> bool {
    path.strip_suffix(".rs").is_some()
}

/// A tree of the files given, for the rules' own tests.
#[cfg(test)]
fn tree(files: &[(&str, &str)]) -> Tree {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}
