//! `LiveProcesses` of Windows: the table of processes, as Windows reports it, before anything is hashed.
//!
//! In: the list of processes, and of each the facts that it lets be read. Out: one [`ProcessRow::Process`] per process, in
//! the order of their numbers; a summary. A process that ends meanwhile is counted and is no fault; one that hangs costs
//! its own limit of time.

use std::collections::BTreeMap;
use std::time::Duration;

use super::sessions::user as full_name;
use crate::evidence::Exact;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::processes::{Process, ProcessRow, ProcessSummary, UnreadPart};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys;
use crate::sys::time_limit::OneByOne;
use crate::sys::{ProcessDetails, ProcessEntry, is_nothing};

/// How long the whole table may take.
const TABLE_LIMIT: Duration = Duration::from_secs(30);

/// How long one process may take.
const PROCESS_LIMIT: Duration = Duration::from_secs(2);

/// How the rows are made.
pub(crate) fn rows() -> Rows {
    Rows::new(ProcessRow::SCHEMA, "toolhelp", make).within(TABLE_LIMIT)
}

fn make(lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut all = sys::processes().map_err(|error| Halt::of_error("listing processes", &error))?;
    all.sort_unstable_by_key(|process| process.pid);
    let users = users();
    let mine = std::process::id();
    let (mut processes, mut ended, mut threads) = (0_u64, 0_u64, 0_u64);
    let mut one_by_one = OneByOne::new(PROCESS_LIMIT, |listed: ProcessEntry| {
        sys::process_details(&listed).map(|details| process(listed, details))
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
                lines.row(&ProcessRow::Unreadable { pid, why })?;
                continue;
            }
        };
        process.collector = pid == mine;
        process.user = user(&process, &users);
        for UnreadPart { what, why } in &process.unread {
            lines.short(*why, format!("reading {what} of process {pid}"));
        }
        processes = processes.saturating_add(1);
        threads = threads.saturating_add(process.threads.map_or(0, u64::from));
        lines.row(&ProcessRow::Process(Box::new(process)))?;
    }
    lines.row(&ProcessRow::Summary(ProcessSummary { processes, ended, threads, ..ProcessSummary::default() }))
}

fn process(listed: ProcessEntry, details: ProcessDetails) -> Process {
    let unread = details.unread.iter();
    let unread = unread.map(|(what, error)| UnreadPart { what: (*what).into(), why: code_of(error) });
    Process {
        pid: listed.pid,
        parent: listed.parent,
        name: Exact::from(listed.name),
        started: details.started,
        kernel: listed.kernel,
        command_line: details.command_line.map(Exact).into_iter().collect(),
        program: details.program.map(Exact::from),
        folder: details.directory.map(Exact),
        sid: details.sid,
        logon: details.logon,
        session: details.session,
        integrity: details.integrity.map(Into::into),
        elevated: details.elevated,
        threads: Some(listed.threads),
        processor_ms: details.processor_ms,
        resident: details.resident,
        unread: unread.collect(),
        ..Process::default()
    }
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
    use crate::evidence::rows::written;

    #[test]
    fn a_row_has_the_fields_that_rows_of_linux_have_for_the_same() {
        let process = Process {
            pid: 8,
            name: "x.exe".into(),
            command_line: vec!["x.exe \"a b\"".into()],
            logon: Some(0x3e7),
            ..Process::default()
        };
        let row = ProcessRow::Process(Box::new(process));
        let json = serde_json::to_string(&row).unwrap();
        written(&[row]);
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
