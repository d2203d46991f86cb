//! Files that a collector of state found suspicious, opened so that rules are matched against them.
//!
//! In: [`Suspect`]s, each with its reason. Out: a [`Finding`] for each that can be collected. A suspect that an earlier
//! step handed out, that is no regular file or that is too large is left out: its row reports it in any case.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use super::found::{Finding, Found, Unread};
use super::target::Target;
use super::target_volume::TargetVolume;
use crate::evidence::{Kind, Metadata, Origin, Outcome};
use crate::formats::procfs;
use crate::sys::time_limit::OneByOne;
use crate::sys::{Root, is_nothing};

/// Most files that are collected because of what is known of them, and the size of the largest.
const MAX_FILES: (usize, u64) = (500, 32 << 20);

/// Most deleted programs that are copied: each is a different file.
const MAX_PROGRAMS: usize = 1_000;

/// How long opening the program of one process may take.
const PROCESS_LIMIT: Duration = Duration::from_secs(2);

/// Something that a collector of state asks to be scanned.
#[derive(Debug)]
pub(crate) enum Suspect {
    /// A file that the system starts and that no package has, by its path from the root.
    Unpackaged(Vec<u8>),
    /// A file that the system starts and that differs from the one in its package, by its path from the root.
    Altered(Vec<u8>),
    /// A program that runs although its file was deleted.
    DeletedProgram {
        /// The process that runs it.
        pid: u32,
        /// The path it had.
        path: Vec<u8>,
    },
    /// A process of which it could not be learnt whether its program was deleted.
    UnreadProgram {
        /// The process.
        pid: u32,
        /// Why.
        error: io::Error,
    },
}

/// Hands out the findings of suspects.
pub(crate) fn find(
    target: &Target,
    suspects: impl Iterator<Item = Suspect>,
    emit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let Some((index, place)) = target.system_place() else { return ControlFlow::Continue(()) };
    let programs = Arc::clone(place);
    let mut programs =
        OneByOne::new(PROCESS_LIMIT, move |(pid, path): (u32, Vec<u8>)| program(&programs, pid, &path));
    let (mut files, mut copied) = (0_usize, Vec::new());
    for suspect in suspects {
        let finding = match suspect {
            Suspect::Unpackaged(path) | Suspect::Altered(path) if files < MAX_FILES.0 => {
                let file = file(target, index, &path);
                files = files.saturating_add(usize::from(file.is_some()));
                file.map(Finding::Found)
            }
            Suspect::Unpackaged(_) | Suspect::Altered(_) => None,
            Suspect::DeletedProgram { pid, path } => {
                let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec();
                match programs.ask((pid, path)).and_then(|metadata: io::Result<_>| metadata) {
                    Ok(metadata) => {
                        let file = (metadata.device, metadata.inode);
                        let new = !copied.contains(&file) && copied.len() < MAX_PROGRAMS;
                        new.then(|| {
                            copied.push(file);
                            Finding::Found(Found::program(origin(pid, &name), index, pid, metadata))
                        })
                    }
                    Err(error) => unread(pid, &name, &error),
                }
            }
            Suspect::UnreadProgram { pid, error } => unread(pid, b"program", &error),
        };
        if let Some(finding) = finding {
            emit(finding)?;
        }
    }
    ControlFlow::Continue(())
}

/// A file that is small enough and was not handed out before.
fn file(target: &Target, index: usize, path: &[u8]) -> Option<Found> {
    let plain = path.strip_prefix(b"/").unwrap_or(path);
    let found = target.look(index, plain.to_vec(), None).ok()?;
    let small = found.metadata.size.is_some_and(|size| size <= MAX_FILES.1);
    (found.kind == Kind::File && small && target.first_time(index, plain)).then_some(found)
}

/// The facts of the deleted program that a process runs, by the kernel's link to it. `path` is the one that the link had
/// before; a process that runs a program by now that was not deleted counts as one that has ended.
fn program(place: &TargetVolume, pid: u32, path: &[u8]) -> io::Result<Metadata> {
    let root = place.tree.host().ok_or(io::ErrorKind::NotFound)?.root();
    let exe = format!("proc/{pid}/exe").into_bytes();
    let stat = Root::stat_open(&root.open_program(&exe)?.file)?;
    // Read after opening: had the process begun another program before, the link would name that one.
    match procfs::deleted(&root.link(&exe)?) {
        (now, true) if now == path => {}
        (_, true) => return Err(io::Error::other("the path of the deleted program changed meanwhile")),
        (_, false) => return Err(io::ErrorKind::NotFound.into()),
    }
    if stat.kind == Kind::File {
        return Ok(stat.metadata);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
}

fn origin(pid: u32, name: &[u8]) -> Origin {
    Origin::Live { name: format!("executables/{pid}/{}", String::from_utf8_lossy(name)) }
}

/// The gap that a program leaves which could not be opened. A process that has ended meanwhile leaves none, and one that
/// may not be inspected is reported in the rows.
fn unread(pid: u32, name: &[u8], error: &io::Error) -> Option<Finding> {
    if is_nothing(error) || error.kind() == io::ErrorKind::PermissionDenied {
        return None;
    }
    let gap = Unread::of_error(origin(pid, name), "inspecting the program of a process", error);
    Some(Finding::Gap(Unread { kind: Kind::File, outcome: Outcome::Failed, ..gap }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::evidence::ReasonCode;

    /// The process of the test itself: its program was not deleted, as if it had begun it after the link was read.
    #[test]
    fn a_process_that_runs_another_program_by_now_is_not_copied_under_the_name_of_the_deleted_one() {
        let target = Target::tree(Path::new("/")).unwrap();
        let program = std::env::current_exe().unwrap().into_os_string().into_encoded_bytes();
        for path in [b"/tmp/gone".to_vec(), program] {
            let suspects = [Suspect::DeletedProgram { pid: std::process::id(), path }];
            let mut findings = Vec::new();
            let flow = find(&target, suspects.into_iter(), &mut |finding| {
                findings.push(finding);
                ControlFlow::Continue(())
            });
            assert!(flow.is_continue() && findings.is_empty(), "{findings:?}");
        }
    }

    #[test]
    fn a_program_that_begins_before_the_deleted_one_is_copied_is_another_file() {
        let target = Target::tree(Path::new("/")).unwrap();
        let (index, place) = target.system_place().unwrap();
        let pid = std::process::id();
        let exe = format!("proc/{pid}/exe").into_bytes();
        let opened = place.tree.host().unwrap().root().open_program(&exe).unwrap();
        let metadata = Root::stat_open(&opened.file).unwrap().metadata;
        let found = |metadata| Found::program(origin(pid, b"gone"), index, pid, metadata);
        assert!(target.open(&found(metadata.clone())).is_ok());
        let other = Metadata { inode: metadata.inode.map(|inode| inode.wrapping_add(1)), ..metadata };
        let gap = target.open(&found(other)).err().unwrap();
        assert_eq!(gap.reason.code, ReasonCode::Vanished);
    }
}
