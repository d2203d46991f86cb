//! Arguments in, text and exit code out. The only place that prints.
//!
//! One file a subcommand; each offers `run(arguments, console) -> Result<Exit, Failure>`. Results go through
//! [`Console::result`] alone, so that no command ends with 0 whose output could not be written.
//!
//! What `--help` prints is in [`crate::text::help`], and [`command`] puts it on the tree of commands before the command line is
//! read; the structs of arguments have no texts of their own.
//!
//! The codes that each command can end with ([`Exit`]); `tests/it/exit_codes.rs` shows every one of them:
//!
//! | command | codes |
//! | --- | --- |
//! | `help` | 0, 1, 2 |
//! | `collect` | 0, 1, 2, 3, 5, 6, 130 |
//! | `scan` | 0, 1, 2, 3, 4, 5, 130 |
//! | `verify` | 0, 1, 2, 4 |
//! | `list` | 0, 1, 2, 3, 4 |
//! | `unpack` | 0, 1, 2, 3, 4 |
//! | `list-volumes` | 0, 1, 2, 3 |
//! | `inventory` | 0, 1, 2, 3 |
//! | `selftest` | 0, 1, 2 |
//! | `keygen` | 0, 1, 2, 3 |
//! | `indicators` | 0, 1, 2, 3 |
//! | `rules` | 0, 1, 2, 3 |
//! | `playbook` | 0, 1, 2 |

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::FromArgMatches as _;
use clap::error::ErrorKind;

use crate::kit::trust::{NoKey, Surroundings};
use crate::text::Language;
use crate::text::console::reported;
use crate::text::phrases::Phrase;

mod args;
mod changeable;
mod collect;
pub mod console;
mod coverage;
#[cfg(test)]
mod error_texts;
mod exit;
mod help;
mod hit_row;
mod identities;
mod indicators;
mod interrupts;
mod inventory;
mod keygen;
mod kit;
mod list;
mod list_volumes;
mod outside;
mod playbook;
mod progress;
mod quantity;
mod reading_limits;
mod recipients;
mod rules;
mod scan;
mod scanning;
mod secret;
mod selftest;
mod severity;
mod unpack;
mod usage;
mod verify;
mod version;

pub use console::{Console, Failure};
pub use exit::{Exit, Leaves};
pub use help::{command, command_for_man_pages};

/// Runs the command line of this program and returns its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    crate::sys::restrict_libraries();
    main_in(arguments, Surroundings::of_this_program()).into()
}

/// Runs a command line with other keys than those compiled in, and as if the program were somewhere else.
pub fn main_in(
    arguments: impl IntoIterator<Item = OsString>,
    surroundings: Result<Surroundings, NoKey>,
) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let asked = language(help::asked(&arguments));
    let mut tree = command(asked);
    let read = tree.try_get_matches_from_mut(&arguments);
    let cli = match read.and_then(|mut matches| args::Cli::from_arg_matches_mut(&mut matches)) {
        Ok(cli) => cli,
        Err(refusal) => return not_run(&refusal, &tree, &arguments, asked),
    };
    crate::sys::keep_memory_private();
    let outlives = crate::sys::outlive_file_size_limit();
    let (mut out, mut err) = (crate::sys::standard_output(), io::stderr());
    let mut console = Console::new(&mut out, &mut err, language(cli.lang), cli.command.leaves());
    console.lang_is_asked = cli.lang.is_some();
    if let Err(error) = outlives {
        console.warn(&reported(Phrase(&error.to_string())));
    }
    let ended =
        surroundings.map_err(Failure::new).and_then(|around| run(&cli.command, &around, &mut console));
    let exit = match ended {
        Ok(exit) => exit,
        Err(failure) => {
            console.fail(&failure);
            failure.exit
        }
    };
    console.finish(exit)
}

/// Prints help or the version, where that was asked for, or why the command line cannot be read.
fn not_run(refusal: &clap::Error, tree: &clap::Command, arguments: &[OsString], language: Language) -> Exit {
    let (mut out, mut err) = (crate::sys::standard_output(), io::stderr());
    let mut console = Console::new(&mut out, &mut err, language, Leaves::Nothing);
    match refusal.kind() {
        // What is printed at a terminal, in colours, can be seen to be printed.
        ErrorKind::DisplayHelp if crate::sys::standard_output_is_terminal() => {
            drop(refusal.print());
            Exit::Done
        }
        ErrorKind::DisplayHelp => {
            console.text(refusal.render());
            console.finish(Exit::Done)
        }
        ErrorKind::DisplayVersion => {
            console.text(version::text(language));
            console.finish(Exit::Done)
        }
        // Nothing was asked for, and nothing is wrong.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if arguments.len() <= 1 => {
            console.text(refusal.render());
            console.finish(Exit::Done)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            drop(refusal.print());
            Exit::Usage
        }
        _ => {
            console.fail(&usage::failure(refusal, tree, arguments));
            console.finish(Exit::Usage)
        }
    }
}

/// The language that was asked for, else that of the locale; a kit may choose another where none was asked for.
fn language(asked: Option<Language>) -> Language {
    asked.unwrap_or_else(|| Language::of_locale(locale().or_else(crate::sys::ui_language).as_deref()))
}

fn run(
    command: &args::Command,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    match command {
        args::Command::Collect(arguments) => collect::run(arguments, surroundings, console),
        args::Command::Indicators(arguments) => indicators::run(arguments, console),
        args::Command::Inventory(arguments) => inventory::run(arguments, console),
        args::Command::Keygen(arguments) => keygen::run(arguments, console),
        args::Command::List(arguments) => list::run(arguments, console),
        args::Command::ListVolumes(arguments) => list_volumes::run(arguments, console),
        args::Command::Unpack(arguments) => unpack::run(arguments, console),
        args::Command::Scan(arguments) => scan::run(arguments, surroundings, console),
        args::Command::Selftest(arguments) => selftest::run(arguments, console),
        args::Command::Verify(arguments) => verify::run(arguments, console),
        args::Command::Rules(arguments) => rules::run(arguments, console),
        args::Command::Playbook(arguments) => playbook::run(arguments, surroundings, console),
    }
}

/// The locale's name, by the order of POSIX; these three variables and no others are read.
fn locale() -> Option<String> {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
}
