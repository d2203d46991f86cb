//! `LiveProcesses`: the table of processes as the kernel reports it, before anything is hashed.
//!
//! In: `/proc` of the target. Out: one [`ProcessRow::Process`] per process, in the order of their numbers; a
//! [`ProcessRow::MountOver`] for each mount that hides one; a summary with counts that should agree. A process that ends
//! meanwhile is counted and is no fault; one whose reading hangs costs its own limit of time.

use std::io;
use std::time::Duration;

use super::hidden;
use super::linux_host::LinuxHost;
use crate::evidence::Utc;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::processes::{NameSpaces, Process, ProcessRow, ProcessSummary, UnreadPart};
use crate::formats::{mountinfo, procfs};
use crate::live::Exact;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys::is_nothing;
use crate::sys::time_limit::OneByOne;

/// How long the whole table may take: 10,000 processes take a second or two.
const TABLE_LIMIT: Duration = Duration::from_secs(30);

/// How long the kernel may take to tell of one process: it waits for locks that a stuck process can hold.
const PROCESS_LIMIT: Duration = Duration::from_secs(2);

/// Most bytes of a command line: the kernel allows 2 MiB of arguments and more, nobody reads them in a table.
const MAX_COMMAND_LINE: usize = 64 << 10;

/// Most bytes of any other file of a process that is read here.
const MAX_FILE: usize = 64 << 10;

/// Most bytes of the table of mounts.
const MAX_MOUNTINFO: usize = 16 << 20;

/// How the rows are made.
pub(crate) fn rows(reach: LinuxHost) -> Result<Rows, &'static str> {
    if !reach.is_live() && !reach.pids().is_ok_and(|pids| !pids.is_empty()) {
        return Err("a tree of files has no processes, unless it holds a copy of /proc");
    }
    let rows = Rows::new(ProcessRow::SCHEMA, "procfs", move |lines| make(&reach, lines));
    Ok(rows.within(TABLE_LIMIT))
}

fn make(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let pids = reach.pids().map_err(|error| Halt::of_error("listing '/proc'", &error))?;
    let boot = procfs::boot_time(&reach.whole_table("proc/stat", MAX_MOUNTINFO));
    let mine = reach.is_live().then(std::process::id);
    let mut summary = ProcessSummary::default();
    let reader = reach.clone();
    let mut one_by_one = OneByOne::new(PROCESS_LIMIT, move |pid| read(&reader, pid, boot));
    for pid in pids.iter().copied() {
        let process = match one_by_one.ask(pid).and_then(|read| read) {
            Ok(Some(process)) => Process { collector: mine == Some(pid), ..process },
            Ok(None) => {
                summary.ended = summary.ended.saturating_add(1);
                continue;
            }
            Err(error) => {
                let why = code_of(&error);
                lines.short(why, format!("reading '/proc/{pid}': {error}"));
                lines.row(&ProcessRow::Unreadable { pid, why })?;
                continue;
            }
        };
        for UnreadPart { what, why } in &process.unread {
            lines.short(*why, format!("reading '/proc/{pid}/{what}'"));
        }
        summary.processes = summary.processes.saturating_add(1);
        summary.threads = summary.threads.saturating_add(process.threads.map_or(1, u64::from));
        lines.row(&ProcessRow::Process(Box::new(process)))?;
    }
    summary.threads_counted = procfs::thread_count(&reach.whole_table("proc/loadavg", MAX_FILE));
    if reach.is_live() {
        let (hidden, asked_to) = hidden::look(reach, &pids);
        summary.asked_to = Some(asked_to);
        for pid in hidden {
            if let Ok(Ok(Some(process))) = one_by_one.ask(pid) {
                lines.row(&ProcessRow::Hidden(Box::new(process)))?;
            }
        }
    }
    for row in mounts_over(&mountinfo(reach)) {
        lines.row(&row)?;
    }
    lines.row(&ProcessRow::Summary(summary))
}

/// The table of mounts as this process sees it.
fn mountinfo(reach: &LinuxHost) -> Vec<u8> {
    let own = reach.link("proc/self").ok().and_then(|target| procfs::number(&target));
    let own = own.map(|pid| format!("proc/{pid}/mountinfo"));
    own.map(|path| reach.whole_table(&path, MAX_MOUNTINFO)).unwrap_or_default()
}

/// The mounts on folders of processes, from the kernel's table.
#[must_use]
pub fn mounts_over(mountinfo: &[u8]) -> Vec<ProcessRow> {
    let over = mountinfo::mounts(mountinfo).into_iter().filter(|mount| {
        let below = mount.place.strip_prefix(b"/proc/").unwrap_or_default();
        let first = below.split(|byte| *byte == b'/').next().unwrap_or_default();
        procfs::number(first).is_some()
    });
    over.map(|mount| ProcessRow::MountOver {
        place: Exact(mount.place),
        file_system: mount.file_system,
        device: mount.device,
    })
    .collect()
}

/// Reads one process; `None` where it has ended.
fn read(reach: &LinuxHost, pid: u32, boot: Option<i64>) -> io::Result<Option<Process>> {
    let of = |what: &str| format!("proc/{pid}/{what}");
    let text = match reach.read(&of("stat"), MAX_FILE) {
        Ok(text) => text,
        Err(error) if is_nothing(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(stat) = procfs::stat(&text) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "'stat' is not as the kernel writes it"));
    };
    let mut unread = Vec::new();
    let mut told = |what: &'static str, result: io::Result<Vec<u8>>| match result {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            // What is not there is no failure: a thread of the kernel has no program, a process may have ended.
            if !is_nothing(&error) {
                unread.push(UnreadPart { what: what.into(), why: code_of(&error) });
            }
            None
        }
    };
    let status = told("status", reach.read(&of("status"), MAX_FILE));
    let status = procfs::status(&status.unwrap_or_default());
    let line = told("cmdline", reach.read(&of("cmdline"), MAX_COMMAND_LINE)).unwrap_or_default();
    let (arguments, more) = procfs::command_line(&line);
    let program = told("exe", reach.link(&of("exe")));
    let folder = told("cwd", reach.link(&of("cwd")));
    let root = told("root", reach.link(&of("root")));
    let group = told("cgroup", reach.read(&of("cgroup"), MAX_FILE));
    let login = told("loginuid", reach.read(&of("loginuid"), MAX_FILE));
    let mut name_space =
        |what: &'static str| told(what, reach.link(&of(what))).and_then(|target| procfs::name_space(&target));
    let name_spaces =
        NameSpaces { mnt: name_space("ns/mnt"), net: name_space("ns/net"), pid: name_space("ns/pid") };
    let (program, program_deleted) = match program.as_deref().map(procfs::deleted) {
        Some((path, deleted)) => (Some(Exact::from(path)), deleted),
        None => (None, false),
    };
    Ok(Some(Process {
        pid,
        parent: stat.parent,
        name: Exact::from(&stat.name),
        state: Some(stat.state),
        started: boot.and_then(|boot| moment(boot, stat.started_ms)),
        kernel: stat.is_kernel(),
        command_line: arguments.into_iter().map(Exact).collect(),
        command_line_cut: more || line.len() >= MAX_COMMAND_LINE,
        program,
        program_deleted,
        folder: folder.map(Exact),
        root: root.filter(|root| root != b"/").map(Exact),
        user: status.users.get(1).and_then(|uid| reach.user(*uid)),
        users: Some(status.users),
        groups: Some(status.groups),
        login_user: login.and_then(|text| procfs::number(&text)).filter(|uid| *uid != u32::MAX),
        session: Some(stat.session),
        terminal: Some(stat.terminal),
        threads: status.threads,
        processor_ms: Some(stat.processor_ms),
        resident: status.resident,
        capabilities_effective: status.effective,
        capabilities_permitted: status.permitted,
        no_new_privileges: status.no_new_privileges,
        seccomp: status.seccomp,
        tracer: status.tracer,
        control_group: group.and_then(|text| procfs::control_group(&text)).map(Exact),
        inner_pids: if status.pids.len() > 1 { status.pids } else { Vec::new() },
        name_spaces,
        told_pid: Some(stat.pid).filter(|told| *told != pid),
        unread,
        ..Process::default()
    }))
}

/// The moment `after` milliseconds after the system started.
fn moment(boot: i64, after: u64) -> Option<Utc> {
    let seconds = boot.checked_add(i64::try_from(after / 1_000).ok()?)?;
    let rest = u32::try_from(after % 1_000).ok()?;
    Utc::from_unix(seconds, rest.checked_mul(1_000_000)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::rows::written;

    #[test]
    fn a_mount_on_the_folder_of_a_process_is_told_and_proc_itself_is_none() {
        let table = b"23 28 0:21 / /proc rw - proc proc rw\n\
            50 23 0:40 / /proc/4242 rw - tmpfs tmpfs rw\n\
            51 23 0:21 /1 /proc/77/fd rw - proc proc rw\n\
            52 23 0:35 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw\n";
        let rows = mounts_over(table);
        written(&rows);
        let places: Vec<_> = rows
            .iter()
            .map(|row| match row {
                ProcessRow::MountOver { place, .. } => String::from_utf8(place.0.clone()).unwrap(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(places, ["/proc/4242", "/proc/77/fd"]);
    }

    #[test]
    fn a_row_leaves_out_what_is_not_known() {
        let process = Process {
            pid: 7,
            name: "x".into(),
            state: Some('S'),
            users: Some(Vec::new()),
            groups: Some(Vec::new()),
            session: Some(0),
            terminal: Some(0),
            processor_ms: Some(0),
            ..Process::default()
        };
        let row = ProcessRow::Process(Box::new(process));
        let json = serde_json::to_string(&row).unwrap();
        written(&[row]);
        assert_eq!(
            json,
            r#"{"row":"process","pid":7,"parent":0,"name":"x","state":"S","kernel":false,"command_line":[],"users":[],"groups":[],"session":0,"terminal":0,"processor_ms":0}"#
        );
    }
}
