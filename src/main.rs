//! Hands the arguments to [`veldkit::cli::main`] and returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    veldkit::cli::main(std::env::args_os())
}
