//! How this process is asked to end: Ctrl-C, signals, a closed console, a logoff, a shutdown. One handler hears all of them.

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

#[cfg(target_os = "linux")]
pub(in crate::sys) use linux::is_hangup_ignored;

/// Who asks this process to end, which decides how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// A person, who waits for the end: Ctrl-C, Ctrl-Break, SIGINT.
    Asked,
    /// A program, which may end this one by force soon: SIGTERM.
    #[cfg_attr(windows, allow(dead_code, reason = "Windows has no such request"))]
    Ordered,
    /// The system itself: a closed console, a logoff, a shutdown, SIGHUP. Windows ends the process when 5 seconds are over.
    Closing,
}

/// What is done on each of them. It may end the process, and must not wait for long.
pub(crate) type OnInterruption = Box<dyn Fn(Interruption) + Send + Sync>;

/// Calls `act` each time this process is asked to end, on a thread of its own. A signal that was ignored when the process
/// began, as `nohup` has it, stays ignored.
///
/// # Errors
/// The system refuses a handler or a thread.
pub(crate) fn on_interruption(act: OnInterruption) -> io::Result<()> {
    system::on_interruption(act)
}
