//! Facts of a file that Windows starts or runs: its kind, size and digest, and on a running system its signature as
//! Windows verifies it. Each file is read once.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::time::Duration;

use super::found_starts::lower;
use super::windows_host::WindowsHost;
use crate::evidence::rows::signature::Signature;
use crate::evidence::rows::started_files::StartedFile;
use crate::evidence::{Exact, ReasonCode};
use crate::live::linux::executables::{MAX_DIGESTED, digest};
use crate::live::linux::started_files::OwnerBook;
use crate::sources::rows::{Lines, code_of};
use crate::sys;
use crate::sys::time_limit::OneByOne;
use crate::sys::{FileSignature, Stopwatch, is_nothing};

/// How long files are read for their digests; the rest get none, and the rows say so.
const DIGEST_TIME: Duration = Duration::from_secs(45);

/// How long Windows is asked about signatures, and about one: it reads the file again, and looks in its catalogs.
const SIGNATURE_TIME: Duration = Duration::from_secs(30);

/// How long in addition it is asked about files that any user may have put there.
const SIGNATURE_RESERVE: Duration = Duration::from_secs(15);
const SIGNATURE_LIMIT: Duration = Duration::from_secs(5);

/// Most files that are remembered.
const MAX_FILES: usize = 100_000;

/// What is known of files, by their paths in lower case.
pub(crate) struct Book {
    facts: BTreeMap<Vec<u8>, StartedFile>,
    watch: Stopwatch,
    /// What asks about signatures; none where nobody knows.
    signatures: Option<OneByOne<String, io::Result<Option<FileSignature>>>>,
    asking: Duration,
}

impl Book {
    pub(crate) fn new(machine: &WindowsHost) -> Self {
        let knows = machine.is_live() && sys::IS_WINDOWS;
        let signatures = knows.then(|| OneByOne::new(SIGNATURE_LIMIT, |path: String| sys::signature(&path)));
        Self { facts: BTreeMap::new(), watch: Stopwatch::start(), signatures, asking: Duration::ZERO }
    }

    /// What is known of a file.
    pub(crate) fn facts(
        &mut self,
        machine: &WindowsHost,
        path: &Exact,
        lines: &mut Lines<'_>,
    ) -> StartedFile {
        let key = lower(&path.0);
        if let Some(known) = self.facts.get(&key) {
            return known.clone();
        }
        let mut facts = StartedFile::default();
        let in_time = self.watch.elapsed() < DIGEST_TIME && self.facts.len() < MAX_FILES;
        if let Err(error) = look(machine, path, &mut facts, in_time) {
            facts.missing = is_nothing(&error);
            facts.no_digest = Some(code_of(&error));
        }
        if facts.sha256.is_some() {
            let signature = match str::from_utf8(&path.0) {
                Ok(path) => self.signature(&machine.folders(None).expand(path), lines),
                Err(_) if self.signatures.is_none() => None,
                Err(_) => {
                    let text = format!(
                        "Windows was not asked for the signature of {:?}: it is no text",
                        path.text()
                    );
                    lines.short(ReasonCode::Unsupported, text);
                    None
                }
            };
            facts.signature = signature.map(Box::new);
        }
        OwnerBook::complain(&facts, lines);
        if self.facts.len() < MAX_FILES {
            self.facts.insert(key, facts.clone());
        }
        facts
    }
}

impl Book {
    /// What Windows says of a file's signature; none where it does not say.
    fn signature(&mut self, path: &str, lines: &mut Lines<'_>) -> Option<Signature> {
        let signatures = self.signatures.as_mut()?;
        let reserve = if is_of_the_system(path) { Duration::ZERO } else { SIGNATURE_RESERVE };
        if self.asking > SIGNATURE_TIME.saturating_add(reserve) {
            lines.short(
                ReasonCode::ArtifactLimit,
                "files whose signature was not asked for, for want of time",
            );
            return None;
        }
        let watch = Stopwatch::start();
        let said = signatures.ask(path.to_owned()).and_then(|said| said);
        self.asking = self.asking.saturating_add(watch.elapsed());
        match said {
            Ok(said) => said.map(Signature::from),
            Err(error) => {
                lines
                    .short(code_of(&error), format!("asking Windows for the signature of {path:?}: {error}"));
                None
            }
        }
    }
}

fn look(machine: &WindowsHost, path: &Exact, facts: &mut StartedFile, in_time: bool) -> io::Result<()> {
    let standing = machine.stand(&path.0)?;
    (facts.size, facts.modified) = (standing.metadata.size, standing.metadata.modified);
    if !in_time || facts.size.is_none_or(|size| size > MAX_DIGESTED) {
        facts.no_digest = Some(ReasonCode::ArtifactLimit);
        return Ok(());
    }
    facts.sha256 = Some(digest(&mut machine.open(&standing)?.take(MAX_DIGESTED))?);
    Ok(())
}

/// Whether a path is below directories that only administrators may write to by default: Windows' own, but for the few of
/// it that users may write to, and those of programs. Signatures elsewhere are asked for first, and for longer.
pub(crate) fn is_of_the_system(path: &str) -> bool {
    let path = path.to_lowercase().replace('/', "\\");
    let path = path.strip_prefix("\\\\?\\").unwrap_or(&path);
    let below = |directories: &[&str], path: &str| directories.iter().any(|one| path.starts_with(one));
    // A path that climbs leads to anywhere.
    if path.split('\\').any(|part| part == "..") {
        return false;
    }
    match path.split_once(":\\") {
        Some((drive, rest)) if drive.len() == 1 => below(&SYSTEM, rest) && !below(&WRITABLE, rest),
        _ => false,
    }
}

const SYSTEM: [&str; 3] = ["windows\\", "program files\\", "program files (x86)\\"];

/// What users may write to below them (<https://attack.mitre.org/techniques/T1036/005/> and the lists of `AppLocker` bypasses).
const WRITABLE: [&str; 10] = [
    "windows\\temp\\",
    "windows\\tasks\\",
    "windows\\tracing\\",
    "windows\\debug\\wia\\",
    "windows\\registration\\crmlog\\",
    "windows\\system32\\tasks\\",
    "windows\\system32\\com\\dmp\\",
    "windows\\system32\\microsoft\\crypto\\rsa\\machinekeys\\",
    "windows\\system32\\spool\\drivers\\color\\",
    "windows\\syswow64\\tasks\\",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_any_user_may_have_written_is_none_of_the_systems() {
        for own in [
            "C:\\Windows\\System32\\svchost.exe",
            "\\\\?\\c:\\PROGRAM FILES\\x\\y.dll",
            "D:\\Program Files (x86)\\x.exe",
        ] {
            assert!(is_of_the_system(own), "{own}");
        }
        for other in [
            "C:\\Users\\Public\\svchost.exe",
            "C:\\ProgramData\\x.exe",
            "C:\\Windows\\Temp\\x.exe",
            "C:\\Windows\\System32\\spool\\drivers\\color\\x.dll",
            "C:\\Windows\\..\\Users\\x.exe",
            "C:\\WindowsUpdate\\x.exe",
            "\\\\server\\share\\windows\\x.exe",
            "x.exe",
        ] {
            assert!(!is_of_the_system(other), "{other}");
        }
    }
}
