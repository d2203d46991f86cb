//! What is known of a file that Windows starts or runs: what stands there, and its digest. Each is read once.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::time::Duration;

use super::super::super::rows::{Lines, code_of};
use super::super::super::sys::{Stopwatch, is_nothing};
use super::super::executables::{MAX_DIGESTED, digest};
use super::super::files::{Book as Said, Facts};
use super::machine::Machine;
use crate::evidence::ReasonCode;

/// How long files are read for their digests; the rest get none, and the rows say so.
const DIGEST_TIME: Duration = Duration::from_secs(45);

/// Most files that are remembered.
const MAX_FILES: usize = 100_000;

/// What is known of files, by their paths in lower case.
pub(super) struct Book {
    facts: BTreeMap<String, Facts>,
    watch: Stopwatch,
}

impl Book {
    pub(super) fn new() -> Self {
        Self { facts: BTreeMap::new(), watch: Stopwatch::start() }
    }

    /// What is known of a file.
    pub(super) fn facts(&mut self, machine: &Machine, path: &str, lines: &mut Lines<'_>) -> Facts {
        let key = path.to_lowercase();
        if let Some(known) = self.facts.get(&key) {
            return known.clone();
        }
        let mut facts = Facts::default();
        let in_time = self.watch.elapsed() < DIGEST_TIME && self.facts.len() < MAX_FILES;
        if let Err(error) = look(machine, path, &mut facts, in_time) {
            facts.missing = is_nothing(&error);
            facts.no_digest = Some(code_of(&error));
        }
        Said::complain(&facts, lines);
        if self.facts.len() < MAX_FILES {
            self.facts.insert(key, facts.clone());
        }
        facts
    }
}

fn look(machine: &Machine, path: &str, facts: &mut Facts, in_time: bool) -> io::Result<()> {
    let standing = machine.stand(path)?;
    (facts.size, facts.modified) = (standing.metadata.size, standing.metadata.modified);
    if !in_time || facts.size.is_none_or(|size| size > MAX_DIGESTED) {
        facts.no_digest = Some(ReasonCode::ArtifactLimit);
        return Ok(());
    }
    facts.sha256 = Some(digest(&mut machine.open(&standing)?.take(MAX_DIGESTED))?);
    Ok(())
}
