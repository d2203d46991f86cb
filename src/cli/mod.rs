//! Arguments in, text and exit code out. The only place that prints.

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command line and returns its exit code.
pub fn main(_arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::from(2)
}
