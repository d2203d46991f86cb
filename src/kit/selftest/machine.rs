//! Checks on the machine as a whole: its volumes with their own files, its processes, their memory.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::ops::ControlFlow;
use std::path::Path;

use super::{CheckResult, PLAIN, Trying, passes, raw_reading};
use crate::evidence::{Outcome, ReasonCode};
use crate::formats::disk::FileSystem;
use crate::live;
use crate::playbook::{Live, Mode, Source, plan_to_look};
use crate::sources::{Finding, Memory, Opened, devices, volumes as listed};
use crate::sys;
use crate::sys::{Root, SignatureStatus};
use crate::text::phrases::Phrase;
use crate::text::selftest_reasons as text;

/// What went wrong, in the words of the error.
fn failed(error: &dyn std::error::Error) -> CheckResult {
    CheckResult::Failed(text::reported(Phrase(&error.to_string())))
}

pub(super) fn raw_volume(trying: &Trying) -> CheckResult {
    match raw_reading::is_possible(trying) {
        Err(verdict) => return verdict,
        Ok(false) => return CheckResult::NotPossible(raw_reading::refusal()),
        Ok(true) => {}
    }
    match raw_reading::read(trying, PLAIN) {
        Ok(content) => passes(content == super::content(PLAIN), || text::volume_bytes(content.len())),
        Err(error) => failed(&error),
    }
}

/// The change journal of the volume that is worked on: found as a playbook asks for it, and its first bytes read.
pub(super) fn change_journal(trying: &Trying) -> CheckResult {
    match raw_reading::is_possible(trying) {
        Err(verdict) => return verdict,
        Ok(false) => return CheckResult::NotPossible(raw_reading::refusal()),
        Ok(true) => {}
    }
    let path = "\\$Extend\\$UsnJrnl:$J".to_owned();
    let plan = plan_to_look(&[path], None, trying.target.os());
    let mut verdict = CheckResult::NotPossible(text::no_journal());
    for step in &plan.steps {
        live::find_step(&trying.target, step, &mut |finding| {
            let Finding::Found(found) = finding else { return ControlFlow::Continue(()) };
            verdict = match trying.target.open(&found) {
                Ok(mut opened) => match opened.read(&mut [0; 4096]) {
                    Ok(1..) => CheckResult::Passed,
                    Ok(0) => CheckResult::Failed(text::empty_journal()),
                    Err(error) => failed(&error),
                },
                Err(gap) => CheckResult::Failed(super::reported(&gap)),
            };
            ControlFlow::Break(())
        });
    }
    verdict
}

/// On Windows one of them is the drive that is worked on; elsewhere a file system may stand on no disk.
pub(super) fn volumes(trying: &Trying) -> CheckResult {
    let volumes = match listed::of_this_host() {
        Ok(volumes) => volumes,
        Err(error) => return failed(&error),
    };
    if volumes.is_empty() {
        return CheckResult::NotPossible(text::no_volumes());
    }
    let path = sys::place_text(&sys::path_bytes(trying.place.path()));
    let mut places = volumes.iter().filter_map(|volume| volume.place.as_ref());
    let so = !sys::HAS_STREAMS || places.any(|place| path.starts_with(place));
    passes(so, || text::no_volume_holds(volumes.len(), &path))
}

/// Each shadow copy that the system lists is a file system whose root can be listed.
pub(super) fn shadow_copies(_trying: &Trying) -> CheckResult {
    let copies = sys::shadow_copies();
    if copies.is_empty() {
        return CheckResult::NotPossible(text::no_shadow_copies());
    }
    for (number, root) in copies {
        let listed = Root::open(&root).and_then(|root| root.folder(b"")?.entries()?.next().transpose());
        match listed {
            Ok(Some(_)) => {}
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return CheckResult::NotPossible(text::shadow_copies_need_rights());
            }
            Ok(None) => return CheckResult::Failed(text::empty_shadow_copy(&number.to_string())),
            Err(error) => {
                return CheckResult::Failed(text::shadow_copy(&number.to_string(), &error.to_string()));
            }
        }
    }
    CheckResult::Passed
}

/// The table of processes names this one.
pub(super) fn processes(trying: &Trying) -> CheckResult {
    let own = std::process::id();
    rows(trying, Live::Processes, |row| {
        row.get("pid").and_then(serde_json::Value::as_u64) == Some(own.into())
    })
}

/// A row of any socket is told, since something listens on every machine; which, is its own affair.
pub(super) fn sockets(trying: &Trying) -> CheckResult {
    rows(trying, Live::Sockets, |row| row.get("row").is_some_and(|kind| kind != "schema"))
}

/// An account of this machine's own is told: one is there, if only the one that it was set up with.
pub(super) fn accounts(trying: &Trying) -> CheckResult {
    rows(trying, Live::Accounts, |row| is(row, "account"))
}

/// Where NTFS' volumes begin on their disks, what Windows says or `BitLocker` stands there.
pub(super) fn disks(_: &Trying) -> CheckResult {
    if !sys::IS_WINDOWS {
        return CheckResult::NotPossible(text::linux_reports_layers());
    }
    if !sys::privileged() {
        return CheckResult::NotPossible(text::disks_need_rights());
    }
    let all = match listed::of_system() {
        Ok(all) => all,
        Err(error) => return failed(&error),
    };
    let mut verdict = CheckResult::Failed(text::no_start());
    for facts in all.iter().filter(|facts| facts.file_system.as_deref() == Some("ntfs")) {
        let (Some(disk), Some(start)) = (facts.disk.as_deref(), facts.start) else { continue };
        match devices::file_system_at(Path::new(disk), start, u64::MAX) {
            Ok(FileSystem::Ntfs | FileSystem::BitLocker) => verdict = CheckResult::Passed,
            Ok(other) => {
                return CheckResult::Failed(text::disk_holds(&facts.name, other.name(), disk));
            }
            Err(error) => return CheckResult::Failed(text::reading(disk, &error.to_string())),
        }
    }
    verdict
}

/// On Windows the system itself is logged on; elsewhere nobody need be.
pub(super) fn sessions(trying: &Trying) -> CheckResult {
    if !sys::IS_WINDOWS {
        return CheckResult::NotPossible(text::nobody_logged_on());
    }
    rows(trying, Live::Sessions, |row| is(row, "logon_session"))
}

/// A named pipe is told: Windows' own services have some.
pub(super) fn pipes(trying: &Trying) -> CheckResult {
    rows(trying, Live::Objects, |row| is(row, "pipe"))
}

/// A name that the resolver remembers is told, where it remembers any.
pub(super) fn cached_names(trying: &Trying) -> CheckResult {
    if !sys::IS_WINDOWS {
        return CheckResult::NotPossible(text::only_windows_cache());
    }
    match sys::cached_names() {
        Ok(names) if names.is_empty() => CheckResult::NotPossible(text::empty_cache()),
        Ok(_) => rows(trying, Live::Network, |row| is(row, "cached_name")),
        Err(error) => failed(&error),
    }
}

/// Of this program it is told whether it is signed, of a text not; and one that runs has a valid signature, as Windows' own have.
pub(super) fn signatures(trying: &Trying) -> CheckResult {
    if !sys::IS_WINDOWS {
        return CheckResult::NotPossible(text::only_windows_signatures());
    }
    let of_text = sys::signature(&trying.place.path().join(PLAIN).display().to_string());
    if !matches!(of_text, Ok(None)) {
        return CheckResult::Failed(text::of_a_text(&format!("{of_text:?}")));
    }
    let program = std::env::current_exe().and_then(|program| sys::signature(&program.display().to_string()));
    match program {
        Ok(Some(said)) if !matches!(said.status, SignatureStatus::Unknown(_)) => {
            rows(trying, Live::Executables, |row| {
                row.pointer("/signature/status").is_some_and(|status| status == "valid")
            })
        }
        Ok(said) => CheckResult::Failed(text::of_this_program(&format!("{said:?}"))),
        Err(error) => failed(&error),
    }
}

/// The environment of a process is told to its end.
pub(super) fn environments(trying: &Trying) -> CheckResult {
    rows(trying, Live::Environments, |row| is(row, "environment") && row.get("truncated").is_none())
}

/// Whether a row is of a kind.
fn is(row: &serde_json::Value, kind: &str) -> bool {
    row.get("row").is_some_and(|row| row == kind)
}

/// Reads the rows of an artifact until one is as wanted.
fn rows(trying: &Trying, artifact: Live, wanted: impl Fn(&serde_json::Value) -> bool) -> CheckResult {
    let systems = artifact.systems();
    if !(systems.is_empty() || systems.iter().any(|system| system.target() == trying.target.os())) {
        return CheckResult::NotPossible(text::rows_of_other_systems());
    }
    let plan = plan_to_look(&["/".to_owned()], None, trying.target.os());
    let Some(mut step) = plan.steps.into_iter().next() else {
        return CheckResult::Failed(text::no_plan());
    };
    (step.sources, step.mode) = (vec![Source::Live(artifact)], Mode::Look);
    let mut verdict = CheckResult::Failed(text::no_artifact());
    live::find_step(&trying.target, &step, &mut |finding| {
        verdict = match finding {
            Finding::Gap(gap) if gap.reason.code == ReasonCode::NotApplicable => {
                CheckResult::NotPossible(text::reported(Phrase(&gap.reason.detail)))
            }
            Finding::Gap(gap) => CheckResult::Failed(super::reported(&gap)),
            Finding::Found(found) => match trying.target.open(&found) {
                Err(gap) => CheckResult::Failed(super::reported(&gap)),
                Ok(opened) => {
                    let mut rows = BufReader::new(Rows(opened));
                    let lines = rows.by_ref().lines().map_while(Result::ok);
                    let so =
                        lines.filter_map(|line| serde_json::from_str(&line).ok()).any(|row| wanted(&row));
                    match rows.into_inner().0.finish().shortfall {
                        Some(reason) if reason.code == ReasonCode::Unsupported && !so => {
                            CheckResult::NotPossible(text::reported(Phrase(&reason.detail)))
                        }
                        lacks => passes(so, || text::no_such_row(&format!("{lacks:?}"))),
                    }
                }
            },
        };
        ControlFlow::Break(())
    });
    verdict
}

/// Rows as they are made, as a stream.
struct Rows(Opened);

impl io::Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// Looks for a mark in this process's own memory, by the way in which that of others is read.
pub(super) fn memory(_trying: &Trying) -> CheckResult {
    // Made while running, so that it stands in no file.
    let mark: Vec<u8> =
        std::process::id().to_le_bytes().into_iter().cycle().zip(1_u8..=64).map(|(a, b)| a ^ b).collect();
    let mut memory = match Memory::own() {
        Ok(memory) => memory,
        Err(gap) if gap.outcome == Outcome::Failed && gap.reason.code == ReasonCode::Unsupported => {
            return CheckResult::NotPossible(text::reported(Phrase(&gap.reason.detail)));
        }
        Err(gap) => return CheckResult::Failed(super::reported(&gap)),
    };
    let reading = memory.reading();
    while memory.advance() {
        if memchr::memmem::find(memory.region().1, &mark).is_some() {
            return CheckResult::Passed;
        }
    }
    let (read, refused) = (reading.bytes(), reading.refused());
    CheckResult::Failed(text::no_mark(read, refused))
}
