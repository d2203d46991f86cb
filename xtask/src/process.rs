//! Runs a program and says which one failed. In: a command. Out: what it printed, or an error that names it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;

/// The cargo that runs this task.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// Runs it with its output shown.
///
/// # Errors
///
/// It does not start, or ends with another code than 0.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = command.status().map_err(|error| format!("{}: {error}", name(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", name(command)).into()) }
}

/// Runs it and returns what it wrote to standard output.
///
/// # Errors
///
/// It does not start, ends with another code than 0, or what it wrote is not UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    Ok(String::from_utf8(bytes(command)?)?)
}

/// Runs it and returns the bytes it wrote to standard output.
///
/// # Errors
///
/// It does not start, or ends with another code than 0.
pub(crate) fn bytes(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().map_err(|error| format!("{}: {error}", name(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} ended with {}: {}", name(command), output.status, said.trim()).into());
    }
    Ok(output.stdout)
}

/// Finds a program in `PATH`, as a shell would.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The program and its arguments, as a person would type them.
fn name(command: &Command) -> String {
    let mut name = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        name.push(' ');
        name.push_str(&argument.to_string_lossy());
    }
    name
}
