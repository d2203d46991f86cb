//! Running processes: the list of them, and what the system reports of each.

#[cfg(target_os = "linux")]
mod linux;
#[cfg_attr(
    any(target_os = "linux", windows),
    allow(dead_code, reason = "compiled everywhere, so that it stays right")
)]
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

#[cfg(windows)]
pub(in crate::sys) use windows::{SYSTEM, open_with_debugging};

use crate::evidence::Utc;

/// A process as the list of Windows has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProcessEntry {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    /// The name of its program's file.
    pub(crate) name: String,
    pub(crate) threads: u32,
    /// Whether it is the kernel's own, which has neither program nor command line.
    pub(crate) kernel: bool,
}

/// What Windows reports of one process when asked.
#[derive(Debug, Default)]
pub(crate) struct ProcessDetails {
    pub(crate) started: Option<Utc>,
    pub(crate) program: Option<String>,
    /// In WTF-8.
    pub(crate) command_line: Option<Vec<u8>>,
    /// The working directory, in WTF-8.
    pub(crate) directory: Option<Vec<u8>>,
    /// The SID of its user.
    pub(crate) sid: Option<String>,
    /// The LUID of its logon.
    pub(crate) logon: Option<u64>,
    pub(crate) session: Option<u32>,
    /// `untrusted`, `low`, `medium`, `high` or `system`.
    pub(crate) integrity: Option<&'static str>,
    /// Whether it has the full rights of an administrator.
    pub(crate) elevated: Option<bool>,
    /// Time on the processor, in milliseconds.
    pub(crate) processor_ms: Option<u64>,
    /// Memory in RAM, in bytes.
    pub(crate) resident: Option<u64>,
    /// The parts that could not be read, and why.
    pub(crate) unread: Vec<(&'static str, io::Error)>,
}

/// The environment of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProcessEnvironment {
    /// When the process started.
    pub(crate) started: Option<Utc>,
    /// Each variable as `NAME=value`, in WTF-8.
    pub(crate) variables: Vec<Vec<u8>>,
    /// Whether its end was read.
    pub(crate) whole: bool,
}

/// Name, program and owner of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProcessIdentity {
    pub(crate) name: String,
    pub(crate) program: Option<String>,
    /// The user id of its owner; Linux only.
    pub(crate) owner: Option<u32>,
}

/// Lists the numbers of all processes, ascending; without the one that stands for an idle Windows.
pub(crate) fn process_ids() -> io::Result<Vec<u32>> {
    system::process_ids()
}

/// Reads name, program and owner of a process.
pub(crate) fn process_facts(pid: u32) -> io::Result<ProcessIdentity> {
    system::process_facts(pid)
}

/// Lists all processes in the system's order; Windows only.
pub(crate) fn processes() -> io::Result<Vec<ProcessEntry>> {
    system::processes()
}

/// Asks Windows about one process; nothing is reported of one that is the kernel's own.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] where it has ended.
pub(crate) fn process_details(process: &ProcessEntry) -> io::Result<ProcessDetails> {
    system::process_details(process)
}

/// Reads the environment of a process out of its memory; Windows only, as Linux has it in a file.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] where it has ended, or is the kernel's own.
pub(crate) fn environment(pid: u32) -> io::Result<ProcessEnvironment> {
    system::environment(pid)
}

/// Lists the paths of the files that a process has loaded to run, its program first; Windows only.
pub(crate) fn loaded_modules(pid: u32) -> io::Result<Vec<String>> {
    system::loaded_modules(pid)
}
