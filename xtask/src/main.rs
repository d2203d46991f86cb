//! The project's own tasks: `cargo xtask ci | dist | pages | fixtures | gaps | bench | setup | tidy`.
//!
//! One module per task, and `deny` for a step of `ci`. Two small dependencies, so that `tidy` answers in seconds in a
//! fresh clone; code that calls the product itself (the stages of `bench`) is behind the feature `bench`.

#![allow(
    clippy::disallowed_methods,
    reason = "these tasks run on a developer's machine, never on an examined host"
)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what a task is for")]

use std::path::Path;
use std::process::ExitCode;

mod bench;
mod ci;
mod deny;
mod dist;
mod fixtures;
mod gaps;
mod process;
mod setup;
mod tidy;

/// What a task ends with; the text of the error is all that is printed of it.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "\
usage: cargo xtask TASK

  ci [STEP]…      everything a change must pass, cheap first; or only the steps named (`ci --list`);
                  `ci --long` fuzzes, cuts, flips and kills for longer
  dist            what a responder carries, checked, in target/dist/; --target x86_64-win7-windows-gnu;
                  --trust KEY: the minisign public key (or its file) whose kits are used without a question
                  --sign CMD signs what is for Windows: run with the file behind its arguments
  fixtures KIND   targets and corpora to test and measure with
  pages DIR       completions for shells and man pages, in both languages; dist makes them too
  gaps            whether a test fails for each place where a gap is recorded, when that gap is lost; --list
  bench           what the tool costs, beside what it could cost and what others cost
  setup           install what the tests need beside Rust; `setup windows` only what building for Windows does
  tidy            the rules of the tree: arrows, circles, places, names, sizes; --left lists what is allowed until it is mended";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result {
    let root = root()?;
    match arguments {
        ["ci", rest @ ..] => ci::run(root, rest),
        ["dist", rest @ ..] => dist::run(root, rest),
        ["fixtures", rest @ ..] => fixtures::run(rest),
        ["bench", rest @ ..] => bench::run(root, rest),
        #[cfg(feature = "bench")]
        ["bench-stages", corpus, rules @ ..] => bench::stages::run(Path::new(corpus), rules),
        #[cfg(feature = "bench")]
        ["bench-indicators", corpus, list, count] => {
            bench::indicators::run(Path::new(corpus), Path::new(list), count)
        }
        ["pages", directory] => dist::pages::make(Path::new(directory)),
        ["gaps", rest @ ..] => gaps::run(root, rest),
        ["setup"] => setup::run(root),
        ["setup", "windows"] => setup::windows(),
        ["tidy"] => tidy::run(root),
        ["tidy", "--left"] => tidy::left(root),
        _ => Err(USAGE.into()),
    }
}

/// The folder of the workspace.
fn root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or_else(|| "xtask stands in no folder".into())
}
