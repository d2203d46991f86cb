//! `LiveAutostarts`: what this host starts by itself, one row per command, with what it leads to: the file, its digest, and the
//! package it belongs to.
//!
//! In: the places of `places.rs`, the package manager's lists, `/proc/modules`, read by one [`survey`] under a time limit
//! of its own. Out: rows ([`Row`]), and as suspects the files that no package has or that differ from their package's: rules
//! are matched against those, and the verdict is in their own records, by path. Other files are those of packages; a sweep
//! (`--sweep /`) scans them too.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::files::{Book, Facts, Owner};
use super::{Collected, Exact, modules};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sources::suspects::Suspect;
use crate::sys::guarded_step::GuardedStep;

mod starts;
pub(crate) mod survey;

use survey::Survey;

/// How long the rows may take. More than the survey may: its failure is theirs, and what it found is in them.
const TABLE_LIMIT: Duration = Duration::from_mins(2);

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

/// The rows and the suspects of one survey.
pub(crate) fn collect(step: GuardedStep<Survey>) -> Collected {
    let step = Arc::new(step);
    let surveyed = Arc::clone(&step);
    let make = move |lines: &mut Lines<'_>| {
        let outcome = surveyed.outcome();
        if let Some(error) = &outcome.failure {
            lines.short(code_of(error), format!("looking for what starts by itself: {error}"));
        }
        tell(&outcome.found, lines)
    };
    let rows = Rows::new("urn:veldkit:live:autostarts:1", "files", make).within(TABLE_LIMIT);
    let suspects = std::iter::once_with(move || suspects(&step.outcome().found)).flatten();
    Collected { rows: Ok(rows), suspects: Box::new(suspects) }
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

/// The targets that no package has, or that differ from the package's, each once.
fn suspects(survey: &Survey) -> Vec<Suspect> {
    let starts = survey.starts.iter().map(|start| (&start.target, &start.facts));
    let modules = survey.modules.iter().map(|module| (&module.target, &module.facts));
    let named = starts.chain(modules).filter_map(|(target, facts)| Some((target.as_ref()?, facts)));
    let targets: BTreeMap<&Exact, &Facts> = named.collect();
    let suspect = |(path, facts): (&Exact, &Facts)| match facts {
        Facts { as_packaged: Some(false), .. } => Some(Suspect::Altered(path.0.clone())),
        Facts { owned_by: Owner::Nobody, .. } => Some(Suspect::Unpackaged(path.0.clone())),
        _ => None,
    };
    targets.into_iter().filter_map(suspect).collect()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::ops::ControlFlow;
    use std::sync::mpsc::channel;

    use super::*;
    use crate::evidence::ReasonCode;
    use crate::live::hand_out;
    use crate::playbook::Live;
    use crate::sources::item::{Finding, Way};
    use crate::sources::rows::tests::read_all;
    use crate::sources::target::Target;

    fn start(target: &str, facts: Facts) -> Start {
        Start {
            kind: "cron",
            file: "/etc/crontab".into(),
            target: Some(target.into()),
            facts,
            ..Start::default()
        }
    }

    #[test]
    fn a_survey_that_hangs_costs_the_rows_what_comes_after_it_and_its_suspects_are_opened() {
        let dir = tempfile::TempDir::new().unwrap();
        for name in ["unpackaged", "altered", "fine"] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        let (silent, speaking) = io::pipe().unwrap();
        let (blocked, reached) = channel();
        let step = GuardedStep::start(Duration::ZERO, move |progress| {
            progress.add(|survey: &mut Survey| {
                let cron = Owner::Package("cron".to_owned());
                let altered = Facts { owned_by: cron.clone(), as_packaged: Some(false), ..Facts::default() };
                survey.starts = vec![
                    start("/unpackaged", Facts { owned_by: Owner::Nobody, ..Facts::default() }),
                    start("/altered", altered),
                    start("/fine", Facts { owned_by: cron, ..Facts::default() }),
                    start("/nothing", Facts { owned_by: Owner::Nobody, ..Facts::default() }),
                ];
            });
            blocked.send(()).unwrap();
            drop(io::read_to_string(silent));
        });
        reached.recv().unwrap();

        let target = Target::tree(dir.path()).unwrap();
        let mut findings = Vec::new();
        let flow = hand_out(&target, Live::Autostarts, collect(step), &mut |finding| {
            findings.push(finding);
            ControlFlow::Continue(())
        });
        drop(speaking);
        assert!(flow.is_continue());
        let found: Vec<_> = findings
            .into_iter()
            .map(|finding| match finding {
                Finding::Found(found) => found,
                Finding::Gap(gap) => panic!("{gap:?}"),
            })
            .collect();
        let Way::Rows(rows) = &found[0].way else { panic!("{:?}", found[0]) };
        let (text, reason) = read_all(rows);
        assert_eq!(String::from_utf8(text).unwrap().lines().count(), 5);
        assert_eq!(reason.unwrap().code, ReasonCode::Timeout);
        let paths: Vec<_> = found[1..].iter().map(|found| found.path.as_slice()).collect();
        assert_eq!(paths, [&b"altered"[..], b"unpackaged"]);
        assert!(found[1..].iter().all(|found| target.open(found).is_ok()));
    }
}
