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
    Check(Check),
    List(List),
    Pack(Pack),
}

/// What `rules check` takes.
#[derive(Debug, Args)]
struct Check {
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    opening: Opening,
    #[arg(long)]
    json: bool,
}

/// What `rules list` takes.
#[derive(Debug, Args)]
struct List {
    paths: Vec<PathBuf>,
    #[command(flatten)]
    opening: Opening,
    #[arg(long)]
    json: bool,
}

/// What `rules pack` takes.
#[derive(Debug, Args)]
struct Pack {
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[arg(long, short)]
    out: PathBuf,
    #[command(flatten)]
    keys: ToWhom,
}

/// Who can read packed sets, and which engine compiles.
#[derive(Debug, Args)]
struct Opening {
    #[arg(long, short)]
    identity: Vec<PathBuf>,
    #[arg(long)]
    passphrase_file: Option<PathBuf>,
    #[arg(long, default_value = "boreal")]
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
