//! Tries this collector on the machine that it runs on: what only a real one can show, and no test elsewhere.
//!
//! In: a folder to work in. Out: of each [`Check`], whether it holds, fails, or cannot be tried here and why. Files
//! that it makes itself, in a folder of its own that goes when it ends, are found and read just as `collect` does it,
//! and what comes is held against what was made; of the machine itself only what it tells of all is asked for. No
//! evidence is written.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::evidence::Metadata;
use crate::live;
use crate::playbook::plan_to_look;
use crate::sources::{Error, Finding, Found, Target, Unread};
use crate::sys;
use crate::sys::{Peculiar, Workplace};
use crate::text::Sentence;
use crate::text::outcome::outcome;
use crate::text::phrases::Phrase;
use crate::text::selftest_reasons as text;

mod checks;
mod itself;
mod machine;
mod raw_reading;
mod registry;

/// Something that is tried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the command line says what each means")]
pub enum Check {
    Content,
    AccessTime,
    DirectoryAccessTime,
    Times,
    Owner,
    LongPath,
    Names,
    Links,
    Sparse,
    Sharing,
    Streams,
    ShortName,
    InUse,
    Oplock,
    PartLocked,
    Backup,
    NotLocal,
    Placeholders,
    Compressed,
    Overlay,
    RawVolume,
    ChangeJournal,
    ShadowCopies,
    Volumes,
    Disks,
    Processes,
    Sockets,
    Accounts,
    Sessions,
    Pipes,
    CachedNames,
    Signatures,
    Environments,
    Memory,
    ClosedConsole,
    Libraries,
    OpenDirectory,
    RegistryZero,
    RegistryLarge,
    RegistryRefused,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckResult {
    /// It holds.
    Passed,
    /// It does not; what was seen instead.
    Failed(Sentence),
    /// It cannot be tried here, and why.
    NotPossible(Sentence),
}

/// Passes where `so` holds; else fails with what was seen.
fn passes(so: bool, seen: impl FnOnce() -> Sentence) -> CheckResult {
    if so { CheckResult::Passed } else { CheckResult::Failed(seen()) }
}

/// A check: its name in this program's output, and how it is carried out.
type Trial = (Check, &'static str, fn(&Trying) -> CheckResult);

/// All of them, in the order in which they are carried out.
const TRIALS: [Trial; 40] = [
    (Check::Content, "content", checks::content),
    (Check::AccessTime, "access_time", checks::access_time),
    (Check::DirectoryAccessTime, "directory_access_time", checks::directory_access_time),
    (Check::Times, "times", checks::times),
    (Check::Owner, "owner", checks::owner),
    (Check::LongPath, "long_path", checks::long_path),
    (Check::Names, "names", checks::names),
    (Check::Links, "links", checks::links),
    (Check::Sparse, "sparse", checks::sparse),
    (Check::Sharing, "sharing", checks::sharing),
    (Check::Streams, "streams", checks::streams),
    (Check::ShortName, "short_name", checks::short_name),
    (Check::InUse, "in_use", checks::in_use),
    (Check::Oplock, "oplock", checks::oplock),
    (Check::PartLocked, "part_locked", checks::part_locked),
    (Check::Backup, "backup", checks::backup),
    (Check::NotLocal, "not_local", checks::not_local),
    (Check::Placeholders, "placeholders", checks::placeholders),
    (Check::Compressed, "compressed", checks::compressed),
    (Check::Overlay, "overlay", checks::overlay),
    (Check::RawVolume, "raw_volume", machine::raw_volume),
    (Check::ChangeJournal, "change_journal", machine::change_journal),
    (Check::ShadowCopies, "shadow_copies", machine::shadow_copies),
    (Check::Volumes, "volumes", machine::volumes),
    (Check::Disks, "disks", machine::disks),
    (Check::Processes, "processes", machine::processes),
    (Check::Sockets, "sockets", machine::sockets),
    (Check::Accounts, "accounts", machine::accounts),
    (Check::Sessions, "sessions", machine::sessions),
    (Check::Pipes, "pipes", machine::pipes),
    (Check::CachedNames, "cached_names", machine::cached_names),
    (Check::Signatures, "signatures", machine::signatures),
    (Check::Environments, "environments", machine::environments),
    (Check::Memory, "memory", machine::memory),
    (Check::ClosedConsole, "closed_console", itself::closed_console),
    (Check::Libraries, "libraries", itself::libraries),
    (Check::OpenDirectory, "open_directory", checks::open_directory),
    (Check::RegistryZero, "registry_zero", registry::zero),
    (Check::RegistryLarge, "registry_large", registry::large),
    (Check::RegistryRefused, "registry_refused", registry::refused),
];

/// A self-test that cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelfTestError {
    /// There is no place to work in.
    #[error("cannot create a directory in '{}' to work in", .folder.display())]
    Folder {
        /// Where.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What it made is still there.
    #[error("cannot remove the directory '{}' that the self-test made: remove it manually", .folder.display())]
    Left {
        /// Which.
        folder: PathBuf,
    },
    /// The machine cannot be examined.
    #[error(transparent)]
    Target(#[from] Error),
}

/// Carries out all checks in a folder of its own below `folder`, and tells each as it is done.
///
/// # Errors
/// [`SelfTestError`], where it cannot begin or cannot take away what it made.
pub fn run(
    folder: &Path,
    tell: &mut dyn FnMut(Check, &'static str, CheckResult),
) -> Result<(), SelfTestError> {
    let name = format!("veldkit-selftest-{}", std::process::id());
    let place = Workplace::new(folder, &name)
        .map_err(|source| SelfTestError::Folder { folder: folder.to_owned(), source })?;
    let path = place.path().to_owned();
    let trying = Trying::new(place, Target::live()?);
    for (check, name, trial) in TRIALS {
        tell(check, name, trial(&trying));
    }
    drop(trying);
    match path.try_exists() {
        Ok(false) => Ok(()),
        Ok(true) | Err(_) => Err(SelfTestError::Left { folder: path }),
    }
}

/// What the checks share: the machine, what was made, and what the collector found of that.
struct Trying {
    target: Target,
    place: Workplace,
    /// What became of each thing that was to be made, by its name.
    made: BTreeMap<&'static str, io::Result<()>>,
    /// What was found, by path below the folder, streams after a colon.
    found: BTreeMap<String, Finding>,
}

/// Names of what is made.
const PLAIN: &str = "plain.txt";
const RENAMED: &str = "renamed.txt";
const LINK: &str = "link";
const LOOP: &str = "folder/loop";
const SPARSE: &str = "sparse.bin";
const OLD_DIRECTORY: &str = "old";
const INSIDE: &str = "inside.txt";
const STREAMS: &str = "streams.txt";
const SHORT: &str = "a name longer than eight and three.text";
const DEEP: &str = "deep";
/// Awkward on one system or the other, and possible on both where they are asked for in the right way.
const NAMES: [&str; 4] = ["één 🗄.txt", "trailing dot.", "con.txt", "spatie "];

/// More than a record of the master file table holds, less than a buffer does.
const LENGTH: usize = 100_000;

/// Deeper than Windows' own functions go unasked, in parts that every file system takes.
fn deep() -> String {
    format!("{DEEP}/{}file.txt", "een map met een lange naam/".repeat(20))
}

/// Text that compresses.
fn content(name: &str) -> Vec<u8> {
    format!("veldkit selftest {name}\r\n").into_bytes().into_iter().cycle().take(LENGTH).collect()
}

/// Bytes of a sparse file, and what stands at its end.
const SPARSE_SIZE: u64 = 100 << 20;
const SPARSE_END: &[u8] = b"the end of it";

impl Trying {
    /// Makes everything, then looks for it as for a path that is asked for.
    fn new(mut place: Workplace, target: Target) -> Self {
        let mut made = BTreeMap::new();
        for name in [PLAIN, RENAMED, STREAMS, SHORT] {
            made.insert(name, place.file(name, &content(name)));
        }
        made.insert(DEEP, place.file(&deep(), &content(DEEP)));
        for name in NAMES {
            made.insert(name, place.file(name, &content(name)));
        }
        made.insert(OLD_DIRECTORY, place.old_directory(OLD_DIRECTORY, INSIDE));
        made.insert(LINK, place.folder("folder").and_then(|()| place.link(LINK, "folder")));
        made.insert(LOOP, place.link(LOOP, ""));
        made.insert(SPARSE, place.sparse(SPARSE, SPARSE_SIZE, SPARSE_END));
        let streams = place.stream(STREAMS, "other", &content("other"));
        let streams = streams.and_then(|()| place.stream(STREAMS, "Zone.Identifier", ZONE));
        made.insert("other", streams);
        for (kind, name) in PECULIAR {
            made.insert(name, place.peculiar(kind, name, &content(name)));
        }
        let found = find(&target, place.path());
        Self { target, place, made, found }
    }

    /// Whether something was made; if not, the reason as a verdict.
    fn made(&self, name: &str) -> Result<(), CheckResult> {
        match self.made.get(name) {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(CheckResult::NotPossible(text::cannot_make(&error.to_string()))),
            None => Err(CheckResult::Failed(text::never_made(name))),
        }
    }

    /// What was found of a file that was made.
    fn found(&self, name: &str) -> Result<&Found, CheckResult> {
        match self.found.get(name) {
            Some(Finding::Found(found)) => Ok(found),
            Some(Finding::Gap(gap)) => Err(CheckResult::Failed(reported(gap))),
            None => Err(CheckResult::Failed(text::not_found(name))),
        }
    }

    /// The record of what was found and not taken.
    fn gap(&self, name: &str) -> Result<&Unread, CheckResult> {
        match self.found.get(name) {
            Some(Finding::Gap(gap)) => Ok(gap),
            Some(Finding::Found(_)) => Err(CheckResult::Failed(text::would_be_collected(name))),
            None => Err(CheckResult::Failed(text::not_found(name))),
        }
    }

    /// Reads what was found as `collect` does.
    fn read(&self, name: &str) -> Result<Read, CheckResult> {
        let found = self.found(name)?;
        let mut opened = self.target.open(found).map_err(|gap| CheckResult::Failed(reported(&gap)))?;
        let (mut content, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
        loop {
            match opened.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => content.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(CheckResult::Failed(text::reading(name, &error.to_string()))),
            }
            if content.len() > MOST {
                return Err(CheckResult::Failed(text::too_much(name)));
            }
        }
        let metadata = opened.metadata.clone();
        let ranges = opened.ranges.iter().map(|range| (range.offset, range.length)).collect();
        let closed = opened.finish();
        Ok(Read { content, metadata, ranges, read_by: closed.read_by, notes: closed.notes })
    }

    /// Reads a file and holds it against what was written; gives how it was read.
    fn same(&self, name: &'static str) -> Result<Read, CheckResult> {
        self.made(name)?;
        let read = self.read(name)?;
        if read.content == content(name) {
            Ok(read)
        } else {
            Err(CheckResult::Failed(text::other_bytes_of(name, &read.read_by.join(", "))))
        }
    }
}

/// Most bytes that anything made here gives: the holes of the sparse file are left out.
const MOST: usize = 1 << 20;

/// What reading gave.
struct Read {
    content: Vec<u8>,
    metadata: Metadata,
    ranges: Vec<(u64, u64)>,
    read_by: Vec<String>,
    notes: Vec<crate::evidence::Note>,
}

const ZONE: &[u8] = b"[ZoneTransfer]\r\nZoneId=3\r\n";

/// What only some systems have, and its names.
const IN_USE: &str = "in_use.bin";
const OPLOCKED: &str = "oplocked.bin";
const PART_LOCKED: &str = "part_locked.bin";
const REFUSED: &str = "refused.bin";
const OFFLINE: &str = "offline.bin";
const COMPRESSED: &str = "compressed.bin";
const OVERLAID: &str = "overlaid.bin";
const PECULIAR: [(Peculiar, &str); 7] = [
    (Peculiar::KeptOpen, IN_USE),
    (Peculiar::Oplocked, OPLOCKED),
    (Peculiar::PartLocked, PART_LOCKED),
    (Peculiar::Refused, REFUSED),
    (Peculiar::Offline, OFFLINE),
    (Peculiar::Compressed, COMPRESSED),
    (Peculiar::Overlaid, OVERLAID),
];

/// Most findings kept: a loop that is followed would give more.
const MAX_FINDINGS: usize = 1_000;

/// Everything below a folder, as the collector finds it.
fn find(target: &Target, folder: &Path) -> BTreeMap<String, Finding> {
    let path = sys::place_text(&sys::path_bytes(folder));
    let plan = plan_to_look(&[crate::sources::quote(&path)], None, target.os());
    let mut all = BTreeMap::new();
    for step in &plan.steps {
        live::find_step(target, step, &mut |finding| {
            let origin = match &finding {
                Finding::Found(found) => &found.origin,
                Finding::Gap(gap) => &gap.origin,
            };
            if let Some(name) = below(origin, folder) {
                all.insert(name, finding);
            }
            if all.len() < MAX_FINDINGS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
    }
    all
}

/// The path of an origin below the folder, with its stream.
fn below(origin: &crate::evidence::Origin, folder: &Path) -> Option<String> {
    let crate::evidence::Origin::File { path, stream, .. } = origin else { return None };
    let name = folder.file_name()?.to_str()?;
    let path = String::from_utf8_lossy(path);
    let (_, rest) = path.split_once(&format!("{name}/"))?;
    let stream = stream.as_ref().map(|stream| format!(":{}", String::from_utf8_lossy(stream)));
    Some(format!("{rest}{}", stream.unwrap_or_default()))
}

/// What a gap says, as one line.
fn reported(gap: &Unread) -> Sentence {
    text::unread(&outcome(gap.outcome), Phrase(&gap.reason.detail))
}

/// All checks, in the order in which they are carried out.
pub fn all() -> impl Iterator<Item = Check> {
    TRIALS.into_iter().map(|(check, ..)| check)
}
