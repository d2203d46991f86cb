//! The survey of what starts by itself: made once, under a time limit of its own, for the rows and for the suspects.
//!
//! In: a target. Out: a [`AutostartSurvey`]. It reads the files that say what is started first, then the package manager's lists, then
//! the files that are started. Each finding is kept as soon as it is made, so that a file system that hangs costs what comes
//! after it and nothing else.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::file_starts;
use crate::evidence::ReasonCode;
use crate::evidence::rows::autostarts::{Autostart, KernelModule};
use crate::formats::linux_autostart_places::{AutostartForm, CommandsOf, PLACES};
use crate::formats::{service_commands, systemd_unit};
use crate::live::linux::linux_host::LinuxHost;
use crate::live::linux::modules;
use crate::live::linux::started_files::{OwnerBook, rooted};
use crate::sys::guarded_step::{GuardedStep, StepProgress};

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(105);

/// Most bytes of one file that says what is started.
const MAX_FILE: usize = 1 << 20;

/// Most rows.
const MAX_STARTS: usize = 50_000;

/// What is started, and what is known of what that leads to.
#[derive(Debug, Default)]
pub(crate) struct AutostartSurvey {
    pub(crate) starts: Vec<Autostart>,
    pub(crate) modules: Vec<KernelModule>,
}

/// Starts the survey of a target.
pub(crate) fn start(reach: LinuxHost) -> GuardedStep<AutostartSurvey> {
    GuardedStep::start(LIMIT, move |progress| {
        // Nobody waits for it any more: it has ended early, and its outcome says so.
        let _ = survey(&reach, progress);
    })
}

/// Makes it; `None` once nobody waits for it any more.
fn survey(reach: &LinuxHost, progress: &StepProgress<AutostartSurvey>) -> Option<()> {
    find_starts(reach, progress)?;
    let modules = modules::all(reach);
    let (starts, modules) = progress.add(|survey| {
        survey.modules = modules;
        let starts = survey.starts.iter().map(|start| (start.file.clone(), start.target.clone()));
        let modules = survey.modules.iter().map(|module| module.target.clone());
        (starts.collect::<Vec<_>>(), modules.collect::<Vec<_>>())
    })?;
    let told = starts.iter().flat_map(|(file, target)| target.iter().chain(file));
    let mut book = OwnerBook::of(reach, told.chain(modules.iter().flatten()));
    for (at, (file, target)) in starts.iter().enumerate() {
        let owner = file.as_ref().map(|file| book.owner(file)).unwrap_or_default();
        let facts = target.as_ref().map(|target| book.facts(reach, target)).unwrap_or_default();
        progress.add(|survey| {
            if let Some(start) = survey.starts.get_mut(at) {
                (start.file_owned_by, start.facts) = (owner, facts);
            }
        })?;
    }
    for (at, target) in modules.iter().enumerate() {
        let facts = target.as_ref().map(|target| book.facts(reach, target)).unwrap_or_default();
        progress.add(|survey| {
            if let Some(module) = survey.modules.get_mut(at) {
                module.facts = facts;
            }
        })?;
    }
    Some(())
}

/// Finds all that is started, by the table of places, each file once.
fn find_starts(reach: &LinuxHost, progress: &StepProgress<AutostartSurvey>) -> Option<()> {
    let homes = reach.homes();
    let enabled = enabled(reach, &homes);
    let mut seen = BTreeSet::new();
    for (kind, place, form) in PLACES.iter().copied() {
        let mut files = VecDeque::from(expand(reach, place, &homes));
        while let Some(file) = files.pop_front() {
            let Some(end) = reach.end_or_gap(&file) else { continue };
            // A unit's other name, and `/lib` where that is `/usr/lib`, lead to the same file.
            if !seen.insert(end.clone()) || !reach.is_file(&end) {
                continue;
            }
            let mut found = Vec::new();
            if form == AutostartForm::Itself {
                let target = Some(rooted(&end));
                let (kind, file) = (kind.into(), Some(rooted(&file)));
                found.push(Autostart { kind, file, target, ..Autostart::default() });
            } else {
                let text = reach.whole(&end, MAX_FILE);
                file_starts::read(form, &file, &text, &mut found);
                files.extend(included(reach, form, &end, &text));
                for start in &mut found {
                    (start.kind, start.file) = (kind.into(), Some(rooted(&end)));
                    if form == AutostartForm::Unit {
                        start.enabled = Some(is_enabled(&file, &enabled) || is_enabled(&end, &enabled));
                    }
                    file_starts::lead(reach, form, start);
                }
            }
            let full = progress.add(|survey| {
                survey.starts.append(&mut found);
                let full = survey.starts.len() >= MAX_STARTS;
                if full {
                    survey.starts.truncate(MAX_STARTS);
                    let detail = format!("only the first {MAX_STARTS} are reported");
                    reach.gaps().add(ReasonCode::SizeLimit, detail);
                }
                full
            })?;
            if full {
                return Some(());
            }
        }
    }
    Some(())
}

/// The files that one goes on with, of those forms that have such lines. Each file is read once, so a circle ends.
fn included(reach: &LinuxHost, form: AutostartForm, file: &[u8], text: &[u8]) -> Vec<Vec<u8>> {
    let AutostartForm::Commands(CommandsOf::Sshd | CommandsOf::Rsyslog | CommandsOf::LoaderDirectories) =
        form
    else {
        return Vec::new();
    };
    // sshd's and the loader's relative paths are those beside their own file.
    let folder = file.rsplitn(2, |byte| *byte == b'/').nth(1).unwrap_or_default();
    let whole = |pattern: &[u8]| match pattern.strip_prefix(b"/") {
        Some(rooted) => rooted.to_vec(),
        None => [folder, b"/", pattern].concat(),
    };
    let patterns = service_commands::included(text).into_iter().map(whole);
    let patterns =
        reach.gaps().at_most(service_commands::MAX_INCLUDES, "files that one file includes", patterns);
    patterns.flat_map(|pattern| reach.matching(&String::from_utf8_lossy(&pattern))).collect()
}

/// The paths of a place.
fn expand(reach: &LinuxHost, place: &str, homes: &[(String, Vec<u8>)]) -> Vec<Vec<u8>> {
    let Some(below) = place.strip_prefix("~/") else { return reach.matching(place) };
    let home = |home: &Vec<u8>| format!("{}/{below}", glob::Pattern::escape(&String::from_utf8_lossy(home)));
    homes.iter().flat_map(|(_, path)| reach.matching(&home(path))).collect()
}

/// The names of units that folders of other units have started.
fn enabled(reach: &LinuxHost, homes: &[(String, Vec<u8>)]) -> BTreeSet<Vec<u8>> {
    let folders = ["etc/systemd", "run/systemd", "usr/local/lib/systemd", "usr/lib/systemd", "lib/systemd"];
    let mut paths = Vec::new();
    for ending in ["wants", "requires", "upholds"] {
        for folder in folders {
            paths.extend(reach.matching(&format!("{folder}/*/*.{ending}/*")));
        }
        for folder in [".config", ".local/share"] {
            paths.extend(expand(reach, &format!("~/{folder}/systemd/user/*.{ending}/*"), homes));
        }
    }
    let names = paths.iter().filter_map(|path| path.rsplit(|byte| *byte == b'/').next());
    names.flat_map(|name| [Some(name.to_vec()), systemd_unit::template(name)]).flatten().collect()
}

fn is_enabled(file: &[u8], enabled: &BTreeSet<Vec<u8>>) -> bool {
    let mut parts = file.rsplit(|byte| *byte == b'/');
    let name = parts.next().unwrap_or_default();
    // What is written beside a unit holds for the unit.
    let name = parts.next().and_then(|folder| folder.strip_suffix(b".d")).unwrap_or(name);
    enabled.contains(name)
}
