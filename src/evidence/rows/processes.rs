//! Rows of `LiveProcesses`: the table of processes as the kernel reports it, before anything is hashed.
//!
//! Environments are never in here: they hold secrets. `LiveEnvironments` has them, where a playbook asks for it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Observable, RowCitation, RowType, hexadecimal};
use crate::evidence::{Exact, ReasonCode, Utc};

/// A row of schema `urn:veldkit:live:processes:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum ProcessRow {
    /// A process.
    Process(Box<Process>),
    /// A process of which the system reported nothing within the limit of time, or not without an error.
    Unreadable {
        /// The process.
        pid: u32,
        /// Why: a code as in the records.
        why: ReasonCode,
    },
    /// A mount on the directory of a process, which hides what the kernel has there (Linux).
    MountOver {
        /// Where it is mounted.
        place: Exact,
        /// The kind of file system.
        file_system: String,
        /// The device or source that is mounted there.
        device: String,
    },
    /// A process that answers to its number and that the list of processes does not name: something hides it (Linux).
    Hidden(Box<Process>),
    /// The end of the table.
    Summary(ProcessSummary),
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[allow(clippy::struct_excessive_bools, reason = "each is a separate fact that the kernel reports")]
pub struct Process {
    /// Its number, by which other rows refer to it.
    pub pid: u32,
    /// The number of the process that started it. That one may have ended, and on Windows another may have its number
    /// since.
    pub parent: u32,
    /// The name that the kernel has for it, at most 15 bytes (Linux); the name of its program's file (Windows).
    pub name: Exact,
    /// Its state, as a letter of `proc_pid_stat(5)` (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<char>,
    /// When it started; with its number this identifies it in all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Utc>,
    /// Whether it is the kernel's own, which has neither program nor command line.
    pub kernel: bool,
    /// Its arguments; on Windows one text, which the program itself takes apart.
    pub command_line: Vec<Exact>,
    /// Whether there are more of them (Linux).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub command_line_cut: bool,
    /// The program it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Exact>,
    /// Whether that file no longer exists under this name (Linux).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub program_deleted: bool,
    /// Its working directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<Exact>,
    /// Its root, where that is another than the system's (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Exact>,
    /// Name of its effective user in the target's own accounts (Linux); the user as whom it runs, as `DOMAIN\name`, where
    /// the list of logons has it (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// That user's SID (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Number of its logon, as in `LiveSessions` (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hexadecimal")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub logon: Option<u64>,
    /// Real, effective, saved and file system's user (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<u32>>,
    /// The same of groups (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<u32>>,
    /// The account that logged on and by whatever way became this one: audit's login uid (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_user: Option<u32>,
    /// Its session; on Windows 0 is that of services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u32>,
    /// Its level of integrity: `untrusted`, `low`, `medium`, `high` or `system` (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integrity: Option<Cow<'static, str>>,
    /// Whether it has an administrator's full rights (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elevated: Option<bool>,
    /// Device number of its terminal; 0 for none (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<u32>,
    /// Number of its threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Time on the processor, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor_ms: Option<u64>,
    /// Memory in RAM, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident: Option<u64>,
    /// Effective capabilities, in hexadecimal (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities_effective: Option<String>,
    /// Permitted capabilities, in hexadecimal (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities_permitted: Option<String>,
    /// Whether it can gain no rights by starting a program (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_new_privileges: Option<bool>,
    /// Mode of seccomp: 0, 1 (strict) or 2 (filter) (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seccomp: Option<u32>,
    /// The process that traces it (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracer: Option<u32>,
    /// Its control group, which names its service or container (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_group: Option<Exact>,
    /// Its numbers in inner name spaces, the outermost first, where it is in one (Linux).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inner_pids: Vec<u32>,
    /// Numbers of its name spaces of mounts, network and processes (Linux).
    #[serde(default, skip_serializing_if = "NameSpaces::is_empty")]
    pub name_spaces: NameSpaces,
    /// The number that the kernel reports in this directory, where it is not the directory's: something is mounted over
    /// it (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_pid: Option<u32>,
    /// Whether it is the collector itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub collector: bool,
    /// The parts of it that could not be read, each with the code of the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<UnreadPart>,
}

/// Numbers of name spaces; those that the kernel does not report are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NameSpaces {
    /// Of mounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mnt: Option<u64>,
    /// Of the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net: Option<u64>,
    /// Of processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u64>,
}

impl NameSpaces {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A part of a process that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnreadPart {
    /// The file below `/proc/PID` (Linux), or the kind of fact (Windows).
    pub what: Cow<'static, str>,
    /// Why: a code as in the records.
    pub why: ReasonCode,
}

/// The end of the table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProcessSummary {
    /// Processes that have a row.
    pub processes: u64,
    /// Processes that were listed and had ended when they were read.
    pub ended: u64,
    /// Threads of the processes that have a row.
    pub threads: u64,
    /// Threads that the kernel counted at the end. Far more than the other count: some are hidden (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads_counted: Option<u64>,
    /// The highest number that was probed, to find processes that are not listed, on the running system (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_to: Option<u32>,
}

impl RowType for ProcessRow {
    const SCHEMA: &'static str = "urn:veldkit:live:processes:1";

    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        match self {
            Self::Process(process) | Self::Hidden(process) => process.observables(report),
            Self::Unreadable { pid: _, why: _ }
            | Self::MountOver { place: _, file_system: _, device: _ }
            | Self::Summary(ProcessSummary {
                processes: _,
                ended: _,
                threads: _,
                threads_counted: _,
                asked_to: _,
            })
            | Self::Unknown => {}
        }
    }

    fn citation(&self) -> RowCitation {
        match self {
            Self::Process(process) | Self::Hidden(process) => RowCitation {
                pid: Some(process.pid),
                port: None,
                path: process.program.as_ref().map(|program| program.text().into_owned()),
            },
            Self::Unreadable { pid, .. } => RowCitation { pid: Some(*pid), ..RowCitation::default() },
            Self::MountOver { place, .. } => {
                RowCitation { path: Some(place.text().into_owned()), ..RowCitation::default() }
            }
            Self::Summary(_) | Self::Unknown => RowCitation::default(),
        }
    }
}

impl Process {
    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        let Self {
            pid: _,
            parent: _,
            // The kernel's short name, which a program can set as it likes; `program` is the file.
            name: _,
            state: _,
            started: _,
            kernel: _,
            command_line,
            command_line_cut: _,
            program,
            program_deleted: _,
            folder: _,
            root: _,
            user: _,
            sid: _,
            logon: _,
            users: _,
            groups: _,
            login_user: _,
            session: _,
            integrity: _,
            elevated: _,
            terminal: _,
            threads: _,
            processor_ms: _,
            resident: _,
            capabilities_effective: _,
            capabilities_permitted: _,
            no_new_privileges: _,
            seccomp: _,
            tracer: _,
            control_group: _,
            inner_pids: _,
            name_spaces: _,
            told_pid: _,
            collector: _,
            unread: _,
        } = self;
        if let Some(program) = program {
            report(Observable::path(program));
        }
        for word in command_line {
            report(Observable::command(word));
        }
    }
}
