//! What is known of a file that is started: what stands there, its digest, and the package it belongs to.
//!
//! In: paths of the target. Out: [`Facts`]. A file is read once, whatever the number of rows that lead to it.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::time::Duration;

use serde::Serialize;

use super::packages::{self, Asked, Owned};
use super::reach::Reach;
use super::{Exact, executables};
use crate::evidence::rows::signature::Signature;
use crate::evidence::{Digest, ReasonCode, Utc};
use crate::sources::rows::{Lines, code_of};
use crate::sys::{Stopwatch, is_nothing};

/// How long files are read for their digests; the rest get none, and the rows say so.
const DIGEST_TIME: Duration = Duration::from_secs(45);

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Facts {
    /// Whether nothing stands there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// SHA-256 of its content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// Why it has no digest: a code as in the records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_digest: Option<ReasonCode>,
    /// Its size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// When it was last modified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<Utc>,
    /// The package that has it; `null` where none has it, left out where nobody can tell.
    #[serde(skip_serializing_if = "Owner::is_unknown")]
    pub owned_by: Owner,
    /// What the system says of its signature; of a running Windows alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Box<Signature>>,
    /// Whether it is as the package brought it, by MD5; left out where the package does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_packaged: Option<bool>,
}

/// Who owns a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(untagged)]
pub enum Owner {
    /// Nobody can tell; left out of a row.
    #[default]
    Unknown,
    /// No package has it; `null` in a row.
    Nobody,
    /// The package that has it.
    Package(String),
}

impl Owner {
    pub(crate) const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

/// What packages and disk tell of the files that are started.
pub(crate) struct Book {
    asked: Asked,
    /// Whether a package manager could be asked.
    known: bool,
    facts: BTreeMap<Exact, Facts>,
    watch: Stopwatch,
}

impl Book {
    /// Asks the package manager for all of `paths`.
    pub(crate) fn of<'a>(reach: &Reach, paths: impl Iterator<Item = &'a Exact>) -> Self {
        let mut asked: Asked =
            paths.map(|path| (packages::plain(&path.0).to_vec(), Owned::default())).collect();
        let known = packages::ask(reach, &mut asked);
        Self { asked, known, facts: BTreeMap::new(), watch: Stopwatch::start() }
    }

    /// What the package manager says of a file; none where nobody can tell.
    pub(crate) fn owned(&self, path: &Exact) -> Option<&Owned> {
        self.asked.get(packages::plain(&path.0)).filter(|_| self.known)
    }

    /// The package that has it.
    pub(crate) fn owner(&self, path: &Exact) -> Owner {
        match self.owned(path).map(|owned| owned.package.clone()) {
            None => Owner::Unknown,
            Some(None) => Owner::Nobody,
            Some(Some(package)) => Owner::Package(package),
        }
    }

    /// What is known of it.
    pub(crate) fn facts(&mut self, reach: &Reach, path: &Exact) -> Facts {
        if let Some(known) = self.facts.get(path) {
            return known.clone();
        }
        let mut facts = Facts { owned_by: self.owner(path), ..Facts::default() };
        let in_time = self.watch.elapsed() < DIGEST_TIME;
        let md5 = self.owned(path).and_then(|owned| owned.md5);
        if let Err(error) = look(reach, path, &mut facts, md5, in_time) {
            facts.missing = is_nothing(&error);
            // A package that is not here would have brought it, or none would: nobody can tell.
            if facts.missing && facts.owned_by == Owner::Nobody {
                facts.owned_by = Owner::Unknown;
            }
            facts.no_digest = Some(code_of(&error));
        }
        self.facts.insert(path.clone(), facts.clone());
        facts
    }

    /// Says so where a file has no digest for want of time.
    pub(crate) fn complain(facts: &Facts, lines: &mut Lines<'_>) {
        if facts.no_digest == Some(ReasonCode::ArtifactLimit) {
            lines.short(ReasonCode::ArtifactLimit, "files without a digest, since time or size forbade it");
        }
    }
}

fn look(
    reach: &Reach,
    path: &Exact,
    facts: &mut Facts,
    md5: Option<[u8; 16]>,
    in_time: bool,
) -> io::Result<()> {
    let file = reach.open(&path.0)?;
    let told = reach.stat(&path.0)?;
    (facts.size, facts.modified) = (told.size, told.modified);
    if !in_time || told.size.is_none_or(|size| size > executables::MAX_DIGESTED) {
        facts.no_digest = Some(ReasonCode::ArtifactLimit);
        return Ok(());
    }
    let mut reader =
        Summing { file: file.take(executables::MAX_DIGESTED), md5: md5.is_some().then(md5::Md5::default) };
    facts.sha256 = Some(executables::digest(&mut reader)?);
    if let (Some(made), Some(wanted)) = (reader.md5, md5) {
        facts.as_packaged = Some(<[u8; 16]>::from(md5::Digest::finalize(made)) == wanted);
    }
    Ok(())
}

/// Computes the package manager's digest of what is read for our own.
struct Summing<R> {
    file: R,
    md5: Option<md5::Md5>,
}

impl<R: io::Read> io::Read for Summing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        if let Some(md5) = &mut self.md5 {
            md5::Digest::update(md5, buffer.get(..count).unwrap_or_default());
        }
        Ok(count)
    }
}

/// A path with the root's slash in front.
pub(crate) fn rooted(path: &[u8]) -> Exact {
    Exact([b"/", path.strip_prefix(b"/").unwrap_or(path)].concat())
}
