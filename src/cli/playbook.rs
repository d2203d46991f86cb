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
use crate::evidence::{PersonalData, Printable};
use crate::kit::description::KitFileUse;
use crate::kit::trust::Surroundings;
use crate::playbook::{
    Catalogue, Definition, Error, Limits, Mode, Playbook, Request, Source, SourceText, Step, TargetOs,
    Volatility,
};
use crate::text::phrases::{Phrase, translated};
use crate::text::{Language, Localized as _};

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
        Action::List { json: false } => list(&catalogue, console),
        Action::Show { name, system } => {
            let Some(name) = named_or_file(&mut catalogue, name, console)?.0 else {
                let text = format!("'{}' holds artifacts but no playbook to show", Printable(name));
                return Err(Failure::usage(text).hint(
                    "'veldkit playbook check BESTAND' controleert de artefacten, 'veldkit collect --playbook BESTAND --artifact NAAM' verzamelt ze",
                    "'veldkit playbook check FILE' checks the artifacts, 'veldkit collect --playbook FILE --artifact NAME' collects them",
                ));
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
    catalogue.add_from_kit(kit.kit.directory(), files).map(drop).map_err(|error| {
        Failure::usage(error).hint(
            "geef het playbook een eigen naam, of noem het bestand zelf met --playbook BESTAND",
            "give the playbook a name of its own, or name the file itself with --playbook FILE",
        )
    })
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
    added.replaced.iter().for_each(|replaced| console.warn(Printable(replaced)));
    match added.playbooks.as_slice() {
        [one] => Ok((Some(one.clone()), added.files)),
        [] => Ok((None, added.files)),
        several => Err(Failure::usage(format!(
            "'{}' holds {} playbooks, and one is asked for",
            Printable(name),
            several.len()
        ))
        .hint("zet elk playbook in een eigen bestand", "put each playbook into a file of its own")),
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
                for replaced in added.replaced {
                    console.say(Phrase(&replaced).written(console.lang));
                }
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
        console.result(translated(fault, console.lang));
    }
    if !faults.is_empty() {
        return Exit::Failure;
    }
    console.result(match console.lang {
        Language::Nl => format!("{playbooks} playbooks en {artifacts} artefacten: geen fouten"),
        Language::En => format!("{playbooks} playbooks and {artifacts} artifacts: no faults"),
    });
    Exit::Done
}

fn list(catalogue: &Catalogue, console: &mut Console<'_>) {
    let lang = console.lang;
    console.result(
        lang.pick("Playbooks (veldkit playbook show NAAM):", "Playbooks (veldkit playbook show NAME):"),
    );
    for playbook in catalogue.playbooks() {
        let title = lang.pick(&playbook.title.nl, &playbook.title.en);
        console.result(format_args!("  {:<20} {}", Printable(&playbook.name).to_string(), Printable(title)));
    }
    console.result("");
    console
        .result(lang.pick("Artefacten (collect --artifact NAAM):", "Artifacts (collect --artifact NAME):"));
    for artifact in catalogue.artifacts() {
        let handling = catalogue.handling(&artifact.name);
        let class = handling.map_or("", |handling| class_word(handling.personal_data, lang));
        let asked = handling.filter(|handling| handling.opt_in);
        let asked = asked.map_or("", |_| lang.pick(", alleen op verzoek", ", only when asked for"));
        let systems = systems(artifact).join(" ");
        let group = if artifact.is_group() { lang.pick("groep", "group") } else { "" };
        let name = Printable(&artifact.name).to_string();
        console.result(format_args!("  {name:<44} {systems:<16} {class}{group}{asked}"));
    }
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
    let plan = catalogue.plan(&request, os).map_err(|error| {
        Failure::usage(error).hint(
            "'veldkit playbook list' noemt alle playbooks",
            "'veldkit playbook list' names all playbooks",
        )
    })?;
    let lang = console.lang;
    if let Some(playbook) = catalogue.playbook(name) {
        let (title, description) = lang.pick(
            (&playbook.title.nl, &playbook.description.nl),
            (&playbook.title.en, &playbook.description.en),
        );
        console.result(format_args!("{}: {}", Printable(name), Printable(title)));
        wrap(description, 0, console);
    }
    let system = match os {
        TargetOs::Linux => "Linux",
        TargetOs::Windows => "Windows",
        TargetOs::Other => lang.pick("een ander systeem", "another system"),
    };
    let count = plan.steps.len();
    console.result("");
    console.result(match lang {
        Language::Nl => {
            format!("Op {system}: {count} artefacten, in deze volgorde (wat het eerst verdwijnt eerst)")
        }
        Language::En => {
            format!("On {system}: {count} artifacts, in this order (what is lost first comes first)")
        }
    });
    let mut volatility = None;
    for (number, step) in (1_usize..).zip(&plan.steps) {
        if volatility.replace(step.volatility) != Some(step.volatility) {
            console.result("");
            console.result(volatility_words(step.volatility, lang));
        }
        show_step(number, step, console);
    }
    if !plan.excluded.is_empty() {
        console.result("");
        console.result(lang.pick("Met opzet niet genomen", "Left out on purpose"));
        for excluded in &plan.excluded {
            let reason = Phrase(&excluded.reason).written(lang);
            console.result(format_args!("  {}: {reason}", Printable(&excluded.artifact)));
        }
    }
    if !plan.notes.is_empty() {
        console.result("");
        console.result(lang.pick("Voor de operator", "For the operator"));
        for note in &plan.notes {
            wrap(&format!("- {}", lang.pick(&note.nl, &note.en)), 2, console);
        }
    }
    Ok(())
}

fn show_step(number: usize, step: &Step, console: &mut Console<'_>) {
    let lang = console.lang;
    let class = class_word(step.personal_data, lang);
    let data = lang.pick("persoonsgegevens", "personal data");
    let name = Printable(&step.artifact).to_string();
    console.result(format_args!("{number:>4}  {name:<44} {data}: {class}"));
    wrap(lang.pick(&step.purpose.nl, &step.purpose.en), 6, console);
    if step.mode == Mode::Sweep {
        let places = step.sources.iter().flat_map(|source| match source {
            Source::Files(patterns) => patterns.as_slice(),
            _ => &[],
        });
        let places: Vec<&str> = places.map(|pattern| pattern.text.as_str()).collect();
        let word = lang.pick("wordt doorzocht, en niet genomen", "is looked through, and not taken");
        wrap(&format!("{word}: {}", places.join(", ")), 6, console);
    }
    if let Some(limits) = limits(&step.limits, lang) {
        wrap(&limits, 6, console);
    }
    if !step.except.is_empty() {
        let word = lang.pick("behalve", "except");
        let texts: Vec<&str> = step.except.iter().map(|pattern| pattern.text.as_str()).collect();
        wrap(&format!("{word}: {}", texts.join(", ")), 6, console);
    }
}

fn class_word(class: PersonalData, lang: Language) -> &'static str {
    match class {
        PersonalData::None => lang.pick("geen", "none"),
        PersonalData::Low => lang.pick("laag", "low"),
        PersonalData::High => lang.pick("hoog", "high"),
    }
}

fn volatility_words(volatility: Volatility, lang: Language) -> &'static str {
    match volatility {
        Volatility::Tables => lang.pick(
            "Wat het eerst verdwijnt: processen, verbindingen, sessies",
            "What vanishes first: processes, connections, sessions",
        ),
        Volatility::Processes => lang.pick("Geheugen en processen", "Memory and processes"),
        Volatility::Network => lang.pick("Netwerktoestand", "Network state"),
        Volatility::Sessions => lang.pick("Sessies", "Sessions"),
        Volatility::System => lang.pick("Toestand van het systeem", "State of the system"),
        Volatility::VolatileFiles => lang.pick("Vluchtige bestanden", "Volatile files"),
        Volatility::Logs => lang.pick("Logboeken", "Logs"),
        Volatility::Files => lang.pick("Bestanden", "Files"),
        Volatility::Configuration => lang.pick("Configuratie", "Configuration"),
        Volatility::Bulk => lang.pick("Groot, en daarom het laatst", "Large, and last for that reason"),
    }
}

fn limits(limits: &Limits, lang: Language) -> Option<String> {
    let mut said = Vec::new();
    if let Some(size) = limits.max_file_size {
        let size = bytes(size);
        said.push(lang.pick(format!("hoogstens {size} per bestand"), format!("at most {size} a file")));
    }
    if let Some(size) = limits.max_bytes {
        let size = bytes(size);
        said.push(lang.pick(format!("hoogstens {size} samen"), format!("at most {size} together")));
    }
    if let Some(files) = limits.max_files {
        said.push(lang.pick(format!("hoogstens {files} bestanden"), format!("at most {files} files")));
    }
    if let Some(days) = limits.changed_within_days {
        said.push(lang.pick(
            format!("gewijzigd in de laatste {days} dagen"),
            format!("changed within the last {days} days"),
        ));
    }
    if let Some(depth) = limits.max_depth {
        said.push(lang.pick(format!("tot {depth} mappen diep"), format!("down to {depth} folders")));
    }
    if said.is_empty() { None } else { Some(said.join(", ")) }
}

fn bytes(size: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        let whole = size >> shift;
        if whole > 0 && whole << shift == size {
            return format!("{whole} {unit}");
        }
    }
    format!("{size} bytes")
}

/// Columns of a terminal that nobody has widened.
const WIDTH: usize = 80;

/// Prints text in lines that fit, each indented.
fn wrap(text: &str, indent: usize, console: &mut Console<'_>) {
    let mut line = " ".repeat(indent);
    for word in text.split_whitespace() {
        let length = line.chars().count().saturating_add(word.chars().count()).saturating_add(1);
        if length > WIDTH && line.len() > indent {
            console.result(Printable(&line));
            line = " ".repeat(indent);
        }
        if line.len() > indent {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.len() > indent {
        console.result(Printable(&line));
    }
}
