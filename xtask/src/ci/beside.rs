//! Steps that run beside the others, in a second process: those for Windows build in a target directory of their own, so
//! neither waits for the other's lock, and the last pass of each linker, which knows one core only, leaves the other idle.
//!
//! In: the names of the steps. Out: their output in one piece when they are joined, and whether they passed.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Result;

/// `cargo xtask ci STEP…` under way, with its output in a file under `target/`.
#[derive(Debug)]
pub(super) struct Beside {
    child: Child,
    log: std::path::PathBuf,
}

impl Beside {
    /// Starts the steps.
    ///
    /// # Errors
    ///
    /// The log file cannot be made, or this program cannot be started again.
    pub(super) fn start(root: &Path, steps: &[&str]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("ci").args(steps).current_dir(root);
        Self::start_command(command, root)
    }

    fn start_command(mut command: Command, root: &Path) -> Result<Self> {
        let folder = root.join("target");
        std::fs::create_dir_all(&folder)?;
        let log = folder.join("ci-beside.log");
        let file = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child =
            command.spawn().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        Ok(Self { child, log })
    }

    /// Waits for the steps and prints what they printed.
    ///
    /// # Errors
    ///
    /// One of them failed.
    pub(super) fn join(mut self) -> Result {
        let status = self.child.wait()?;
        print!("{}", String::from_utf8_lossy(&std::fs::read(&self.log)?));
        if status.success() { Ok(()) } else { Err(format!("the steps beside ended with {status}").into()) }
    }
}

impl Drop for Beside {
    /// Where another step failed first, nobody waits for these.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, root: &Path) -> Beside {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Beside::start_command(command, root).unwrap()
    }

    fn place(name: &str) -> std::path::PathBuf {
        let place = std::env::temp_dir().join(format!("veldkit-xtask-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&place).unwrap();
        place
    }

    #[test]
    fn a_failed_step_beside_fails_the_whole() {
        let place = place("beside-fails");
        assert!(shell("exit 0", &place).join().is_ok());
        let error = shell("echo no; exit 3", &place).join().unwrap_err().to_string();
        assert!(error.contains("exit status: 3"), "{error}");
        assert_eq!(std::fs::read_to_string(place.join("target/ci-beside.log")).unwrap(), "no\n");
        std::fs::remove_dir_all(&place).unwrap();
    }

    #[test]
    fn steps_that_nobody_waits_for_are_ended() {
        let place = place("beside-ends");
        let beside = shell("exec sleep 600", &place);
        let process = format!("/proc/{}", beside.child.id());
        assert!(Path::new(&process).exists());
        drop(beside);
        assert!(!Path::new(&process).exists());
        std::fs::remove_dir_all(&place).unwrap();
    }
}
