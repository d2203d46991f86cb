//! `LiveAutostarts`: what this host starts by itself, one row per command, with what it leads to: the file, its digest, and the
//! package it belongs to.
//!
//! In: the places of `formats::linux_autostart_places`, the package manager's lists, `/proc/modules`, read by one `survey` under a time limit
//! of its own. Out: [`AutostartRow`]s, and as suspects the files that no package has or that differ from their package's: rules
//! are matched against those, and the verdict is in their own records, by path. Other files are those of packages; a sweep
//! (`--sweep /`) scans them too.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::started_files::OwnerBook;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::autostarts::AutostartRow;
use crate::evidence::rows::started_files::{PackageOwner, StartedFile};
use crate::live::{Collected, Exact};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sources::suspects::Suspect;
use crate::sys::guarded_step::GuardedStep;

mod file_starts;
pub(crate) mod survey;

use survey::AutostartSurvey;

/// How long the rows may take. More than the survey may: its failure is theirs, and what it found is in them.
const TABLE_LIMIT: Duration = Duration::from_mins(2);

/// The rows and the suspects of one survey.
pub(crate) fn collect(step: GuardedStep<AutostartSurvey>) -> Collected {
    let step = Arc::new(step);
    let surveyed = Arc::clone(&step);
    let make = move |lines: &mut Lines<'_>| {
        let outcome = surveyed.outcome();
        if let Some(error) = &outcome.failure {
            lines.short(code_of(error), format!("searching for what starts by itself: {error}"));
        }
        tell(&outcome.found, lines)
    };
    let rows = Rows::new(AutostartRow::SCHEMA, "files", make).within(TABLE_LIMIT);
    let suspects = std::iter::once_with(move || suspects(&step.outcome().found)).flatten();
    Collected { rows: Ok(rows), suspects: Box::new(suspects) }
}

fn tell(survey: &AutostartSurvey, lines: &mut Lines<'_>) -> Result<(), Halt> {
    for start in &survey.starts {
        OwnerBook::complain(&start.facts, lines);
        lines.row(&AutostartRow::Start(Box::new(start.clone())))?;
    }
    survey.modules.iter().try_for_each(|module| lines.row(&AutostartRow::Module(Box::new(module.clone()))))
}

/// The targets that no package has, or that differ from the package's, each once. Where the survey ends early, some starts
/// have no facts yet; another start of the same target may have them.
fn suspects(survey: &AutostartSurvey) -> Vec<Suspect> {
    let starts = survey.starts.iter().map(|start| (&start.target, &start.facts));
    let modules = survey.modules.iter().map(|module| (&module.target, &module.facts));
    let suspects = starts.chain(modules).filter_map(|(target, facts)| {
        let path = target.as_ref()?;
        Some((path, suspect(path, facts)?))
    });
    suspects.collect::<BTreeMap<&Exact, Suspect>>().into_values().collect()
}

fn suspect(path: &Exact, facts: &StartedFile) -> Option<Suspect> {
    match facts {
        StartedFile { as_packaged: Some(false), .. } => Some(Suspect::Altered(path.0.clone())),
        StartedFile { owned_by: PackageOwner::Nobody, .. } => Some(Suspect::Unpackaged(path.0.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::ops::ControlFlow;
    use std::sync::mpsc::channel;

    use super::*;
    use crate::evidence::ReasonCode;
    use crate::evidence::rows::autostarts::Autostart;
    use crate::live::hand_out;
    use crate::playbook::Live;
    use crate::sources::found::{Finding, Way};
    use crate::sources::rows::tests::read_all;
    use crate::sources::target::Target;

    fn start(target: &str, facts: StartedFile) -> Autostart {
        Autostart {
            kind: "cron".into(),
            file: Some("/etc/crontab".into()),
            target: Some(target.into()),
            facts,
            ..Autostart::default()
        }
    }

    #[test]
    fn a_start_that_the_survey_had_no_time_for_takes_no_suspect_away() {
        let nobody = StartedFile { owned_by: PackageOwner::Nobody, ..StartedFile::default() };
        let altered = StartedFile { as_packaged: Some(false), ..StartedFile::default() };
        let none = StartedFile::default;
        let found = AutostartSurvey {
            starts: vec![
                start("/altered", altered),
                start("/unpackaged", nobody.clone()),
                start("/unpackaged", nobody),
                start("/altered", none()),
                start("/unpackaged", none()),
                start("/unknown", none()),
            ],
            ..AutostartSurvey::default()
        };
        let suspects = suspects(&found);
        assert!(
            matches!(
                suspects.as_slice(),
                [Suspect::Altered(altered), Suspect::Unpackaged(unpackaged)]
                    if altered == b"/altered" && unpackaged == b"/unpackaged"
            ),
            "{suspects:?}"
        );
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
            progress.add(|survey: &mut AutostartSurvey| {
                let cron = PackageOwner::Package("cron".to_owned());
                let altered = StartedFile {
                    owned_by: cron.clone(),
                    as_packaged: Some(false),
                    ..StartedFile::default()
                };
                survey.starts = vec![
                    start(
                        "/unpackaged",
                        StartedFile { owned_by: PackageOwner::Nobody, ..StartedFile::default() },
                    ),
                    start("/altered", altered),
                    start("/fine", StartedFile { owned_by: cron, ..StartedFile::default() }),
                    start(
                        "/nothing",
                        StartedFile { owned_by: PackageOwner::Nobody, ..StartedFile::default() },
                    ),
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
