//! The program as a child process, with keys of a test in place of those that a build compiles in, and as if its file were in a
//! directory of the test: this test binary runs the command line itself.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use veldkit::cli::main_in;
use veldkit::kit::trust::{Surroundings, TrustedKeys};

use crate::made::Made;

/// What the child is to do, in its current directory.
const ORDER: &str = "program.json";

/// Runs the program in a test's directory. `next_to` is the directory that its file seems to be in, relative to that.
pub fn run(made: &Made, trusted: &str, next_to: &str, arguments: &[&str]) -> Output {
    prepare(made, trusted, next_to, arguments);
    child(made, Command::new(std::env::current_exe().unwrap()).args(SELF)).output().unwrap()
}

/// The same at a pseudo-terminal, where `answer` is typed.
pub fn run_at_a_terminal(
    made: &Made,
    trusted: &str,
    next_to: &str,
    arguments: &[&str],
    answer: &str,
) -> Output {
    use std::io::Write as _;
    prepare(made, trusted, next_to, arguments);
    let this = std::env::current_exe().unwrap();
    let line = format!("'{}' {}", this.display(), SELF.join(" "));
    let mut command = Command::new("/usr/bin/script");
    let command = child(made, command.args(["--quiet", "--return", "--command", &line, "/dev/null"]));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut typed = child.stdin.take().unwrap();
    typed.write_all(answer.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(typed);
    output
}

/// How this binary runs the one below.
const SELF: [&str; 4] = ["--ignored", "--exact", "program::ordered", "--nocapture"];

fn prepare(made: &Made, trusted: &str, next_to: &str, arguments: &[&str]) {
    let next_to = made.path().join(next_to);
    let order = serde_json::json!({"trusted": trusted, "next_to": next_to, "arguments": arguments});
    fs::write(made.path().join(ORDER), order.to_string()).unwrap();
}

fn child<'a>(made: &Made, command: &'a mut Command) -> &'a mut Command {
    command
        .env_clear()
        .envs(crate::made::of_gaps())
        .env("LC_ALL", "C")
        .current_dir(made.path())
        .stdin(Stdio::null())
}

#[test]
#[ignore = "is the program that other tests run"]
#[allow(clippy::exit, reason = "the exit code of the program is that of this process")]
fn ordered() {
    let Ok(order) = fs::read(Path::new(ORDER)) else { return };
    let order: serde_json::Value = serde_json::from_slice(&order).unwrap();
    let text = |name: &str| order[name].as_str().unwrap().to_owned();
    let surroundings = Surroundings {
        trusted: TrustedKeys::parse(&text("trusted")).unwrap(),
        directory: Some(text("next_to").into()),
    };
    let given =
        order["arguments"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap().into());
    let arguments: Vec<OsString> = std::iter::once("veldkit".into()).chain(given).collect();
    std::process::exit(main_in(arguments, Ok(surroundings)).code().into());
}
