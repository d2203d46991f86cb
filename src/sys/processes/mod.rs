//! Running processes: the list of them, and what the system reports of each.

use std::io;

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
