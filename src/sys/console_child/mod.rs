//! This program once more, in a console or terminal that can be closed: what the self-test shows the end of such a run with.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", windows)))]
mod unsupported;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(any(target_os = "linux", windows)))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

use std::io;
use std::time::Duration;

/// A running child, ended by force when it is dropped.
pub(crate) struct ConsoleChild(system::Child);

impl ConsoleChild {
    /// Starts this program with these arguments, which hold neither quotes nor a backslash at their end.
    ///
    /// # Errors
    /// [`io::ErrorKind::Unsupported`] where no console can be closed here.
    pub(crate) fn start(arguments: &[&str]) -> io::Result<Self> {
        system::Child::start(arguments).map(Self)
    }

    /// What it writes to standard output.
    pub(crate) fn output(&mut self) -> &mut dyn io::Read {
        self.0.output()
    }

    /// What it writes to standard error.
    pub(crate) fn errors(&mut self) -> &mut dyn io::Read {
        self.0.errors()
    }

    /// Closes its console.
    pub(crate) fn close_console(&mut self) -> io::Result<()> {
        self.0.close_console()
    }

    /// Waits for its end; `None` where it does not come within the limit, and otherwise its exit code.
    pub(crate) fn wait(&mut self, limit: Duration) -> io::Result<Option<i64>> {
        self.0.wait(limit)
    }
}
