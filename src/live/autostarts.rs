//! `LiveAutostarts`: what this host starts by itself, one row a command, with what it leads to: the file, its digest, and the
//! package it belongs to. A file that no package has, or that differs from the package's, is taken as an item as well, so
//! that rules are held against it.
//!
//! In: the places of `places.rs`, the package manager's lists, `/proc/modules`. Out: an item of rows ([`Row`]), and
//! the files that are taken. The verdict of the rules on such a file stands in its own record, by its path; other files
//! are those of packages, and a sweep (`--sweep /`) holds rules against them too.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::Serialize;

use super::files::{Book, Facts, Owner, rooted};
use super::places::{Form, PLACES};
use super::reach::Reach;
use super::{Exact, modules};
use crate::evidence::{Kind, ReasonCode};
use crate::formats::linux_autostarts;
use crate::sources::item::Finding;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sources::target::Target;

/// How long all of it may take.
const TABLE_LIMIT: Duration = Duration::from_mins(2);

/// Most bytes of one file that says what is started.
const MAX_FILE: usize = 1 << 20;

/// Most rows.
const MAX_STARTS: usize = 50_000;

/// Most bytes of a command that are told.
const MAX_COMMAND: usize = 4_096;

/// Most files that are taken, and the largest of them.
const MAX_TAKEN: (usize, u64) = (500, 32 << 20);

/// A row of `LiveAutostarts`, schema `urn:veldkit:live:autostarts:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// What is started.
    Start(Box<Start>),
    /// A module of the kernel.
    Module(Box<modules::Module>),
}

/// What is started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Start {
    /// By what: `systemd`, `cron`, `pam` … (`places.rs`).
    pub kind: &'static str,
    /// The file that says so.
    pub file: Exact,
    /// Number of its line, from 1; none where the file itself is what is started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The command as written; of a timer the unit it starts, of `preload` the library.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Exact>,
    /// The key that has it: `ExecStart`, `OnCalendar`, `LD_PRELOAD`, a module that it stands for …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Exact>,
    /// As whom: of a unit `User=`, of cron the user of the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Exact>,
    /// When, as cron or a timer writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Exact>,
    /// Of a unit: whether another one, or a folder `*.wants` or `*.requires`, has it started. One that is not may still be
    /// started by a socket, a timer, D-Bus or hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The interpreter or launcher in front of the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launcher: Option<Exact>,
    /// The file that is run, links followed; where none is there, the path as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Exact>,
    /// What is known of the target.
    #[serde(flatten)]
    pub facts: Facts,
    /// The package that has the file that says so; `null` where none has it, left out where nobody can tell.
    #[serde(skip_serializing_if = "Owner::is_unknown")]
    pub file_owned_by: Owner,
}

/// What is started, and what is known of what that leads to: learnt once, for the rows and for the files that are taken.
pub(crate) struct Survey {
    starts: Vec<Start>,
    modules: Vec<modules::Module>,
    /// What could not be read.
    gaps: Vec<(ReasonCode, String)>,
}

/// A survey that is made when it is first asked for.
pub(crate) type Surveyed = Arc<OnceLock<Survey>>;

impl Survey {
    fn of(reach: &Reach) -> Self {
        let mut gaps = Vec::new();
        let mut starts = starts(reach, &mut |path, error| {
            let detail = format!("reading '/{}': {error}", String::from_utf8_lossy(path));
            gaps.push((code_of(error), detail));
        });
        let mut modules = modules::all(reach);
        if starts.len() >= MAX_STARTS {
            gaps.push((ReasonCode::ArtifactLimit, format!("no more than {MAX_STARTS} are told")));
        }
        let told = starts.iter().filter_map(|start| start.target.as_ref());
        let told = told.chain(starts.iter().map(|start| &start.file));
        let mut book =
            Book::of(reach, told.chain(modules.iter().filter_map(|module| module.target.as_ref())));
        for start in &mut starts {
            start.file_owned_by = book.owner(&start.file);
            if let Some(target) = &start.target {
                start.facts = book.facts(reach, target);
            }
        }
        for module in &mut modules {
            if let Some(target) = &module.target {
                module.facts = book.facts(reach, target);
            }
        }
        Self { starts, modules, gaps }
    }

    /// The targets, each once, with what is known of them.
    fn targets(&self) -> BTreeMap<&Exact, &Facts> {
        let starts = self.starts.iter().map(|start| (&start.target, &start.facts));
        let modules = self.modules.iter().map(|module| (&module.target, &module.facts));
        starts.chain(modules).filter_map(|(target, facts)| Some((target.as_ref()?, facts))).collect()
    }
}

/// How the rows are made.
pub(crate) fn rows(reach: Reach, surveyed: &Surveyed) -> Rows {
    let surveyed = Arc::clone(surveyed);
    let make = move |lines: &mut Lines<'_>| tell(surveyed.get_or_init(|| Survey::of(&reach)), lines);
    Rows::new("urn:veldkit:live:autostarts:1", "files", make).within(TABLE_LIMIT)
}

fn tell(survey: &Survey, lines: &mut Lines<'_>) -> Result<(), Halt> {
    for (code, detail) in &survey.gaps {
        lines.short(*code, detail.clone());
    }
    for start in &survey.starts {
        Book::complain(&start.facts, lines);
        lines.row(&Row::Start(Box::new(start.clone())))?;
    }
    survey.modules.iter().try_for_each(|module| lines.row(&Row::Module(Box::new(module.clone()))))
}

/// Hands out the targets that no package has, or that differ from the package's.
pub(crate) fn suspects(
    target: &Target,
    reach: &Reach,
    surveyed: &Surveyed,
    emit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let (most, largest) = MAX_TAKEN;
    let mut taken = 0_usize;
    for (path, facts) in surveyed.get_or_init(|| Survey::of(reach)).targets() {
        let suspect = facts.owned_by == Owner::Nobody || facts.as_packaged == Some(false);
        if !suspect || taken >= most {
            continue;
        }
        let plain = path.0.strip_prefix(b"/").unwrap_or(&path.0).to_vec();
        let Ok(found) = target.look(reach.index(), plain.clone(), None) else { continue };
        let small = found.metadata.size.is_some_and(|size| size <= largest);
        if found.kind == Kind::File && small && target.first_time(reach.index(), &plain) {
            taken = taken.saturating_add(1);
            emit(Finding::Found(found))?;
        }
    }
    ControlFlow::Continue(())
}

/// All that is started, by the table of places, each file once.
fn starts(reach: &Reach, failed: &mut dyn FnMut(&[u8], &io::Error)) -> Vec<Start> {
    let homes = reach.homes();
    let enabled = enabled(reach, &homes);
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    for (kind, place, form) in PLACES {
        for file in expand(reach, place, &homes) {
            let Ok(end) = reach.end_of(&file) else { continue };
            // A unit's other name, and `/lib` where that is `/usr/lib`, lead to the same file.
            if !seen.insert(end.clone()) || !reach.is_file(&end) {
                continue;
            }
            if form == Form::Itself {
                let target = Some(rooted(&end));
                all.push(Start { kind, file: rooted(&file), target, ..Start::default() });
                continue;
            }
            let text = match reach.read_bytes(&end, MAX_FILE) {
                Ok(text) => text,
                Err(error) => {
                    failed(&end, &error);
                    continue;
                }
            };
            let first = all.len();
            read(form, &file, &text, &mut all);
            for start in all.iter_mut().skip(first) {
                (start.kind, start.file) = (kind, rooted(&end));
                if form == Form::Unit {
                    start.enabled = Some(is_enabled(&file, &enabled) || is_enabled(&end, &enabled));
                }
                lead(reach, form, start);
            }
            if all.len() >= MAX_STARTS {
                all.truncate(MAX_STARTS);
                return all;
            }
        }
    }
    all
}

/// The paths of a place.
fn expand(reach: &Reach, place: &str, homes: &[(String, Vec<u8>)]) -> Vec<Vec<u8>> {
    let Some(below) = place.strip_prefix("~/") else { return reach.matching(place) };
    let home = |home: &Vec<u8>| format!("{}/{below}", glob::Pattern::escape(&String::from_utf8_lossy(home)));
    homes.iter().flat_map(|(_, path)| reach.matching(&home(path))).collect()
}

/// The names of units that folders of other units have started.
fn enabled(reach: &Reach, homes: &[(String, Vec<u8>)]) -> BTreeSet<Vec<u8>> {
    let folders = ["etc/systemd", "run/systemd", "usr/lib/systemd", "lib/systemd"];
    let mut paths = Vec::new();
    for ending in ["wants", "requires", "upholds"] {
        for folder in folders {
            paths.extend(reach.matching(&format!("{folder}/*/*.{ending}/*")));
        }
        paths.extend(expand(reach, &format!("~/.config/systemd/user/*.{ending}/*"), homes));
    }
    paths.iter().filter_map(|path| path.rsplit(|byte| *byte == b'/').next()).map(<[u8]>::to_vec).collect()
}

fn is_enabled(file: &[u8], enabled: &BTreeSet<Vec<u8>>) -> bool {
    let mut parts = file.rsplit(|byte| *byte == b'/');
    let name = parts.next().unwrap_or_default();
    // What is written beside a unit holds for the unit.
    let name = parts.next().and_then(|folder| folder.strip_suffix(b".d")).unwrap_or(name);
    enabled.contains(name)
}

/// Reads one file; the rest of each row is filled in by the caller.
fn read(form: Form, file: &[u8], text: &[u8], all: &mut Vec<Start>) {
    let start = |line: u64, command: &[u8]| Start {
        line: Some(line),
        command: Some(Exact::cut(command, MAX_COMMAND).0),
        ..Start::default()
    };
    match form {
        Form::Unit | Form::Exec => unit(file, text, &start, all),
        Form::Crontab | Form::OwnCrontab | Form::Anacron => {
            let own = file.rsplit(|byte| *byte == b'/').next().filter(|_| form == Form::OwnCrontab);
            let job = |job: linux_autostarts::Job<'_>| Start {
                schedule: Some(job.schedule.into()),
                user: job.user.or(own).map(Exact::from),
                ..start(job.line, job.command)
            };
            match form {
                Form::Anacron => all.extend(linux_autostarts::anacron(text).map(job)),
                _ => all.extend(linux_autostarts::jobs(text, form == Form::Crontab).map(job)),
            }
        }
        Form::At => {
            all.extend(linux_autostarts::lines(text).last().map(|(line, command)| start(line, command)));
        }
        Form::Udev => all.extend(linux_autostarts::udev(text).map(|(line, command)| start(line, command))),
        Form::Pam => {
            let module = |(line, module, rest): (u64, &[u8], &[u8])| Start {
                key: Some(module.into()),
                ..start(line, rest)
            };
            all.extend(linux_autostarts::pam(text).map(module));
        }
        Form::Preload => {
            // The loader takes blanks and colons between them (ld.so(8)).
            for (line, text) in linux_autostarts::lines(text) {
                let libraries = text.split(|byte| byte.is_ascii_whitespace() || *byte == b':');
                all.extend(libraries.filter(|path| !path.is_empty()).map(|path| start(line, path)));
            }
        }
        Form::Variables | Form::Modprobe => {
            let named = |(line, name, value): (u64, &[u8], &[u8])| Start {
                key: Some(name.into()),
                ..start(line, value)
            };
            match form {
                Form::Variables => all.extend(linux_autostarts::loader_variables(text).map(named)),
                _ => all.extend(linux_autostarts::installs(text).map(named)),
            }
        }
        Form::Modules => all.extend(linux_autostarts::lines(text).map(|(line, name)| start(line, name))),
        Form::Itself => {}
    }
}

/// The commands of a unit, and of a timer its moments with the unit that it starts: that of its own name where it names none.
fn unit(file: &[u8], text: &[u8], start: &dyn Fn(u64, &[u8]) -> Start, all: &mut Vec<Start>) {
    let settings = linux_autostarts::settings(text);
    let of = |key: &[u8]| settings.iter().find(|one| one.key == key).map(|one| Exact::from(&one.value));
    let user = of(b"User");
    for one in &settings {
        let moment = one.key.starts_with(b"On") && one.key.ends_with(b"Sec") || one.key == b"OnCalendar";
        let runs =
            one.key.starts_with(b"Exec") && !one.key.starts_with(b"ExecSearch") || one.key == b"TryExec";
        if one.value.is_empty() || !(moment || runs) {
            continue;
        }
        let key = Some(Exact::from(&one.key));
        all.push(if moment {
            let name = file.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            let own = || Exact([name.strip_suffix(b".timer").unwrap_or(name), b".service"].concat());
            let unit = of(b"Unit").unwrap_or_else(own);
            Start { key, schedule: Some(Exact::from(&one.value)), ..start(one.line, &unit.0) }
        } else {
            Start { key, user: user.clone(), ..start(one.line, &one.value) }
        });
    }
}

/// Finds what a command leads to.
fn lead(reach: &Reach, form: Form, start: &mut Start) {
    let Some(command) = start.command.as_ref().filter(|_| start.schedule.is_none() || form != Form::Unit)
    else {
        return;
    };
    let folders: &[&str] = match form {
        Form::Pam => &[
            "usr/lib/*/security",
            "usr/lib/security",
            "lib/*/security",
            "lib/security",
            "lib64/security",
            "usr/lib64/security",
        ],
        Form::Udev => &["usr/lib/udev", "lib/udev", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"],
        Form::Modules => return,
        _ => &["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"],
    };
    // Signs before a unit's command say how it is started (systemd.service(5)).
    let bare = if form == Form::Unit {
        let begin = command.0.iter().position(|byte| !b"@-:+!|".contains(byte)).unwrap_or(0);
        command.0.get(begin..).unwrap_or_default()
    } else {
        &command.0
    };
    let (mut first, mut launcher) = (None, None);
    for (at, word) in linux_autostarts::words(bare).enumerate() {
        let word =
            if form == Form::Variables { word.strip_prefix(b"DEFAULT=").unwrap_or(word) } else { word };
        let found = if word.contains(&b'/') {
            reach.end_of(word).ok().filter(|end| reach.is_file(end))
        } else if at == 0 || launcher.is_some() {
            named(reach, word, folders)
        } else {
            None
        };
        let is_launcher = linux_autostarts::is_launcher(word);
        match found {
            // A module of PAM that runs programs is one: its argument is meant.
            Some(end) if is_launcher || form == Form::Pam && word == b"pam_exec.so" => {
                launcher.get_or_insert_with(|| rooted(&end));
            }
            Some(end) => {
                (start.launcher, start.target) = (launcher, Some(rooted(&end)));
                return;
            }
            // What is not there is told as it is written, unless something else is.
            None if at == 0 && word.starts_with(b"/") => first = Some(Exact::from(word)),
            None => {}
        }
    }
    start.target = first.or(launcher);
}

/// A program or library that is named without its folder.
fn named(reach: &Reach, name: &[u8], folders: &[&str]) -> Option<Vec<u8>> {
    let name = glob::Pattern::escape(&String::from_utf8_lossy(name));
    let paths = folders.iter().flat_map(|folder| reach.matching(&format!("{folder}/{name}")));
    paths.filter_map(|path| reach.end_of(&path).ok()).find(|end| reach.is_file(end))
}
