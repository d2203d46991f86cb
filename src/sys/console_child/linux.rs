//! Linux: SIGHUP is what a process gets whose terminal is closed.

use std::io;
use std::process::{ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::sys::Stopwatch;
use crate::sys::interruptions::is_hangup_ignored;

/// How often the child is asked whether it has ended.
const LOOK: Duration = Duration::from_millis(10);

pub(super) struct Child {
    child: std::process::Child,
    output: ChildStdout,
    errors: ChildStderr,
}

impl Child {
    #[allow(clippy::disallowed_methods, reason = "it is this program, and the self-test ends it")]
    pub(super) fn start(arguments: &[&str]) -> io::Result<Self> {
        if is_hangup_ignored() {
            let why = "SIGHUP is ignored here, as under nohup";
            return Err(io::Error::new(io::ErrorKind::Unsupported, why));
        }
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        match (child.stdout.take(), child.stderr.take()) {
            (Some(output), Some(errors)) => Ok(Self { child, output, errors }),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    pub(super) fn output(&mut self) -> &mut dyn io::Read {
        &mut self.output
    }

    pub(super) fn errors(&mut self) -> &mut dyn io::Read {
        &mut self.errors
    }

    pub(super) fn close_console(&mut self) -> io::Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        Ok(kill_process(pid.ok_or(io::ErrorKind::NotFound)?, Signal::HUP)?)
    }

    pub(super) fn wait(&mut self, limit: Duration) -> io::Result<Option<i64>> {
        let watch = Stopwatch::start();
        let (_open, never) = channel::<()>();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code().map(i64::from));
            }
            if watch.elapsed() >= limit {
                return Ok(None);
            }
            let _ = never.recv_timeout(LOOK);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // One that has ended already cannot be ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
