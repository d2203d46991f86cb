//! `veldkit rules check | list | pack`: what rule files are worth before they go along.
//!
//! In: rule files, folders, zip files, packed sets. Out: what compiles and what does not, and why; the rules there are;
//! one encrypted file for a kit.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::recipients::ToWhom;
use super::scanning::RuleSet;
use super::{Console, Exit, Failure};

mod check;
mod list;
mod pack;

/// What `rules` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Compile rule files, each alone, and name those that cannot be used, with line and reason
    Check(Check),
    /// Name the rules built in, or those of rule files
    List(List),
    /// Pack rule files into one compressed file that only the recipients read
    Pack(Pack),
}

/// What `rules check` takes.
#[derive(Debug, Args)]
struct Check {
    /// Rule files, folders, zip files, or packed sets
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    opening: Opening,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// What `rules list` takes.
#[derive(Debug, Args)]
struct List {
    /// Rule files, folders, zip files, or packed sets [default: those built in]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    opening: Opening,
    /// One JSON object a rule
    #[arg(long)]
    json: bool,
}

/// What `rules pack` takes.
#[derive(Debug, Args)]
struct Pack {
    /// Rule files, folders or zip files
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The file to write; one that exists is not overwritten
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    keys: ToWhom,
}

/// Who can read packed sets, and which engine compiles.
#[derive(Debug, Args)]
struct Opening {
    /// age identity or SSH private key that opens packed rules; may be given again
    #[arg(long, short, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// Read the passphrase of packed rules from the first line of this file
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// YARA engine; libyara only where it was built in
    #[arg(long, value_name = "NAME", default_value = "boreal")]
    engine: String,
}

impl Opening {
    fn rule_set(&self, paths: &[PathBuf]) -> RuleSet {
        RuleSet {
            rules: paths.to_vec(),
            rules_identity: self.identity.clone(),
            rules_passphrase_file: self.passphrase_file.clone(),
            no_archives: false,
            scan_time_limit: None,
            rule_time_limit: None,
            engine: self.engine.clone(),
        }
    }
}

/// Runs the subcommand.
pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    match &arguments.action {
        Action::Check(arguments) => check::run(arguments, console),
        Action::List(arguments) => list::run(arguments, console),
        Action::Pack(arguments) => pack::run(arguments, console),
    }
}
