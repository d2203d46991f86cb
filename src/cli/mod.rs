//! Arguments in, text and exit code out. The only place that prints.
//!
//! One file a subcommand; each offers `run(arguments, console) -> Result<Exit, Failure>`.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::Parser as _;

use crate::kit::trust::{NoKey, Surroundings};
use crate::text::Language;

mod args;
mod collect;
pub mod console;
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
pub use exit::Exit;

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
            drop(refusal.print());
            return if refusal.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    crate::sys::keep_memory_private();
    // Not locked: with `--out -` the bundle goes the same way, from another thread.
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let locale = locale().or_else(crate::sys::ui_language);
    let lang = cli.lang.unwrap_or_else(|| Language::of_locale(locale.as_deref()));
    let mut console = Console { out: &mut out, err: &mut err, lang, quiet: false };
    let ended =
        surroundings.map_err(Failure::new).and_then(|around| run(&cli.command, &around, &mut console));
    let exit = match ended {
        Ok(exit) => exit,
        Err(failure) => {
            console.fail(&failure);
            failure.exit
        }
    };
    match console.flush() {
        Err(_) if exit == Exit::Done => Exit::Failure,
        Ok(()) | Err(_) => exit,
    }
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
        args::Command::Scan(arguments) => scan::run(arguments, console),
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
