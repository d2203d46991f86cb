//! `LiveAutostarts` of Windows: what this host starts by itself, one row a command, with what it leads to: the file and its
//! digest.
//!
//! In: services and drivers, the places of `windows_autostart_places`, scheduled tasks as files and in the registry, classes of users in
//! front of the machine's, startup folders, profiles of PowerShell, scripts of policies, subscriptions of WMI. Out: an item of
//! rows ([`AutostartRow`]), of a tree or an image as well. The older tasks in `Windows\Tasks` are not read. A place that could
//! not be read, or not to its end, is a row too, and makes the item partial. Of the running system a service's state is
//! reported too, a service that runs but has no key in the registry, and what the registry's files hold that the system
//! does not report.

use std::collections::BTreeMap;
use std::time::Duration;

use super::found_starts::FoundStarts;
use super::started_files::Book;
use super::windows_host::WindowsHost;
use super::{class_starts, file_starts, registry_comparison, registry_starts, subscriptions, task_starts};
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::autostarts::{Autostart, AutostartRow};
use crate::evidence::rows::registry_differences::{RegistryComparison, RegistryDifference};
use crate::evidence::{Exact, ReasonCode};
use crate::formats::windows_autostart_places::In;
use crate::sources::registry_facts::{RegistryFacts, Running};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys;
use crate::sys::ServiceState;

/// How long all of it may take.
const TABLE_LIMIT: Duration = Duration::from_mins(2);

/// Most rows.
const MAX_STARTS: usize = 50_000;

/// How the rows are made.
pub(crate) fn rows(machine: WindowsHost) -> Rows {
    let rows = Rows::new(AutostartRow::SCHEMA, "registry", move |lines| make(&machine, lines));
    rows.within(TABLE_LIMIT)
}

fn make(machine: &WindowsHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut found = all(machine);
    subscriptions::add(machine, &mut found.all, lines);
    let running = machine.is_live() && sys::IS_WINDOWS;
    if running {
        match sys::services() {
            Ok(states) => add_states(&mut found, states),
            Err(error) => lines.short(code_of(&error), format!("asking for the states of services: {error}")),
        }
    }
    let FoundStarts { all, unread, more_unread, .. } = found;
    if all.len() > MAX_STARTS {
        lines.short(ReasonCode::ArtifactLimit, format!("no more than {MAX_STARTS} are reported"));
    }
    let mut book = Book::new(machine);
    for mut start in all.into_iter().take(MAX_STARTS) {
        if let Some(target) = &start.target {
            start.facts = book.facts(machine, target, lines);
        }
        lines.row(&AutostartRow::Start(Box::new(start)))?;
    }
    for place in unread {
        let named = place.file.as_ref().or(place.registry_key.as_ref()).map(Exact::text).unwrap_or_default();
        lines.short(place.why, format!("reading {named}: {}", place.detail));
        lines.row(&AutostartRow::Unread(Box::new(place)))?;
    }
    if more_unread > 0 {
        lines.short(ReasonCode::Unsupported, format!("{more_unread} more places were not read"));
    }
    if running {
        for (comparison, differences) in compared(machine) {
            if let Some(why) = comparison.why.filter(|why| *why != ReasonCode::NotFound) {
                lines.short(why, format!("comparing {} with its file", comparison.hive));
            }
            for difference in differences {
                lines.row(&AutostartRow::RegistryDifference(Box::new(difference)))?;
            }
            lines.row(&AutostartRow::RegistryComparison(Box::new(comparison)))?;
        }
    }
    Ok(())
}

/// All that the registry and files say.
fn all(machine: &WindowsHost) -> FoundStarts {
    let mut found = FoundStarts::default();
    let mut classes = std::collections::BTreeSet::new();
    machine.registry(|system, software| {
        registry_starts::of_machine(machine, system, software, &mut found);
        classes = class_starts::of_machine(software);
        classes.extend(task_starts::of_tasks(machine, software, &mut found));
    });
    file_starts::for_all(machine, &mut found);
    machine.users(&mut |user, folder, hive| {
        if let Some(folder) = folder {
            file_starts::for_user(machine, user, folder, hive, &mut found);
        }
        registry_starts::of_user(machine, user, folder, hive, &mut found);
        machine.classes(user, folder, |hive| {
            class_starts::of_user(machine, (user, folder), hive, &classes, &mut found);
        });
    });
    machine.registry(|_, software| registry_starts::resolve_classes(machine, software, &mut found));
    found
}

/// The machine's hives and those of users that are logged on, compared with their files.
fn compared(machine: &WindowsHost) -> Vec<(RegistryComparison, Vec<RegistryDifference>)> {
    let mut all = Vec::new();
    for (name, hive) in [("SYSTEM", In::System), ("SOFTWARE", In::Software)] {
        let raw = || -> Box<dyn RegistryFacts> { Box::new(machine.system_hive(name)) };
        let root = format!("HKEY_LOCAL_MACHINE\\{name}");
        let places = registry_comparison::places(hive);
        all.push(registry_comparison::compare(&root, &raw, &mut Running::new(name), &places));
    }
    for (user, folder) in machine.logged_on() {
        let raw = || -> Box<dyn RegistryFacts> { Box::new(machine.hive(format!("{folder}\\NTUSER.DAT"))) };
        let root = format!("HKEY_USERS\\{user}");
        let places = registry_comparison::places(In::User);
        all.push(registry_comparison::compare(&root, &raw, &mut Running::new(&root), &places));
    }
    all
}

/// Adds what services do now; one that has no key in the registry gets a row of its own, and so does one whose key says
/// nothing that is started.
fn add_states(found: &mut FoundStarts, states: Vec<ServiceState>) {
    let mut states: BTreeMap<String, ServiceState> =
        states.into_iter().map(|state| (state.name.to_lowercase(), state)).collect();
    let mut named = Vec::new();
    let services = found.all.iter_mut().filter(|start| matches!(&*start.kind, "service" | "driver"));
    for start in services {
        let name = start.name.as_ref().map(|name| name.text().to_lowercase()).unwrap_or_default();
        if let Some(state) = states.get(&name) {
            (start.state, start.pid) = (state.state.map(Into::into), state.pid);
        }
        named.push(name);
    }
    for name in &named {
        states.remove(name);
    }
    let registered = &found.services;
    let unregistered = |name: &str| registered.as_ref().is_some_and(|names| !names.contains(name));
    found.all.extend(states.into_iter().map(|(name, state)| Autostart {
        kind: "service".into(),
        unregistered: unregistered(&name),
        name: Some(Exact::from(state.name)),
        display_name: Some(state.display_name),
        state: state.state.map(Into::into),
        pid: state.pid,
        ..Autostart::default()
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_its_state_and_one_without_a_key_is_told() {
        let state = |name: &str, pid| ServiceState {
            name: name.to_owned(),
            display_name: String::new(),
            state: Some("running"),
            pid,
        };
        let known =
            Autostart { kind: "service".into(), name: Some("Spooler".into()), ..Autostart::default() };
        let dll = Autostart { key: Some("ServiceDll".into()), ..known.clone() };
        let run = Autostart { kind: "run".into(), name: Some("spooler".into()), ..Autostart::default() };
        let refused = Autostart {
            name: Some("Geheim".into()),
            unread: Some(ReasonCode::PermissionDenied),
            ..known.clone()
        };
        let names = ["spooler", "geheim", "leeg"].map(str::to_owned);
        let mut found = FoundStarts {
            all: vec![known, dll, run, refused],
            services: Some(names.into_iter().collect()),
            ..FoundStarts::default()
        };
        let states = || {
            vec![
                state("SPOOLER", Some(8)),
                state("verborgen", Some(12)),
                state("geheim", Some(16)),
                state("Leeg", Some(20)),
            ]
        };
        add_states(&mut found, states());
        let told: Vec<_> = found.all.iter().map(|start| (start.pid, start.unregistered)).collect();
        assert_eq!(
            told,
            [
                (Some(8), false),
                (Some(8), false),
                (None, false),
                (Some(16), false),
                (Some(20), false),
                (Some(12), true)
            ]
        );
        // Where not all services could be listed, nobody can tell.
        let mut unknown = FoundStarts::default();
        add_states(&mut unknown, states());
        assert!(unknown.all.iter().all(|start| !start.unregistered));
    }
}
