//! From arguments to the plan of a run: the playbooks of this program, those of a kit, and the files that the operator names.

use std::collections::BTreeMap;

use super::arguments::Collect;
use crate::cli::kit::ChosenKit;
use crate::cli::playbook::{add_kit, named_or_file};
use crate::cli::{Console, Failure};
use crate::kit::description::{KitFile, KitFileUse};
use crate::playbook::{Catalogue, Companion, KitTool, Live, Plan, Request, Source, SourceText};
use crate::sources::Target;
use crate::text::collect::plan as text;

/// The playbook that is taken where nothing is asked for.
const DEFAULT_PLAYBOOK: &str = "quick";

/// Resolves what was asked for into a plan; returns with it the playbook files that the operator named.
pub(super) fn plan(
    arguments: &Collect,
    target: &Target,
    kit: Option<&ChosenKit>,
    console: &mut Console<'_>,
) -> Result<(Plan, Vec<SourceText>), Failure> {
    let choice = &arguments.choice;
    arguments.scanning.processes.check(choice.root.as_deref())?;
    let processes = arguments.scanning.processes.wanted();
    let mut catalogue = Catalogue::embedded().map_err(Failure::new)?;
    if let Some(kit) = kit {
        add_kit(&mut catalogue, kit)?;
    }
    let (mut playbooks, mut named) = (Vec::new(), Vec::new());
    for name in &choice.playbook {
        let (playbook, files) = named_or_file(&mut catalogue, name, console)?;
        if playbook.is_none() && choice.artifact.is_empty() {
            return Err(Failure::refused(text::no_artifact_chosen(name)).hint(text::choose_artifacts()));
        }
        playbooks.extend(playbook);
        named.extend(files);
    }
    if playbooks.is_empty()
        && choice.artifact.is_empty()
        && choice.path.is_empty()
        && choice.sweep.is_empty()
        && processes.is_none()
    {
        playbooks.push(DEFAULT_PLAYBOOK.to_owned());
    }
    let memory = choice.memory.then(|| Live::Memory.name().to_owned());
    let request = Request {
        playbooks,
        artifacts: choice.artifact.iter().cloned().chain(memory).collect(),
        paths: choice.path.clone(),
        sweep: choice.sweep.clone(),
        no_sweep: no_sweep(arguments),
        processes: processes.map(<[u32]>::to_vec),
        leave_out: choice.exclude_personal_data.map(Into::into),
        tools: kit.map(tools).unwrap_or_default(),
    };
    let plan = catalogue
        .plan(&request, target.os())
        .map_err(|error| Failure::usage(error).hint(text::list_playbooks()))?;
    if plan.steps.is_empty() {
        return Err(Failure::refused(text::nothing_applies()).hint(text::fitting_playbooks()));
    }
    name_unproved(&plan, console);
    Ok((plan, named))
}

/// The programs of a kit by name.
fn tools(kit: &ChosenKit) -> BTreeMap<String, KitTool> {
    let files = kit.kit.description.files_for(KitFileUse::Tool);
    let directory = |file: &KitFile| file.path.rsplit_once('/').map(|(directory, _)| directory.to_owned());
    let companions = |tool: &KitFile| {
        let all = kit.kit.description.files.iter();
        let beside = all.filter(|file| directory(file) == directory(tool) && file.path != tool.path);
        beside.map(|file| Companion { name: file.name().to_owned(), sha256: file.sha256 }).collect()
    };
    let tool = |file: &KitFile| KitTool {
        path: kit.kit.path(file),
        sha256: file.sha256,
        companions: companions(file),
    };
    files.map(|file| (file.name().to_owned(), tool(file))).collect()
}

/// Warns of programs that will not be run because nobody says which digest they must have.
fn name_unproved(plan: &Plan, console: &mut Console<'_>) {
    for step in &plan.steps {
        for source in &step.sources {
            if let Source::Command(call) = source
                && call.sha256.is_empty()
            {
                console.warn(&text::not_run(&step.artifact, &call.program));
            }
        }
    }
}

/// Why a playbook's sweep is left out, if it is.
fn no_sweep(arguments: &Collect) -> Option<String> {
    if arguments.choice.no_sweep {
        return Some("--no-sweep leaves it out".to_owned());
    }
    arguments.scanning.no_scan.then(|| "with --no-scan nothing is swept".to_owned())
}
