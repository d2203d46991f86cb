//! `LiveExecutables`: the programs that run and the code they have mapped, with digests; and a copy of each program that
//! runs although it was deleted. The second tier: it reads files, and comes after what vanishes first.
//!
//! In: `/proc` of the target. Out: an item of rows ([`Row`]), and of the running system an item
//! `live/executables/<pid>/<name>` for each program that stands in no folder any more, read through the kernel's own
//! link to it. Rows name processes by the numbers that they have in `LiveProcesses`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::time::Duration;

use serde::Serialize;

use super::Exact;
use super::reach::Reach;
use super::windows::signature::Signature;
use crate::evidence::{Digest, Kind, Origin, Outcome, ReasonCode};
use crate::formats::{proc_maps, procfs};
use crate::sources::item::{Finding, Gap};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys::guard::OneByOne;
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

/// Most deleted programs that are copied: each is a different file.
const MAX_COPIES: usize = 1_000;

/// A row of `LiveExecutables`, schema `urn:veldkit:live:executables:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// A file that is run, or mapped to be run.
    File(Box<Code>),
    /// Memory of a process that is run and stands in no file, as injected code does, and as compilers at run time make.
    LooseCode {
        /// The process.
        pid: u32,
        /// Number of such stretches.
        stretches: u64,
        /// Their bytes together.
        bytes: u64,
        /// Of the stretches, those that may be written as well.
        writable: u64,
        /// Where the first of them begins, in hexadecimal.
        first: String,
    },
}

/// A file that is run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Code {
    /// Its path as the kernel tells it.
    pub path: Exact,
    /// Whether it stands under this path no more.
    pub deleted: bool,
    /// Whether a process has it as its program; else it is mapped only.
    pub program: bool,
    /// Its inode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inode: Option<u64>,
    /// Its size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// SHA-256 of its content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// Why it has no digest: a code as in the records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_digest: Option<ReasonCode>,
    /// What the system says of its signature; of a running Windows alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Box<Signature>>,
    /// Whether the file that stands under the path now has another inode than the one that is mapped.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replaced: bool,
    /// How many processes run it or have it mapped.
    pub processes: u64,
    /// The first of them.
    pub pids: Vec<u32>,
}

/// Hands out the copies of deleted programs.
pub(crate) fn copies(reach: &Reach, emit: &mut dyn FnMut(Finding) -> ControlFlow<()>) -> ControlFlow<()> {
    if !reach.is_live() {
        return ControlFlow::Continue(());
    }
    let reader = reach.clone();
    let look = move |pid: u32| {
        let target = reader.link(&format!("proc/{pid}/exe"))?;
        let (path, deleted) = procfs::deleted(&target);
        if !deleted {
            return Ok(None);
        }
        let file = reader.program(pid)?;
        Ok(Some((path.to_vec(), reader.facts(&file)?)))
    };
    let mut one_by_one = OneByOne::new(PROCESS_LIMIT, look);
    let mut seen = Vec::new();
    for pid in reach.pids().unwrap_or_default() {
        let origin = |path: &[u8]| {
            let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            Origin::Live { name: format!("executables/{pid}/{}", String::from_utf8_lossy(name)) }
        };
        match one_by_one.ask(pid).and_then(|found: io::Result<_>| found) {
            Ok(Some((path, metadata))) => {
                let file = (metadata.device, metadata.inode);
                if seen.contains(&file) || seen.len() >= MAX_COPIES {
                    continue;
                }
                seen.push(file);
                emit(Finding::Found(reach.found_program(origin(&path), pid, metadata)))?;
            }
            Ok(None) => {}
            // A thread of the kernel has none, and a process may have ended.
            Err(error) if is_nothing(&error) => {}
            // The rows tell of those that may not be looked at.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => {
                let gap = Gap::of_error(origin(b"program"), "looking at the program of a process", &error);
                emit(Finding::Gap(Gap { kind: Kind::File, outcome: Outcome::Failed, ..gap }))?;
            }
        }
    }
    ControlFlow::Continue(())
}

/// How the rows are made.
pub(crate) fn rows(reach: Reach) -> Result<Rows, &'static str> {
    if !reach.is_live() && !reach.pids().is_ok_and(|pids| !pids.is_empty()) {
        return Err("a tree of files has no processes, unless it holds a copy of /proc");
    }
    let rows = Rows::new("urn:veldkit:live:executables:1", "procfs", move |lines| make(&reach, lines));
    Ok(rows.within(TABLE_LIMIT))
}

/// What one process runs.
struct Runs {
    program: Option<Vec<u8>>,
    mappings: Vec<proc_maps::Mapping>,
}

fn make(reach: &Reach, lines: &mut Lines<'_>) -> Result<(), Halt> {
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
    let mut files: BTreeMap<(Vec<u8>, u64), Code> = BTreeMap::new();
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
        lines.row(&Row::File(Box::new(code)))?;
    }
    Ok(())
}

/// The memory of a process that is run and stands in no file; none where there is none.
#[must_use]
pub fn loose_code(pid: u32, mappings: &[proc_maps::Mapping]) -> Option<Row> {
    let loose: Vec<_> = mappings.iter().filter(|mapping| mapping.is_loose_code()).collect();
    let first = format!("{:x}", loose.first()?.from);
    let count = |some: usize| u64::try_from(some).unwrap_or(u64::MAX);
    Some(Row::LooseCode {
        pid,
        stretches: count(loose.len()),
        bytes: loose.iter().fold(0, |sum, mapping| sum.saturating_add(mapping.length)),
        writable: count(loose.iter().filter(|mapping| mapping.written).count()),
        first,
    })
}

fn note(files: &mut BTreeMap<(Vec<u8>, u64), Code>, pid: u32, runs: &Runs, lines: &mut Lines<'_>) {
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
            lines.short(ReasonCode::ArtifactLimit, format!("no more than {MAX_FILES} files are told"));
            continue;
        }
        let program = runs.program.as_ref() == Some(&key.0);
        let (path, deleted) = procfs::deleted(&key.0);
        let fresh = || Code { path: Exact::from(path), deleted, ..Code::default() };
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
fn digested(reach: &Reach, path: &[u8], inode: u64, mut code: Code, in_time: bool) -> Code {
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
