//! `veldkit playbook list | show | check`, and how `collect` finds a playbook that is named.
//!
//! In: the catalogue, and what the operator adds to it. Out: what would be taken and why, for people or as JSON;
//! the faults of files that somebody wrote.

use std::env;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::changeable::refuse_if_changeable;
use super::kit::{ChosenKit, KitArguments, unusable};
use super::{Console, Exit, Failure};
use crate::evidence::Printable;
use crate::kit::description::KitFileUse;
use crate::kit::trust::Surroundings;
use crate::playbook::{
    BilingualText, Catalogue, Definition, Error, Limits, Mode, Plan, Playbook, Request, Source, SourceText,
    Step, TargetOs, Volatility,
};
use crate::text::collect::plan::list_playbooks;
use crate::text::console::reported;
use crate::text::layout::{data, empty, list as join, number, paragraph};
use crate::text::outcome::personal_data;
use crate::text::phrases::Phrase;
use crate::text::playbook as text;
use crate::text::playbook::RoundSize;
use crate::text::{Items, Sentence};

/// What `playbook` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    kit: KitArguments,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List {
        #[arg(long)]
        json: bool,
    },
    Show {
        name: String,
        #[arg(long)]
        system: Option<System>,
    },
    Check {
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum System {
    Linux,
    Windows,
    Other,
}

impl From<System> for TargetOs {
    fn from(system: System) -> Self {
        match system {
            System::Linux => Self::Linux,
            System::Windows => Self::Windows,
            System::Other => Self::Other,
        }
    }
}

/// The playbook for those who are unsure.
const WHEN_UNSURE: &str = "quick";

/// Runs the subcommand.
pub(super) fn run(
    arguments: &Arguments,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let mut catalogue = Catalogue::embedded().map_err(Failure::new)?;
    if let Action::Check { paths } = &arguments.action {
        return Ok(check(&mut catalogue, paths, console));
    }
    if let Some(kit) = arguments.kit.choose(surroundings, console)? {
        add_kit(&mut catalogue, &kit)?;
    }
    match &arguments.action {
        Action::List { json: true } => console.result(list_json(&catalogue)),
        Action::List { json: false } => list(&catalogue).iter().for_each(|line| console.answer(line)),
        Action::Show { name, system } => {
            let Some(name) = named_or_file(&mut catalogue, name, console)?.0 else {
                return Err(Failure::refused(text::no_playbook(name)).hint(text::check_or_collect()));
            };
            let os = system.map_or_else(this_system, Into::into);
            show(&catalogue, &name, os, console)?;
        }
        Action::Check { .. } => {}
    }
    Ok(Exit::Done)
}

/// Adds what a kit has for the catalogue. It may not replace what this program carries.
pub(super) fn add_kit(catalogue: &mut Catalogue, kit: &ChosenKit) -> Result<(), Failure> {
    let files = kit.kit.read_all(KitFileUse::Playbook).map_err(unusable)?;
    if files.is_empty() {
        return Ok(());
    }
    let files = files.into_iter().map(|(path, bytes)| (path.display().to_string(), bytes)).collect();
    catalogue
        .add_from_kit(kit.kit.directory(), files)
        .map(drop)
        .map_err(|error| Failure::usage(error).hint(text::another_name()))
}

/// The playbook that is meant by a name, or by a file, which is added to the catalogue first; and the files that were. What they
/// replace is printed: the operator named them, and may still not know it. `None` where the file holds artifacts and no playbook.
///
/// # Errors
///
/// The file has faults, or holds several playbooks. A name that is not known is left to the plan.
pub(super) fn named_or_file(
    catalogue: &mut Catalogue,
    name: &str,
    console: &mut Console<'_>,
) -> Result<(Option<String>, Vec<SourceText>), Failure> {
    let path = Path::new(name);
    let looks_like_a_file = name.contains(['/', '\\'])
        || path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    if catalogue.playbook(name).is_some() || !looks_like_a_file {
        return Ok((Some(name.to_owned()), Vec::new()));
    }
    refuse_if_changeable(path, console)?;
    let added = catalogue.add(path).map_err(Failure::usage)?;
    added.replaced.iter().for_each(|replaced| console.warn(&reported(Phrase(replaced))));
    match added.playbooks.as_slice() {
        [one] => Ok((Some(one.clone()), added.files)),
        [] => Ok((None, added.files)),
        several => Err(Failure::refused(text::several(name, several.len())).hint(text::one_per_file())),
    }
}

fn this_system() -> TargetOs {
    match env::consts::OS {
        "linux" => TargetOs::Linux,
        "windows" => TargetOs::Windows,
        _ => TargetOs::Other,
    }
}

fn check(catalogue: &mut Catalogue, paths: &[PathBuf], console: &mut Console<'_>) -> Exit {
    let (mut faults, mut artifacts, mut playbooks) = (Vec::new(), 0_usize, 0_usize);
    for path in paths {
        match catalogue.add(path) {
            Ok(added) => {
                artifacts = artifacts.saturating_add(added.artifacts);
                playbooks = playbooks.saturating_add(added.playbooks.len());
                added.replaced.iter().for_each(|replaced| console.say(&reported(Phrase(replaced))));
            }
            Err(Error::Faults(found)) => faults.extend(found.iter().map(ToString::to_string)),
            Err(Error::Read { path, source }) => {
                faults.push(format!("{}: {source}", Printable(&path.to_string_lossy())));
            }
            Err(other) => faults.push(other.to_string()),
        }
    }
    faults.extend(catalogue.faults().iter().map(ToString::to_string));
    for fault in &faults {
        console.answer(&reported(Phrase(fault)));
    }
    if !faults.is_empty() {
        return Exit::Failure;
    }
    console.answer(&text::no_faults(&text::playbooks(playbooks), &text::artifacts(artifacts)));
    Exit::Done
}

fn list(catalogue: &Catalogue) -> Vec<Sentence> {
    let mut lines = vec![text::list_of_playbooks()];
    let mut playbooks: Vec<_> = catalogue.playbooks().collect();
    // Who is unsure needs one answer before a choice.
    playbooks.sort_by_key(|playbook| (playbook.name != WHEN_UNSURE, playbook.name.clone()));
    for playbook in playbooks {
        let name = data(&playbook.name);
        lines.push(text::playbook(&name, &both(&playbook.title), &first_sentence(&playbook.description)));
        if playbook.name == WHEN_UNSURE {
            lines.push(text::when_unsure());
        }
    }
    lines.extend([empty(), text::list_of_artifacts()]);
    for artifact in catalogue.artifacts() {
        let handling = catalogue.handling(&artifact.name);
        let class = match handling {
            _ if artifact.is_group() => text::group(),
            Some(handling) => personal_data(handling.personal_data),
            None => empty(),
        };
        let line = text::artifact(&data(&artifact.name), &data(&systems(artifact).join(" ")), &class);
        let on_request = handling.is_some_and(|handling| handling.opt_in);
        lines.push(if on_request { text::on_request(&line) } else { line });
    }
    lines
}

/// The first sentence of a description.
fn first_sentence(description: &BilingualText) -> Sentence {
    let first = |text: &str| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        text.split_once(". ").map_or(text.clone(), |(first, _)| format!("{first}."))
    };
    both(&BilingualText { nl: first(&description.nl), en: first(&description.en) })
}

fn list_json(catalogue: &Catalogue) -> Value {
    let playbooks: Vec<Value> = catalogue.playbooks().map(playbook_json).collect();
    let artifacts: Vec<Value> = catalogue
        .artifacts()
        .map(|artifact| {
            let handling = catalogue.handling(&artifact.name);
            json!({
                "name": artifact.name, "doc": artifact.doc.trim(), "doc_nl": artifact.doc_nl, "systems": systems(artifact),
                "group": artifact.members().collect::<Vec<_>>(), "urls": artifact.urls, "file": artifact.file,
                "volatility": handling.map(|handling| handling.volatility),
                "personal_data": handling.map(|handling| handling.personal_data),
                "purpose": handling.map(|handling| &handling.purpose),
                "opt_in": handling.is_some_and(|handling| handling.opt_in),
            })
        })
        .collect();
    json!({ "playbooks": playbooks, "artifacts": artifacts })
}

fn playbook_json(playbook: &Playbook) -> Value {
    let names =
        |named: &[crate::playbook::Named]| named.iter().map(|named| named.name.clone()).collect::<Vec<_>>();
    json!({
        "name": playbook.name, "title": playbook.title, "description": playbook.description,
        "includes": names(&playbook.includes), "artifacts": names(&playbook.artifacts), "opt_in": playbook.opt_in,
        "sweep": playbook.sweep, "notes": playbook.notes, "file": playbook.file,
    })
}

fn systems(artifact: &Definition) -> Vec<String> {
    artifact.systems.iter().map(ToString::to_string).collect()
}

fn show(catalogue: &Catalogue, name: &str, os: TargetOs, console: &mut Console<'_>) -> Result<(), Failure> {
    let request = Request { playbooks: vec![name.to_owned()], ..Request::default() };
    let plan = catalogue.plan(&request, os).map_err(|error| Failure::usage(error).hint(list_playbooks()))?;
    console.answer_all(&shown(catalogue.playbook(name), &plan, os));
    Ok(())
}

/// A playbook with its plan, for a person.
fn shown(playbook: Option<&Playbook>, plan: &Plan, os: TargetOs) -> Vec<Sentence> {
    let mut lines = Vec::new();
    if let Some(playbook) = playbook {
        lines.push(text::heading(&data(&playbook.name), &both(&playbook.title)));
        lines.push(paragraph(&both(&playbook.description), 0, WIDTH));
    }
    let system = match os {
        TargetOs::Linux => data("Linux"),
        TargetOs::Windows => data("Windows"),
        TargetOs::Other => text::other_system(),
    };
    lines.extend([empty(), text::on_system(plan.steps.len(), &system)]);
    let mut last = None;
    for (number, step) in (1_u64..).zip(&plan.steps) {
        if last.replace(step.volatility) != Some(step.volatility) {
            lines.extend([empty(), volatility(step.volatility)]);
        }
        lines.extend(step_lines(number, step));
    }
    if !plan.excluded.is_empty() {
        lines.extend([empty(), text::left_out()]);
        let excluded = plan.excluded.iter();
        lines.extend(
            excluded.map(|excluded| text::left_out_because(&excluded.artifact, Phrase(&excluded.reason))),
        );
    }
    if !plan.notes.is_empty() {
        lines.extend([empty(), text::for_the_operator()]);
        let notes = plan.notes.iter().map(|note| text::note(&text::bilingual(&note.nl, &note.en)));
        lines.extend(notes.map(|note| paragraph(&note, 2, WIDTH)));
    }
    lines
}

fn step_lines(place: u64, step: &Step) -> Vec<Sentence> {
    let mut lines =
        vec![text::step(&number(place), &data(&step.artifact), &personal_data(step.personal_data))];
    let mut more = vec![both(&step.purpose)];
    if step.mode == Mode::Sweep {
        let places = step.sources.iter().flat_map(|source| match source {
            Source::Files(patterns) => patterns.as_slice(),
            _ => &[],
        });
        let places: Vec<&str> = places.map(|pattern| pattern.text.as_str()).collect();
        more.push(text::swept(&places.join(", ")));
    }
    more.extend(limits(&step.limits));
    if !step.except.is_empty() {
        let texts: Vec<&str> = step.except.iter().map(|pattern| pattern.text.as_str()).collect();
        more.push(text::except(&texts.join(", ")));
    }
    lines.extend(more.iter().map(|text| paragraph(text, 6, WIDTH)));
    lines
}

/// A text that a playbook has in both languages.
fn both(texts: &BilingualText) -> Sentence {
    text::bilingual(&texts.nl, &texts.en)
}

fn volatility(volatility: Volatility) -> Sentence {
    match volatility {
        Volatility::Tables => text::tables(),
        Volatility::Processes => text::processes(),
        Volatility::Network => text::network(),
        Volatility::Sessions => text::sessions(),
        Volatility::System => text::system(),
        Volatility::VolatileFiles => text::volatile_files(),
        Volatility::Logs => text::logs(),
        Volatility::Files => text::plain_files(),
        Volatility::Configuration => text::configuration(),
        Volatility::Bulk => text::bulk(),
    }
}

fn limits(limits: &Limits) -> Option<Sentence> {
    let all: Vec<_> = [
        limits.max_file_size.map(|size| text::file_size(RoundSize(size))),
        limits.max_bytes.map(|size| text::all_sizes(RoundSize(size))),
        limits.max_files.map(text::files),
        limits.changed_within_days.map(|days| text::changed(days.into())),
        limits.max_depth.map(|depth| text::depth(depth.into())),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!all.is_empty()).then(|| join(Items::all(&all)))
}

/// Columns of a terminal that nobody has widened.
const WIDTH: usize = 80;
