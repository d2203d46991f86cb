//! `LiveProcesses` of Windows: the table of processes, by Windows' own words, before anything is hashed.
//!
//! In: the list of processes, and of each what it lets be asked. Out: a [`Row::Process`] each, in the order of their numbers,
//! in the fields that rows of Linux have for the same; a [`Row::Summary`]. A process that ends meanwhile is counted and is no
//! fault; one whose asking hangs costs its own limit of time. Environments are never read here: they hold secrets.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::sessions::user as full_name;
use crate::evidence::{Exact, ReasonCode, Utc};
pub use crate::live::processes::Unread;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys::guard::OneByOne;
use crate::sys::{self, ProcessDetails, ProcessEntry, is_nothing};

/// How long the whole table may take.
const TABLE_LIMIT: Duration = Duration::from_secs(30);

/// How long one process may take.
const PROCESS_LIMIT: Duration = Duration::from_secs(2);

/// A row of `LiveProcesses` of Windows, schema `urn:veldkit:live:processes:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// A process.
    Process(Box<Process>),
    /// A process of which nothing was told within the limit of time.
    Unreadable {
        /// The process.
        pid: u32,
        /// Why: a code as in the records.
        why: ReasonCode,
    },
    /// The end of the table.
    Summary {
        /// Processes that have a row.
        processes: u64,
        /// Processes that were listed and had ended when they were looked at.
        ended: u64,
        /// Threads of the processes that have a row.
        threads: u64,
    },
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Process {
    /// Its number, by which other rows refer to it.
    pub pid: u32,
    /// The number of the one that started it, which may have ended, and another may have its number since.
    pub parent: u32,
    /// The name of its program's file.
    pub name: Exact,
    /// When it started; with its number this names it in all rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Utc>,
    /// Whether it is the kernel's own, which has neither program nor command line.
    pub kernel: bool,
    /// Its command line: one text, which the program itself takes apart.
    pub command_line: Vec<Exact>,
    /// The program it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<Exact>,
    /// Its working folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<Exact>,
    /// The user as whom it runs, as `DOMAIN\name`, where the list of logons names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// That user's SID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Number of its logon, as in `LiveSessions`.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "super::hexadecimal")]
    pub logon: Option<u64>,
    /// Its session; 0 is that of services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<u32>,
    /// Its level of integrity: `untrusted`, `low`, `medium`, `high` or `system`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrity: Option<&'static str>,
    /// Whether it has an administrator's full rights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elevated: Option<bool>,
    /// Number of its threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Time on the processor, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor_ms: Option<u64>,
    /// Memory in RAM, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resident: Option<u64>,
    /// Whether it is the collector itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub collector: bool,
    /// What could not be read of it, each with the code of the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
}

impl Process {
    fn new(listed: ProcessEntry, details: ProcessDetails) -> Self {
        let unread = details.unread.iter().map(|(what, error)| Unread { what, why: code_of(error) });
        Self {
            pid: listed.pid,
            parent: listed.parent,
            name: Exact::from(listed.name),
            started: details.started,
            kernel: listed.kernel,
            command_line: details.command_line.map(Exact).into_iter().collect(),
            program: details.program.map(Exact::from),
            folder: details.directory.map(Exact),
            user: None,
            sid: details.sid,
            logon: details.logon,
            session: details.session,
            integrity: details.integrity,
            elevated: details.elevated,
            threads: Some(listed.threads),
            processor_ms: details.processor_ms,
            resident: details.resident,
            collector: false,
            unread: unread.collect(),
        }
    }
}

/// How the rows are made.
pub(crate) fn rows() -> Rows {
    Rows::new("urn:veldkit:live:processes:1", "toolhelp", make).within(TABLE_LIMIT)
}

fn make(lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut all = sys::processes().map_err(|error| Halt::of_error("listing processes", &error))?;
    all.sort_unstable_by_key(|process| process.pid);
    let users = users();
    let mine = std::process::id();
    let (mut processes, mut ended, mut threads) = (0_u64, 0_u64, 0_u64);
    let mut one_by_one = OneByOne::new(PROCESS_LIMIT, |listed: ProcessEntry| {
        sys::process_details(&listed).map(|details| Process::new(listed, details))
    });
    for listed in all {
        let pid = listed.pid;
        let mut process = match one_by_one.ask(listed).and_then(|looked| looked) {
            Ok(process) => process,
            Err(error) if is_nothing(&error) => {
                ended = ended.saturating_add(1);
                continue;
            }
            Err(error) => {
                let why = code_of(&error);
                lines.short(why, format!("asking about process {pid}: {error}"));
                lines.row(&Row::Unreadable { pid, why })?;
                continue;
            }
        };
        process.collector = pid == mine;
        process.user = user(&process, &users);
        for Unread { what, why } in &process.unread {
            lines.short(*why, format!("reading {what} of process {pid}"));
        }
        processes = processes.saturating_add(1);
        threads = threads.saturating_add(process.threads.map_or(0, u64::from));
        lines.row(&Row::Process(Box::new(process)))?;
    }
    lines.row(&Row::Summary { processes, ended, threads })
}

/// Users by the numbers of their logons; asked of this machine alone, as a name is that another one knows.
fn users() -> BTreeMap<u64, String> {
    let logons = sys::logons().unwrap_or_default();
    logons.into_iter().filter_map(|logon| Some((logon.id, full_name(&logon.domain, &logon.user)?))).collect()
}

/// The user of a process: by its logon, or one of the three that every Windows has.
fn user(process: &Process, users: &BTreeMap<u64, String>) -> Option<String> {
    let known = match process.sid.as_deref()? {
        "S-1-5-18" => "NT AUTHORITY\\SYSTEM",
        "S-1-5-19" => "NT AUTHORITY\\LOCAL SERVICE",
        "S-1-5-20" => "NT AUTHORITY\\NETWORK SERVICE",
        _ => return users.get(&process.logon?).cloned(),
    };
    Some(known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_fields_that_rows_of_linux_have_for_the_same() {
        let process = Process {
            pid: 8,
            name: "x.exe".into(),
            command_line: vec!["x.exe \"a b\"".into()],
            logon: Some(0x3e7),
            ..Process::default()
        };
        let json = serde_json::to_string(&Row::Process(Box::new(process))).unwrap();
        assert_eq!(
            json,
            r#"{"row":"process","pid":8,"parent":0,"name":"x.exe","kernel":false,"command_line":["x.exe \"a b\""],"logon":"0x3e7"}"#
        );
    }

    #[test]
    fn a_user_is_named_by_the_logon_and_what_every_windows_has_by_its_sid() {
        let users = BTreeMap::from([(7, "STADHUIS\\anna".to_owned())]);
        let of = |sid: &str, logon| {
            let process = Process { sid: Some(sid.to_owned()), logon, ..Process::default() };
            user(&process, &users)
        };
        assert_eq!(of("S-1-5-21-1-2-3-1001", Some(7)).as_deref(), Some("STADHUIS\\anna"));
        assert_eq!(of("S-1-5-18", Some(7)).as_deref(), Some("NT AUTHORITY\\SYSTEM"));
        assert_eq!(of("S-1-5-21-1-2-3-1002", Some(8)), None);
    }
}
