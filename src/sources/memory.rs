//! Memory of running processes, for rules to be held against: nothing of it is stored.
//!
//! In: a process. Out: its regions in chunks, each read once. What is a file on disk all the same, unchanged and not
//! writable, is left to the scan of files; what was never written to is nothing but zeros. Everything that may hang has
//! a time limit.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::found::{Finding, Found, Unread, Way};
use crate::evidence::{Kind, Metadata, Origin, Outcome, ReasonCode};
use crate::sys;
use crate::sys::{ProcessMemory, time_limit};

/// Bytes read at once: what is held of a process in memory.
const CHUNK: u64 = 4 << 20;

/// How far chunks of one mapping overlap, so that what stands across a border is seen in one of them.
const OVERLAP: u64 = 4 << 10;

/// Most bytes read of one process: a database's cache says no more in its second gigabyte than in its first.
const LIMIT: u64 = 1 << 30;

/// What was read of a process so far, and what was not.
#[derive(Debug, Default)]
pub struct Reading {
    bytes: AtomicU64,
    refused: AtomicU64,
    left: AtomicU64,
}

impl Reading {
    /// Bytes read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Bytes that could not be read.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Bytes past the limit for one process.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }
}

/// The memory of one process, chunk by chunk.
#[derive(Debug)]
pub struct Memory {
    process: Arc<ProcessMemory>,
    mappings: std::vec::IntoIter<(u64, u64)>,
    /// What is left of the mapping at hand.
    rest: (u64, u64),
    start: u64,
    chunk: Vec<u8>,
    reading: Arc<Reading>,
}

/// All processes, or those asked for, as findings.
pub(crate) fn find(wanted: &[u32]) -> Vec<Finding> {
    let all = time_limit::within(time_limit::LIMIT, sys::process_ids);
    let all = if wanted.is_empty() { all } else { Ok(wanted.to_vec()) };
    match all {
        Ok(ids) => ids.into_iter().map(process).collect(),
        Err(error) => vec![Finding::Gap(Unread::of_error(origin("", ""), "listing processes", &error))],
    }
}

fn origin(pid: &str, name: &str) -> Origin {
    Origin::Live { name: format!("memory/{pid}/{name}") }
}

fn process(pid: u32) -> Finding {
    let facts = match time_limit::within(time_limit::LIMIT, move || sys::process_facts(pid)) {
        Ok(facts) => facts,
        Err(error) => {
            let gap = Unread::of_error(origin(&pid.to_string(), ""), "looking for the process", &error);
            return Finding::Gap(Unread { kind: Kind::Process, ..gap });
        }
    };
    let found = Found {
        origin: origin(&pid.to_string(), &facts.name.replace('/', "_")),
        kind: Kind::Process,
        metadata: Metadata { uid: facts.owner, target: facts.program, ..Metadata::default() },
        notes: Vec::new(),
        place: 0,
        path: pid.to_string().into_bytes(),
        allocated: None,
        guarded: true,
        no_size: true,
        streams: Vec::new(),
        way: Way::File,
    };
    if pid == std::process::id() {
        return Finding::Gap(Unread::of_found(
            found,
            Outcome::Skipped,
            ReasonCode::OwnOutput,
            "the tool itself",
        ));
    }
    Finding::Found(found)
}

impl Memory {
    /// Opens the memory of a process that was found.
    ///
    /// # Errors
    /// The gap it leaves: a process that is protected, that ended, or that has no memory of its own.
    pub fn open(found: &Found) -> Result<Self, Box<Unread>> {
        let failed = |error: &io::Error| {
            let gap = Unread::of_error(found.origin.clone(), "opening its memory", error);
            Box::new(Unread { kind: found.kind, metadata: found.metadata.clone(), ..gap })
        };
        let pid = str::from_utf8(&found.path).ok().and_then(|pid| pid.parse().ok());
        let pid: u32 = pid.ok_or_else(|| failed(&io::ErrorKind::NotFound.into()))?;
        let process = time_limit::within(time_limit::LIMIT, move || ProcessMemory::open(pid))
            .map_err(|error| failed(&error))?;
        if process.mappings().is_empty() {
            let detail = "it has no memory of its own: a thread of the kernel, or a process that is ending";
            let gap = Unread::of_found(found.clone(), Outcome::Skipped, ReasonCode::NotAFile, detail);
            return Err(Box::new(gap));
        }
        let wanted = process.mappings().iter().filter(|mapping| mapping.is_wanted());
        let wanted: Vec<_> = wanted.map(|mapping| (mapping.start, mapping.end)).collect();
        Ok(Self {
            process: Arc::new(process),
            mappings: wanted.into_iter(),
            rest: (0, 0),
            start: 0,
            chunk: Vec::new(),
            reading: Arc::default(),
        })
    }

    /// The memory of this process itself, which no scan looks at: the self-test does.
    pub(crate) fn own() -> Result<Self, Box<Unread>> {
        let pid = std::process::id();
        let found = Found::program(origin(&pid.to_string(), ""), 0, pid, Metadata::default());
        Self::open(&Found { path: pid.to_string().into_bytes(), ..found })
    }

    /// What is read of it, as it goes on.
    #[must_use]
    pub fn reading(&self) -> Arc<Reading> {
        Arc::clone(&self.reading)
    }

    /// Reads the next chunk; false where there is none.
    pub fn advance(&mut self) -> bool {
        while let Some((start, length)) = self.next_stretch() {
            if self.reading.bytes() >= LIMIT {
                self.reading.left.fetch_add(length, Ordering::Relaxed);
                continue;
            }
            let (process, mut chunk) = (Arc::clone(&self.process), std::mem::take(&mut self.chunk));
            let read = time_limit::within(time_limit::LIMIT, move || {
                chunk.clear();
                if !process.is_used(start, length) {
                    return Ok(chunk);
                }
                chunk.resize(usize::try_from(length).unwrap_or(0), 0);
                let count = process.read_at(start, &mut chunk)?;
                chunk.truncate(count);
                Ok(chunk)
            });
            match read {
                Ok(chunk) if chunk.is_empty() => self.chunk = chunk,
                Ok(chunk) => {
                    let count = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
                    self.reading.bytes.fetch_add(count, Ordering::Relaxed);
                    (self.start, self.chunk) = (start, chunk);
                    return true;
                }
                Err(_) => drop(self.reading.refused.fetch_add(length, Ordering::Relaxed)),
            }
        }
        self.chunk.clear();
        false
    }

    /// The chunk that was read: its address and its bytes.
    #[must_use]
    pub fn region(&self) -> (u64, &[u8]) {
        (self.start, &self.chunk)
    }

    /// The next stretch of at most [`CHUNK`] bytes.
    fn next_stretch(&mut self) -> Option<(u64, u64)> {
        let (start, end) = self.rest;
        if start >= end {
            self.rest = self.mappings.next()?;
            return self.next_stretch();
        }
        let to = start.saturating_add(CHUNK).min(end);
        self.rest = if to == end { (end, end) } else { (to.saturating_sub(OVERLAP), end) };
        Some((start, to.saturating_sub(start)))
    }
}
