//! Resolves a request to a plan: playbooks and groups expanded, each artifact once, most volatile first.
//!
//! In: a [`Request`] and the kind of target. Out: a [`Plan`].
//!
//! Limits: a playbook's own replace those of the artifact's handling, field by field; where several playbooks request
//! one artifact, the wider limit applies, field by field, so that a larger request never collects less.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::Catalogue;
use super::definition::{Definition, Place};
use super::error::{Error, nearest};
use super::handling::Handling;
use super::kit_tools;
use super::kit_tools::KitTool;
use super::live::Live;
use super::plan::{
    BilingualText, Excluded, Follow, Limits, MemoryTool, Mode, Pattern, Plan, PlaybookNote, Source, Step,
    TargetOs, Volatility,
};
use super::playbook_document::Playbook;
use crate::evidence::PersonalData;

/// The artifact name of paths from the operator.
pub const PATH_ARTIFACT: &str = "veldkit:path";

/// The artifact name in records about missing facts of the target itself: accounts, home directories and web servers,
/// to which definitions refer.
pub const TARGET_ARTIFACT: &str = "veldkit:target";

/// The artifact name of scanned process memory.
pub const MEMORY_ARTIFACT: &str = "veldkit:process-memory";

/// The artifact name of swept files, which are collected where a rule or indicator matches.
pub const SWEEP_ARTIFACT: &str = "veldkit:sweep";

/// Maximum nesting of groups and of playbooks: more than a person can follow, and far from a stack overflow.
const MAX_NESTING: usize = 16;

/// What a run is asked to collect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Names of playbooks.
    pub playbooks: Vec<String>,
    /// Names of artifacts and groups.
    pub artifacts: Vec<String>,
    /// Paths and globs on the target.
    pub paths: Vec<String>,
    /// Paths and globs to sweep, in place of those of the playbooks.
    pub sweep: Vec<String>,
    /// Why the sweeps of playbooks are left out; `None` where they are not.
    pub no_sweep: Option<String>,
    /// Ids of the processes whose memory is scanned; all where the list is empty.
    pub processes: Option<Vec<u32>>,
    /// Class of personal data from which on artifacts are left out.
    pub leave_out: Option<PersonalData>,
    /// Programs of the kit, by the name that definitions and playbooks use.
    pub tools: BTreeMap<String, KitTool>,
}

impl Catalogue {
    /// Resolves a request for a kind of target.
    ///
    /// Artifacts of a playbook for another system are left out of the plan; those that the operator requests must
    /// exist on the target.
    ///
    /// # Errors
    ///
    /// An unknown name, an artifact for another system, a group or playbook that includes itself.
    pub fn plan(&self, request: &Request, os: TargetOs) -> Result<Plan, Error> {
        let mut planning =
            Planning { catalogue: self, os, leave_out: request.leave_out, ..Planning::new(self) };
        for name in &request.playbooks {
            planning.playbook(name, &mut Vec::new())?;
        }
        for name in &request.artifacts {
            planning.named(name)?;
        }
        if !request.paths.is_empty() {
            planning.paths(&request.paths, Mode::Collect);
        }
        let swept = planning.sweeps(request);
        let mut plan = planning.finish();
        kit_tools::resolve(&mut plan, &request.tools);
        // Nothing is lost sooner.
        if let Some(ids) = &request.processes {
            plan.steps.insert(0, memory_step(ids));
        }
        // Sweeps come last: their files were on the disk before and will be there after.
        if !swept.is_empty() {
            let named = !request.sweep.is_empty();
            plan.steps.push(Step { named, ..path_step(&swept, os, Mode::Sweep) });
        }
        Ok(plan)
    }
}

struct Planning<'a> {
    catalogue: &'a Catalogue,
    os: TargetOs,
    leave_out: Option<PersonalData>,
    steps: Vec<Step>,
    /// Index of the step of an artifact.
    index: BTreeMap<String, usize>,
    excluded: BTreeMap<String, String>,
    notes: Vec<PlaybookNote>,
    played: BTreeSet<String>,
    /// The sweeps of the playbooks, in order.
    sweep: Vec<String>,
    /// The memory tool of the last playbook that has one.
    memory_tool: Option<MemoryTool>,
    /// The names visited for the current choice, and whether opt-in artifacts were allowed then.
    met: BTreeSet<(String, bool)>,
    files: BTreeSet<String>,
}

/// Who requests an artifact, and under which conditions.
struct Asking<'a> {
    by: Option<&'a str>,
    /// Whether opt-in artifacts are allowed.
    opt_in: bool,
    limits: Limits,
}

impl<'a> Planning<'a> {
    fn new(catalogue: &'a Catalogue) -> Self {
        Self {
            catalogue,
            os: TargetOs::Other,
            leave_out: None,
            steps: Vec::new(),
            index: BTreeMap::new(),
            excluded: BTreeMap::new(),
            notes: Vec::new(),
            played: BTreeSet::new(),
            sweep: Vec::new(),
            memory_tool: None,
            met: BTreeSet::new(),
            files: BTreeSet::new(),
        }
    }

    fn playbook(&mut self, name: &str, above: &mut Vec<String>) -> Result<(), Error> {
        let Some(playbook) = self.catalogue.playbook(name) else {
            return Err(Error::UnknownPlaybook {
                name: name.to_owned(),
                by: above.last().cloned(),
                nearest: nearest(name, self.catalogue.playbooks().map(|playbook| playbook.name.as_str())),
            });
        };
        enter(name, above)?;
        if self.played.insert(name.to_owned()) {
            for included in &playbook.includes {
                self.playbook(&included.name, above)?;
            }
            self.files.insert(playbook.file.clone());
            self.choices(playbook)?;
            let new: Vec<_> =
                playbook.sweep.iter().filter(|place| !self.sweep.contains(place)).cloned().collect();
            self.sweep.extend(new);
            self.memory_tool = playbook.memory_tool.clone().or(self.memory_tool.take());
            self.notes.extend(playbook.notes.iter().map(|note| PlaybookNote {
                playbook: playbook.name.clone(),
                nl: note.nl.clone(),
                en: note.en.clone(),
            }));
        }
        above.pop();
        Ok(())
    }

    fn choices(&mut self, playbook: &Playbook) -> Result<(), Error> {
        for choice in &playbook.artifacts {
            let limits = playbook.limits.get(&choice.name).copied().unwrap_or_default();
            let asking = Asking { by: Some(&playbook.name), opt_in: playbook.opt_in, limits };
            self.ask(&choice.name, &asking)?;
        }
        Ok(())
    }

    /// Adds an artifact that the operator requests.
    fn named(&mut self, name: &str) -> Result<(), Error> {
        if let Some(definition) = self.catalogue.artifact(name)
            && !definition.applies_to(self.os)
        {
            let systems: Vec<String> = definition.systems.iter().map(ToString::to_string).collect();
            return Err(Error::OtherSystem {
                artifact: definition.name.clone(),
                system: self.os,
                systems: systems.join(", "),
            });
        }
        self.ask(name, &Asking { by: None, opt_in: true, limits: Limits::default() })
    }

    fn ask(&mut self, name: &str, asking: &Asking<'_>) -> Result<(), Error> {
        self.met.clear();
        self.artifact(name, asking, &mut Vec::new())
    }

    fn artifact(&mut self, name: &str, asking: &Asking<'_>, above: &mut Vec<String>) -> Result<(), Error> {
        let Some(definition) = self.catalogue.artifact(name) else {
            return Err(Error::UnknownArtifact {
                name: name.to_owned(),
                by: above.last().map(String::as_str).or(asking.by).map(str::to_owned),
                nearest: nearest(name, self.catalogue.artifact_names()),
            });
        };
        enter(&definition.name, above)?;
        // Groups that share members would otherwise be expanded once per path to them.
        if !self.met.insert((definition.name.clone(), asking.opt_in)) {
            above.pop();
            return Ok(());
        }
        let handling = self.catalogue.handling(&definition.name).cloned();
        let must_be_asked_for = handling.as_ref().is_some_and(|handling| handling.opt_in);
        if definition.applies_to(self.os) {
            self.files.insert(definition.file.clone());
            if let Some(handling) = &handling {
                self.files.insert(handling.file.clone());
            }
            if must_be_asked_for && !asking.opt_in {
                let reason = format!("it must be requested by name: --artifact {}", definition.name);
                self.exclude(&definition.name, reason);
            } else {
                self.step(definition, handling.unwrap_or_else(Handling::unknown), asking.limits);
                // Requesting a group does not request its opt-in members, unless the group itself is opt-in.
                let opt_in = asking.opt_in && (asking.by.is_some() || must_be_asked_for);
                let asking = Asking { opt_in, ..*asking };
                for place in definition.places_on(self.os) {
                    if let Place::Group(names) = place {
                        names.iter().try_for_each(|member| self.artifact(member, &asking, above))?;
                    }
                }
            }
        }
        above.pop();
        Ok(())
    }

    fn step(&mut self, definition: &Definition, handling: Handling, own: Limits) {
        let limits = own.or(handling.limits);
        if let Some(step) = self.index.get(&definition.name).and_then(|at| self.steps.get_mut(*at)) {
            step.limits = step.limits.wider(limits);
            return;
        }
        let mut sources = Vec::new();
        let mut unsupported = false;
        for place in definition.places_on(self.os) {
            match place {
                Place::Source(source) => sources.push(linked(source, handling.follow_links)),
                Place::Wmi(_) => unsupported = true,
                Place::Group(_) => {}
            }
        }
        if sources.is_empty() {
            if unsupported {
                self.exclude(&definition.name, "WMI queries are not run".to_owned());
            }
            return;
        }
        self.push(Step {
            artifact: definition.name.clone(),
            volatility: handling.volatility,
            personal_data: handling.personal_data,
            purpose: handling.purpose,
            limits,
            except: handling.except,
            sources,
            shadow_copies: handling.shadow_copies,
            mode: Mode::Collect,
            named: false,
        });
    }

    /// Returns the places to sweep: those of the operator, otherwise those of the playbooks, unless there is a reason
    /// not to.
    fn sweeps(&mut self, request: &Request) -> Vec<String> {
        if !request.sweep.is_empty() {
            return request.sweep.clone();
        }
        let places = std::mem::take(&mut self.sweep);
        if places.is_empty() {
            return places;
        }
        // The personal data there is unknown, as with a path.
        let class = request.leave_out.map(|_| "the operator leaves out personal data, which may be anywhere");
        match request.no_sweep.clone().or_else(|| class.map(str::to_owned)) {
            None => places,
            Some(reason) => {
                self.exclude(SWEEP_ARTIFACT, reason);
                Vec::new()
            }
        }
    }

    fn paths(&mut self, paths: &[String], mode: Mode) {
        self.push(path_step(paths, self.os, mode));
    }

    fn push(&mut self, step: Step) {
        if self.leave_out.is_some_and(|class| step.personal_data >= class) {
            let class = if step.personal_data == PersonalData::High { "high" } else { "low" };
            let reason = format!("the operator leaves out this class of personal data ({class})");
            return self.exclude(&step.artifact, reason);
        }
        // An artifact that one playbook leaves out and another one requests is collected.
        self.excluded.remove(&step.artifact);
        self.index.insert(step.artifact.clone(), self.steps.len());
        self.steps.push(step);
    }

    fn exclude(&mut self, artifact: &str, reason: String) {
        if !self.index.contains_key(artifact) {
            self.excluded.insert(artifact.to_owned(), reason);
        }
    }

    fn finish(mut self) -> Plan {
        self.steps.sort_by_key(|step| step.volatility);
        if let Some(tool) = &self.memory_tool {
            let sources = self.steps.iter_mut().flat_map(|step| &mut step.sources);
            let memory = sources.filter(|source| **source == Source::Live(Live::Memory));
            memory.for_each(|source| *source = Source::MemoryTool(tool.clone()));
        }
        Plan {
            texts: self.files.iter().filter_map(|file| self.catalogue.text(file)).collect(),
            steps: self.steps,
            excluded: self
                .excluded
                .into_iter()
                .map(|(artifact, reason)| Excluded { artifact, reason })
                .collect(),
            notes: self.notes,
        }
    }
}

/// Makes the plan of a run that collects nothing: the memory of these processes and the files at these paths are
/// scanned.
#[must_use]
pub fn plan_to_look(paths: &[String], processes: Option<&[u32]>, os: TargetOs) -> Plan {
    let mut steps: Vec<Step> = processes.into_iter().map(memory_step).collect();
    if !paths.is_empty() {
        steps.push(path_step(paths, os, Mode::Look));
    }
    Plan { steps, ..Plan::default() }
}

/// Makes the step of process memory.
fn memory_step(ids: &[u32]) -> Step {
    Step {
        artifact: MEMORY_ARTIFACT.to_owned(),
        volatility: Volatility::Processes,
        // Process memory contains what people type and read, and their credentials; none of it is stored.
        personal_data: PersonalData::High,
        purpose: BilingualText {
            nl: "kwaadaardige code die alleen in het geheugen staat; er wordt niets van opgeslagen"
                .to_owned(),
            en: "malicious code that is in memory only; nothing of it is stored".to_owned(),
        },
        limits: Limits::default(),
        except: Vec::new(),
        sources: vec![Source::Memory(ids.to_vec())],
        shadow_copies: false,
        mode: Mode::Look,
        named: !ids.is_empty(),
    }
}

/// Makes the step of paths from the operator.
fn path_step(paths: &[String], os: TargetOs, mode: Mode) -> Step {
    let windows = os == TargetOs::Windows;
    let pattern = |text: &String| Pattern {
        text: text.clone(),
        separator: if windows && text.contains('\\') { '\\' } else { '/' },
        whole_folders: true,
        follow: Follow::Named,
        folder_entry: false,
    };
    let artifact = if mode == Mode::Collect { PATH_ARTIFACT } else { SWEEP_ARTIFACT };
    Step {
        artifact: artifact.to_owned(),
        volatility: Volatility::Files,
        // The personal data there is unknown.
        personal_data: PersonalData::High,
        purpose: if mode == Mode::Sweep {
            BilingualText {
                nl: "sporen van de dader die overal kunnen staan; alleen waarop een regel of indicator afgaat wordt \
                     genomen"
                    .to_owned(),
                en: "traces of the intruder that may be anywhere; only files that a rule or indicator matches are collected"
                    .to_owned(),
            }
        } else {
            BilingualText {
                nl: "door de operator aangewezen voor dit onderzoek".to_owned(),
                en: "chosen by the operator for this investigation".to_owned(),
            }
        },
        limits: Limits::default(),
        except: Vec::new(),
        sources: vec![Source::Files(paths.iter().map(pattern).collect())],
        // A path from the operator is wanted from shadow copies as well.
        shadow_copies: mode == Mode::Collect,
        mode,
        named: true,
    }
}

/// Enters a level, unless that forms a cycle.
fn enter(name: &str, above: &mut Vec<String>) -> Result<(), Error> {
    if let Some(first) = above.iter().position(|other| other == name) {
        let mut chain = above.split_off(first);
        chain.push(name.to_owned());
        return Err(Error::Cycle(chain));
    }
    if above.len() >= MAX_NESTING {
        return Err(Error::TooDeep { name: name.to_owned(), limit: MAX_NESTING });
    }
    above.push(name.to_owned());
    Ok(())
}

fn linked(source: &Source, follow_links: bool) -> Source {
    let follow = if follow_links { Follow::Always } else { Follow::Never };
    match source {
        Source::Files(patterns) => {
            Source::Files(patterns.iter().map(|pattern| Pattern { follow, ..pattern.clone() }).collect())
        }
        other => other.clone(),
    }
}
