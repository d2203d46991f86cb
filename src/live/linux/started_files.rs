//! Facts of a file that is started: its kind, size and digest, and the package that it belongs to.
//!
//! In: paths of the target. Out: [`StartedFile`]. A file is read once, whatever the number of rows that lead to it.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::time::Duration;

use super::executables;
use super::linux_host::LinuxHost;
use super::packages;
use super::packages::{AskedFiles, Owned};
use crate::evidence::ReasonCode;
use crate::evidence::rows::started_files::{PackageOwner, StartedFile};
use crate::live::Exact;
use crate::sources::rows::{Lines, code_of};
use crate::sys::{Stopwatch, is_nothing};

/// How long files are read for their digests; the rest get none, and the rows say so.
const DIGEST_TIME: Duration = Duration::from_secs(45);

/// What packages and disk tell of the files that are started.
pub(crate) struct OwnerBook {
    asked: AskedFiles,
    /// Whether a package manager could be asked.
    known: bool,
    facts: BTreeMap<Exact, StartedFile>,
    watch: Stopwatch,
}

impl OwnerBook {
    /// Asks the package manager for all of `paths`.
    pub(crate) fn of<'a>(reach: &LinuxHost, paths: impl Iterator<Item = &'a Exact>) -> Self {
        let mut asked: AskedFiles =
            paths.map(|path| (packages::plain(&path.0).to_vec(), Owned::default())).collect();
        let known = packages::ask(reach, &mut asked);
        Self { asked, known, facts: BTreeMap::new(), watch: Stopwatch::start() }
    }

    /// What the package manager says of a file; none where nobody can tell.
    pub(crate) fn owned(&self, path: &Exact) -> Option<&Owned> {
        self.asked.get(packages::plain(&path.0)).filter(|_| self.known)
    }

    /// The package that has it.
    pub(crate) fn owner(&self, path: &Exact) -> PackageOwner {
        match self.owned(path).map(|owned| owned.package.clone()) {
            None => PackageOwner::Unknown,
            Some(None) => PackageOwner::Nobody,
            Some(Some(package)) => PackageOwner::Package(package),
        }
    }

    /// What is known of it.
    pub(crate) fn facts(&mut self, reach: &LinuxHost, path: &Exact) -> StartedFile {
        if let Some(known) = self.facts.get(path) {
            return known.clone();
        }
        let mut facts = StartedFile { owned_by: self.owner(path), ..StartedFile::default() };
        let in_time = self.watch.elapsed() < DIGEST_TIME;
        let md5 = self.owned(path).and_then(|owned| owned.md5);
        if let Err(error) = look(reach, path, &mut facts, md5, in_time) {
            facts.missing = is_nothing(&error);
            // A package that is not here would have brought it, or none would: nobody can tell.
            if facts.missing && facts.owned_by == PackageOwner::Nobody {
                facts.owned_by = PackageOwner::Unknown;
            }
            facts.no_digest = Some(code_of(&error));
        }
        self.facts.insert(path.clone(), facts.clone());
        facts
    }

    /// Says so where a file has no digest for want of time.
    pub(crate) fn complain(facts: &StartedFile, lines: &mut Lines<'_>) {
        if facts.no_digest == Some(ReasonCode::ArtifactLimit) {
            lines.short(ReasonCode::ArtifactLimit, "files without a digest, since time or size forbade it");
        }
    }
}

fn look(
    reach: &LinuxHost,
    path: &Exact,
    facts: &mut StartedFile,
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
