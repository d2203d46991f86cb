//! `LiveExecutables` of Windows: the files that processes run and have loaded, with digests, and memory that is run but is of no
//! file.
//!
//! In: the files and the regions that are mapped in each process, and signatures. Out: one [`ExecutableRow`] per file,
//! and per process with loose code.

use std::collections::BTreeMap;
use std::time::Duration;

use super::started_files::{Book, is_of_the_system};
use super::windows_host::WindowsHost;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::executables::{ExecutableRow, RunningFile};
use crate::evidence::{Exact, ReasonCode};
use crate::formats::proc_maps::Mapping;
use crate::live::linux::executables::loose_code;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys;
use crate::sys::time_limit::OneByOne;
use crate::sys::{LooseCode, is_nothing};

/// How long all of it may take at most.
const TABLE_LIMIT: Duration = Duration::from_mins(2);

/// How long one process may take.
const PROCESS_LIMIT: Duration = Duration::from_secs(2);

/// Most different files that are told.
const MAX_FILES: usize = 100_000;

/// Most processes named beside one file: a library is loaded by nearly all.
const MAX_PIDS: usize = 32;

/// How the rows are made.
pub(crate) fn rows(machine: WindowsHost) -> Rows {
    let rows = Rows::new(ExecutableRow::SCHEMA, "toolhelp", move |lines| make(&machine, lines));
    rows.within(TABLE_LIMIT)
}

fn make(machine: &WindowsHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let pids = sys::process_ids().map_err(|error| Halt::of_error("listing processes", &error))?;
    let mut modules = OneByOne::new(PROCESS_LIMIT, sys::loaded_modules);
    let mut memory = OneByOne::new(PROCESS_LIMIT, sys::loose_code);
    let mut files: BTreeMap<String, RunningFile> = BTreeMap::new();
    for pid in pids {
        match modules.ask(pid).and_then(|told| told) {
            Ok(told) => note(&mut files, pid, told, lines),
            Err(error) if is_nothing(&error) => continue,
            Err(error) => lines.short(code_of(&error), format!("listing modules of process {pid}: {error}")),
        }
        match memory.ask(pid).and_then(|told| told) {
            Ok(told) => {
                let told: Vec<_> = told.into_iter().map(mapping).collect();
                loose_code(pid, &told).iter().try_for_each(|row| lines.row(row))?;
            }
            Err(error) if is_nothing(&error) => {}
            Err(error) => {
                lines.short(code_of(&error), format!("asking for memory of process {pid}: {error}"));
            }
        }
    }
    let mut book = Book::new(machine);
    for mut code in by_need(files) {
        let facts = book.facts(machine, &code.path, lines);
        (code.size, code.sha256, code.no_digest) = (facts.size, facts.sha256, facts.no_digest);
        code.deleted = facts.missing;
        code.signature = facts.signature;
        lines.row(&ExecutableRow::File(Box::new(code)))?;
    }
    Ok(())
}

/// The files in the order in which they are read: those first that any user may have put where they are, since digests and
/// signatures have a limit in time.
fn by_need(files: BTreeMap<String, RunningFile>) -> Vec<RunningFile> {
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_by_cached_key(|(path, _)| is_of_the_system(path));
    files.into_iter().map(|(_, file)| file).collect()
}

fn mapping(code: LooseCode) -> Mapping {
    let LooseCode { start, length, writable } = code;
    Mapping { from: start, length, written: writable, run: true, inode: 0, path: None }
}

/// Adds what a process has loaded; its program stands first.
fn note(files: &mut BTreeMap<String, RunningFile>, pid: u32, modules: Vec<String>, lines: &mut Lines<'_>) {
    for (at, path) in modules.into_iter().enumerate() {
        let key = path.to_lowercase();
        if files.len() >= MAX_FILES && !files.contains_key(&key) {
            lines.short(ReasonCode::ArtifactLimit, format!("no more than {MAX_FILES} files are reported"));
            return;
        }
        let code = files
            .entry(key)
            .or_insert_with(|| RunningFile { path: Exact::from(&path), ..RunningFile::default() });
        // One may be loaded twice.
        if code.pids.last() == Some(&pid) {
            continue;
        }
        code.processes = code.processes.saturating_add(1);
        code.program |= at == 0;
        if code.pids.len() < MAX_PIDS {
            code.pids.push(pid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_any_user_may_have_written_are_read_first() {
        let paths = ["c:\\program files\\a.exe", "c:\\users\\b.exe", "c:\\windows\\c.dll", "e:\\d.exe"];
        let file = |path: &str| RunningFile { path: Exact::from(path), ..RunningFile::default() };
        let files = paths.iter().map(|path| ((*path).to_owned(), file(path))).collect();
        let order: Vec<_> = by_need(files).iter().map(|file| file.path.text().into_owned()).collect();
        assert_eq!(order, [paths[1], paths[3], paths[0], paths[2]]);
    }
}
