//! Scheduled tasks of a Windows: their files, and the same tasks as the registry has them (`TaskCache`).
//!
//! It is the registry's tasks that are run, and the tree of names there that is listed. A task that only one of the two has,
//! or that they describe differently, is a row with its discrepancy.

use std::collections::{BTreeMap, BTreeSet};

use super::found_starts::{FoundStarts, below, is_class, lead, library, lower, over, write_command};
use super::registry_starts::SOFTWARE;
use super::windows_host::WindowsHost;
use crate::evidence::rows::autostarts::Autostart;
use crate::evidence::{Exact, Kind};
use crate::formats::task_xml::{Action, ScheduledTask};
use crate::formats::windows_autostart_places::{JOBS, TASKS};
use crate::formats::{task_actions, task_job, task_xml};
use crate::sources::registry_facts::{RegistryFacts, WalkLimits};

/// Most tasks, and how deep their folders go.
const MAX_TASKS: usize = 20_000;
const MAX_DEPTH: usize = 12;

/// Most bytes of one task.
const MAX_TASK: usize = 1 << 20;

/// Where the registry has them.
const CACHE: &str = "Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache";

/// Adds all tasks; gives the classes that they name.
pub(crate) fn of_tasks(
    machine: &WindowsHost,
    software: &mut dyn RegistryFacts,
    found: &mut FoundStarts,
) -> BTreeSet<String> {
    let cache = TaskCache::read(software);
    found.take_unread(software, SOFTWARE);
    let mut seen = BTreeSet::new();
    let mut classes = BTreeSet::new();
    each_file(machine, found, &mut |found, path, named| {
        let task = match machine.read(path, MAX_TASK.saturating_add(1)) {
            Ok(bytes) if bytes.len() > MAX_TASK => {
                found.unread_file(path, &over(MAX_TASK, "bytes of a task"));
                None
            }
            Ok(bytes) => task_xml::task(&bytes),
            Err(error) => {
                found.unread_file(path, &error);
                None
            }
        };
        let cached = cache.as_ref().map(|cache| cache.named(named));
        seen.insert(lower(named));
        let discrepancy = match &cached {
            Some(None) => Some("not_registered"),
            Some(Some(cached)) if cached.hidden => Some("no_security_descriptor"),
            _ => None,
        };
        let start = Autostart {
            kind: "task".into(),
            file: Some(Exact::from(path)),
            // Its place in the folders is its name, whatever it says of itself.
            name: Some(Exact::from(named)),
            discrepancy: discrepancy.map(Into::into),
            ..Autostart::default()
        };
        // What is there and is no task gets a row: it is where one is looked for.
        let Some(task) = task else { return found.all.push(start) };
        let start = of_task(start, &task);
        let mut add = |start: &Autostart, action: &Action| {
            classes.extend(class_of(action));
            found.all.push(of_action(machine, software, start.clone(), action));
        };
        for action in &task.actions {
            add(&start, action);
        }
        if let Some(cached) = cached.flatten()
            && let Some(actions) = cached.actions.as_ref().filter(|actions| !same(actions, &task.actions))
        {
            let start = Autostart { discrepancy: Some("other_action".into()), ..cached.start(start) };
            for action in actions {
                add(&start, action);
            }
        }
    });
    for (name, cached) in cache.iter().flat_map(|cache| &cache.tasks) {
        if seen.contains(name) {
            continue;
        }
        let start = Autostart {
            kind: "task".into(),
            name: Some(cached.name.clone()),
            discrepancy: Some(if cached.in_tree { "no_file" } else { "not_in_tree" }.into()),
            ..Autostart::default()
        };
        let start = cached.start(start);
        match cached.actions.as_deref() {
            None | Some([]) => found.all.push(start),
            Some(actions) => {
                for action in actions {
                    classes.extend(class_of(action));
                    found.all.push(of_action(machine, software, start.clone(), action));
                }
            }
        }
    }
    found.take_unread(software, SOFTWARE);
    of_jobs(machine, software, found);
    classes
}

/// Adds the tasks of the older service; a file that is none has a row all the same: it is where one is looked for.
fn of_jobs(machine: &WindowsHost, software: &mut dyn RegistryFacts, found: &mut FoundStarts) {
    let folder = machine.folders(None).expand(JOBS).into_bytes();
    let listed = machine.list(&folder);
    if let Some(error) = listed.failure {
        found.unread_file(&folder, &error);
    }
    let is_job = |name: &[u8]| name.to_ascii_lowercase().ends_with(b".job");
    for (name, _) in listed.entries.into_iter().filter(|(name, kind)| *kind == Kind::File && is_job(name)) {
        let path = below(&folder, &name);
        let task = match machine.read(&path, MAX_TASK) {
            Ok(bytes) => task_job::task(&bytes),
            Err(error) => {
                found.unread_file(&path, &error);
                None
            }
        };
        let name = name.get(..name.len().saturating_sub(4)).unwrap_or_default();
        let start = Autostart {
            kind: "task".into(),
            file: Some(Exact::from(path)),
            name: Some(Exact::from(name)),
            ..Autostart::default()
        };
        let Some(task) = task else {
            found.all.push(start);
            continue;
        };
        for action in &task.actions {
            found.all.push(of_action(machine, software, of_task(start.clone(), &task), action));
        }
    }
}

/// What is done with a task's file: its path, and its name as a task.
type TaskFile<'a> = dyn FnMut(&mut FoundStarts, &[u8], &[u8]) + 'a;

/// Hands out each file below the folder of tasks with its name as a task: its path from there.
fn each_file(machine: &WindowsHost, found: &mut FoundStarts, act: &mut TaskFile<'_>) {
    let root = machine.folders(None).expand(TASKS).into_bytes();
    let mut waiting = vec![(root.clone(), 0_usize)];
    let mut count = 0_usize;
    while let Some((folder, depth)) = waiting.pop() {
        let listed = machine.list(&folder);
        if let Some(error) = listed.failure {
            found.unread_file(&folder, &error);
        }
        for (name, kind) in listed.entries {
            let path = below(&folder, &name);
            match kind {
                Kind::Directory if depth < MAX_DEPTH => waiting.push((path, depth.saturating_add(1))),
                Kind::Directory => found.unread_file(&path, &over(MAX_DEPTH, "levels of folders of tasks")),
                Kind::File if count >= MAX_TASKS => {
                    return found.unread_file(&path, &over(MAX_TASKS, "files of tasks"));
                }
                Kind::File => {
                    count = count.saturating_add(1);
                    let named = path.strip_prefix(root.as_slice()).unwrap_or(&name);
                    act(found, &path, named);
                }
                _ => {}
            }
        }
    }
}

/// What a task says of itself.
fn of_task(start: Autostart, task: &ScheduledTask) -> Autostart {
    Autostart {
        user: task.user.as_ref().map(Exact::from),
        schedule: Some(task.triggers.join("; ")).filter(|triggers| !triggers.is_empty()).map(Exact::from),
        enabled: Some(task.enabled),
        hidden: task.hidden,
        highest: task.highest,
        author: task.author.clone(),
        ..start
    }
}

/// What one action of a task leads to.
fn of_action(
    machine: &WindowsHost,
    software: &mut dyn RegistryFacts,
    mut start: Autostart,
    action: &Action,
) -> Autostart {
    let folders = machine.folders(None);
    match action {
        Action::Run { command, arguments, .. } => {
            start.key = Some(Exact::from("Exec"));
            // The program is one word there, blanks and all.
            let quoted = if command.contains('"') { command.clone() } else { format!("\"{command}\"") };
            write_command(&mut start, format!("{command} {arguments}").trim_end());
            lead(machine, &folders, &mut start, &format!("{quoted} {arguments}"));
        }
        Action::Class { id, data } => {
            start.key = Some(Exact::from("ComHandler"));
            write_command(&mut start, format!("{id} {data}").trim_end());
            if let Some(library) = library(software, id) {
                lead(machine, &folders, &mut start, &library);
            }
        }
        Action::Other(kind) => start.key = Some(Exact::from(kind)),
    }
    start
}

/// The class that an action calls, in lower case.
fn class_of(action: &Action) -> Option<String> {
    let Action::Class { id, .. } = action else { return None };
    is_class(id).then(|| id.to_lowercase())
}

/// Whether the registry has the actions that the file has. Kinds whose form is not known are not compared.
fn same(cached: &[Action], written: &[Action]) -> bool {
    let told = |action: &Action| match action {
        Action::Run { command, arguments, .. } => Some((command.trim().to_owned(), beginning(arguments))),
        Action::Class { id, data } => Some((id.to_lowercase(), beginning(data))),
        Action::Other(_) => None,
    };
    let (cached, written): (Vec<_>, Vec<_>) =
        (cached.iter().map(told).collect(), written.iter().map(told).collect());
    cached.contains(&None) || written.contains(&None) || cached == written
}

/// What is compared of a text: the reader of the file cuts it.
fn beginning(text: &str) -> String {
    text.trim().chars().take(1_000).collect()
}

/// A task as the registry has it.
struct CachedTask {
    name: Exact,
    /// The key that it was found by, from the root.
    registry_key: Exact,
    key_changed: Option<crate::evidence::Utc>,
    in_tree: bool,
    /// Whether it lacks what makes it be listed, and others have it.
    hidden: bool,
    /// `None` where they are not there, or in a form that is not known.
    actions: Option<Vec<Action>>,
}

impl CachedTask {
    /// A row about it as the registry has it.
    fn start(&self, start: Autostart) -> Autostart {
        Autostart {
            registry_key: Some(self.registry_key.clone()),
            key_changed: self.key_changed,
            key: Some(Exact::from("Actions")),
            ..start
        }
    }
}

/// All tasks of the registry.
struct TaskCache {
    /// By name in lower case, from the root of the tree.
    tasks: BTreeMap<Vec<u8>, CachedTask>,
}

impl TaskCache {
    /// Reads it; `None` where there is none, so that nothing can be compared.
    fn read(software: &mut dyn RegistryFacts) -> Option<Self> {
        software.contents(&format!("{CACHE}\\Tree"))?;
        let mut tasks = BTreeMap::new();
        let mut ids = BTreeMap::new();
        let mut described = false;
        let limits = WalkLimits { depth: MAX_DEPTH, most: MAX_TASKS, whole: true };
        software.walk(&format!("{CACHE}\\Tree"), limits, &mut |path, contents| {
            let has = contents.value("SD").is_some();
            described |= has;
            // A folder has none.
            let Some(id) = contents.text("Id") else { return };
            let name = Exact(below(b"", &path.0));
            ids.insert(id.to_lowercase(), lower(&name.0));
            let registry_key = format!("{SOFTWARE}\\{CACHE}\\Tree");
            let registry_key = Exact([registry_key.as_bytes(), &name.0].concat());
            let (key_changed, in_tree, hidden) = (contents.written, true, !has);
            let task = CachedTask { name, registry_key, key_changed, in_tree, hidden, actions: None };
            tasks.insert(lower(&task.name.0), task);
        });
        software.each(&format!("{CACHE}\\Tasks"), "", MAX_TASKS, &mut |id, contents, _| {
            let actions = contents.value("Actions").and_then(|value| task_actions::actions(&value.data));
            if let Some(task) = ids.get(&id.text().to_lowercase()).and_then(|name| tasks.get_mut(name)) {
                task.actions = actions;
                return;
            }
            // It is run all the same, and in no list.
            let name = contents.text("Path").map_or_else(|| id.clone(), Exact::from);
            let registry_key = format!("{SOFTWARE}\\{CACHE}\\Tasks\\");
            let registry_key = Exact([registry_key.as_bytes(), &id.0].concat());
            let key_changed = contents.written;
            let task = CachedTask { name, registry_key, key_changed, in_tree: false, hidden: false, actions };
            tasks.entry(lower(&task.name.0)).or_insert(task);
        });
        // Older systems describe none.
        for task in tasks.values_mut() {
            task.hidden &= described;
        }
        Some(Self { tasks })
    }

    fn named(&self, name: &[u8]) -> Option<&CachedTask> {
        self.tasks.get(&lower(name)).filter(|task| task.in_tree)
    }
}
