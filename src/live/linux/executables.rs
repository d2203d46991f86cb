//! `LiveExecutables`: the programs that run and the code they have mapped, with digests; and a copy of each program that
//! runs although it was deleted. The second tier: it reads files, and comes after what vanishes first.
//!
//! In: `/proc` of the target. Out: an item of rows ([`ExecutableRow`]), and of the running system the programs that run
//! although their files were deleted, as suspects; `sources` opens each through the kernel's own link to it, as the item
//! `live/executables/<pid>/<name>`. Rows name processes by the numbers that they have in `LiveProcesses`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};
use std::time::Duration;

use super::linux_host::LinuxHost;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::executables::{ExecutableRow, LooseStretches, RunningFile};
use crate::evidence::{Digest, ReasonCode};
use crate::formats::{proc_maps, procfs};
use crate::live::Exact;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sources::suspects::Suspect;
use crate::sys::time_limit::OneByOne;
use crate::sys::{Stopwatch, is_nothing};

/// How long all of it may take at most.
const TABLE_LIMIT: Duration = Duration::from_mins(2);

/// How long files are read for their digests; the rest get none, and the rows say so.
const DIGEST_TIME: Duration = Duration::from_secs(45);

/// How long the kernel may take to tell of one process.
const PROCESS_LIMIT: Duration = Duration::from_secs(2);

/// Largest file that a digest is made of.
pub(crate) const MAX_DIGESTED: u64 = 512 << 20;

/// Most different files that are told.
const MAX_FILES: usize = 100_000;

/// Most bytes of one table of mappings.
const MAX_MAPS: usize = 16 << 20;

/// Most processes named beside one file: a library is mapped by nearly all.
const MAX_PIDS: usize = 32;

/// The programs that run although their files were deleted, looked for as they are asked for.
pub(crate) fn suspects(reach: LinuxHost) -> impl Iterator<Item = Suspect> {
    let lister = reach.clone();
    let pids = move || if lister.is_live() { lister.pids().unwrap_or_default() } else { Vec::new() };
    let look = move |pid: u32| reach.link(&format!("proc/{pid}/exe"));
    let mut one_by_one = OneByOne::new(PROCESS_LIMIT, look);
    let pids = std::iter::once_with(pids).flatten();
    pids.filter_map(move |pid| match one_by_one.ask(pid).and_then(|link: io::Result<_>| link) {
        Ok(link) => match procfs::deleted(&link) {
            (path, true) => Some(Suspect::DeletedProgram { pid, path: path.to_vec() }),
            (_, false) => None,
        },
        Err(error) => Some(Suspect::UnreadProgram { pid, error }),
    })
}

/// How the rows are made.
pub(crate) fn rows(reach: LinuxHost) -> Result<Rows, &'static str> {
    if !reach.is_live() && !reach.pids().is_ok_and(|pids| !pids.is_empty()) {
        return Err("a tree of files has no processes, unless it holds a copy of /proc");
    }
    let rows = Rows::new(ExecutableRow::SCHEMA, "procfs", move |lines| make(&reach, lines));
    Ok(rows.within(TABLE_LIMIT))
}

/// What one process runs.
struct Runs {
    program: Option<Vec<u8>>,
    mappings: Vec<proc_maps::Mapping>,
}

fn make(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let pids = reach.pids().map_err(|error| Halt::of_error("listing '/proc'", &error))?;
    let reader = reach.clone();
    let look = move |pid: u32| -> io::Result<Runs> {
        let program = match reader.link(&format!("proc/{pid}/exe")) {
            Ok(program) => Some(program),
            Err(error) if is_nothing(&error) => None,
            Err(error) => return Err(error),
        };
        let maps = reader.read(&format!("proc/{pid}/maps"), MAX_MAPS)?;
        Ok(Runs { program, mappings: proc_maps::mappings(&maps).filter(|mapping| mapping.run).collect() })
    };
    let mut one_by_one = OneByOne::new(PROCESS_LIMIT, look);
    // By path and inode, the program's own first.
    let mut files: BTreeMap<(Vec<u8>, u64), RunningFile> = BTreeMap::new();
    for pid in pids {
        let runs = match one_by_one.ask(pid).and_then(|runs| runs) {
            Ok(runs) => runs,
            Err(error) if is_nothing(&error) => continue,
            Err(error) => {
                lines.short(code_of(&error), format!("reading '/proc/{pid}/maps': {error}"));
                continue;
            }
        };
        if let Some(row) = loose_code(pid, &runs.mappings) {
            lines.row(&row)?;
        }
        note(&mut files, pid, &runs, lines);
    }
    let watch = Stopwatch::start();
    for ((path, inode), code) in files {
        let code = digested(reach, &path, inode, code, watch.elapsed() < DIGEST_TIME);
        if code.no_digest == Some(ReasonCode::ArtifactLimit) {
            lines.short(ReasonCode::ArtifactLimit, "files without a digest, since time or size forbade it");
        }
        lines.row(&ExecutableRow::File(Box::new(code)))?;
    }
    Ok(())
}

/// The memory of a process that is run and stands in no file; none where there is none.
#[must_use]
pub fn loose_code(pid: u32, mappings: &[proc_maps::Mapping]) -> Option<ExecutableRow> {
    let loose: Vec<_> = mappings.iter().filter(|mapping| mapping.is_loose_code()).collect();
    let first = format!("{:x}", loose.first()?.from);
    let count = |some: usize| u64::try_from(some).unwrap_or(u64::MAX);
    Some(ExecutableRow::LooseCode(LooseStretches {
        pid,
        stretches: count(loose.len()),
        bytes: loose.iter().fold(0, |sum, mapping| sum.saturating_add(mapping.length)),
        writable: count(loose.iter().filter(|mapping| mapping.written).count()),
        first,
    }))
}

fn note(files: &mut BTreeMap<(Vec<u8>, u64), RunningFile>, pid: u32, runs: &Runs, lines: &mut Lines<'_>) {
    let mapped = runs.mappings.iter().filter(|mapping| mapping.inode != 0);
    let mapped = mapped.filter_map(|mapping| Some((mapping.path.clone()?, mapping.inode)));
    let mut mine: BTreeSet<(Vec<u8>, u64)> = mapped.collect();
    let inode = runs
        .program
        .as_ref()
        .and_then(|program| mine.iter().find(|(path, _)| path == program).map(|(_, inode)| *inode));
    // A program need not be mapped by that name: then its inode is found when it is opened.
    if let (Some(program), None) = (&runs.program, inode) {
        mine.insert((program.clone(), 0));
    }
    for key in mine {
        if files.len() >= MAX_FILES && !files.contains_key(&key) {
            lines.short(ReasonCode::ArtifactLimit, format!("no more than {MAX_FILES} files are reported"));
            continue;
        }
        let program = runs.program.as_ref() == Some(&key.0);
        let (path, deleted) = procfs::deleted(&key.0);
        let fresh = || RunningFile { path: Exact::from(path), deleted, ..RunningFile::default() };
        let code = files.entry(key.clone()).or_insert_with(fresh);
        code.processes = code.processes.saturating_add(1);
        if program && !code.program {
            // The first of them is the one whose link leads to the file.
            code.program = true;
            code.pids.insert(0, pid);
            code.pids.truncate(MAX_PIDS);
        } else if code.pids.len() < MAX_PIDS {
            code.pids.push(pid);
        }
    }
}

/// The same with its digest, through the link of a process where it is a program, and else by its path.
fn digested(reach: &LinuxHost, path: &[u8], inode: u64, mut code: RunningFile, in_time: bool) -> RunningFile {
    code.inode = Some(inode).filter(|inode| *inode != 0);
    let pid = code.pids.first().copied().filter(|_| code.program && reach.is_live());
    let opened = match pid {
        Some(pid) => reach.program(pid).or_else(|_| reach.open_file(path)),
        None if code.deleted => {
            code.no_digest = Some(ReasonCode::Vanished);
            return code;
        }
        None => reach.open_file(path),
    };
    let told = opened.and_then(|file| Ok((reach.facts(&file)?, file)));
    match told {
        Ok((facts, file)) => {
            code.size = facts.size;
            code.replaced = pid.is_none() && inode != 0 && facts.inode != Some(inode);
            code.inode = code.inode.or(facts.inode);
            if !in_time || facts.size.is_none_or(|size| size > MAX_DIGESTED) {
                code.no_digest = Some(ReasonCode::ArtifactLimit);
                return code;
            }
            match digest(&mut &file) {
                Ok(digest) => code.sha256 = Some(digest),
                Err(error) => code.no_digest = Some(code_of(&error)),
            }
        }
        Err(error) => code.no_digest = Some(code_of(&error)),
    }
    code
}

/// SHA-256 of a file, as far as it may be read.
pub(crate) fn digest(file: &mut dyn io::Read) -> io::Result<Digest> {
    Digest::of_reader(&mut file.take(MAX_DIGESTED))
}
