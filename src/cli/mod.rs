//! Arguments in, text and exit code out. The only place that prints.
//!
//! One file a subcommand; each offers `run(arguments, console) -> Result<Exit, Failure>`. Results go through
//! [`Console::result`] alone, so that no command ends with 0 whose output could not be written.
//!
//! The codes that each command can end with ([`Exit`]); `tests/it/exit_codes.rs` shows every one of them:
//!
//! | command | codes |
//! | --- | --- |
//! | `help` | 0, 1, 2 |
//! | `collect` | 0, 1, 2, 3, 5, 6, 130 |
//! | `scan` | 0, 1, 2, 3, 4, 5, 130 |
//! | `verify` | 0, 1, 2, 4 |
//! | `list` | 0, 1, 2, 4 |
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

use clap::Parser as _;

use crate::kit::trust::{NoKey, Surroundings};
use crate::text::Language;
use crate::text::console::reported;

mod args;
mod collect;
pub mod console;
mod coverage;
mod exit;
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
mod verify;

pub use console::{Console, Failure};
pub use exit::{Exit, Leaves};

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
    let cli = match args::Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(refusal) => {
            // What is printed at a terminal, in colours, can be seen to be printed.
            if refusal.use_stderr() || crate::sys::standard_output_is_terminal() {
                drop(refusal.print());
                return if refusal.use_stderr() { Exit::Usage } else { Exit::Done };
            }
            let (mut out, mut err) = (crate::sys::standard_output(), io::stderr());
            let mut console = Console::new(&mut out, &mut err, language(None), Leaves::Nothing);
            console.text(refusal.render());
            return console.finish(Exit::Done);
        }
    };
    crate::sys::keep_memory_private();
    let outlives = crate::sys::outlive_file_size_limit();
    let (mut out, mut err) = (crate::sys::standard_output(), io::stderr());
    let mut console = Console::new(&mut out, &mut err, language(cli.lang), cli.command.leaves());
    console.lang_is_asked = cli.lang.is_some();
    if let Err(error) = outlives {
        console.warn(&reported(&error.to_string()));
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
