//! `LiveAutostarts` of Windows: what this host starts by itself, one row a command, with what it leads to: the file and its
//! digest.
//!
//! In: services and drivers, the places of `autostart_places.rs`, scheduled tasks, startup folders, subscriptions of WMI. Out: an item of rows
//! ([`AutostartRow`]), of a tree or an image as well. The older tasks in `Windows\Tasks` are not read. Of the running system a service's state is told too, and a service that runs but has
//! no key in the registry.

use std::collections::BTreeMap;
use std::time::Duration;

use super::started_files::Book;
use super::windows_host::WindowsHost;
use super::{registry_and_task_starts, subscriptions};
use crate::evidence::ReasonCode;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::autostarts::{Autostart, AutostartRow};
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
    let mut all = registry_and_task_starts::all(machine);
    subscriptions::add(machine, &mut all, lines);
    if machine.is_live() && sys::IS_WINDOWS {
        match sys::services() {
            Ok(states) => add_states(&mut all, states),
            Err(error) => lines.short(code_of(&error), format!("asking for the states of services: {error}")),
        }
    }
    if all.len() > MAX_STARTS {
        lines.short(ReasonCode::ArtifactLimit, format!("no more than {MAX_STARTS} are told"));
    }
    let mut book = Book::new(machine);
    for mut start in all.into_iter().take(MAX_STARTS) {
        if let Some(target) = &start.target {
            start.facts = book.facts(machine, &target.text(), lines);
        }
        lines.row(&AutostartRow::Start(Box::new(start)))?;
    }
    Ok(())
}

/// Adds what services do now; one that the registry does not name gets a row of its own.
fn add_states(all: &mut Vec<Autostart>, states: Vec<ServiceState>) {
    let mut states: BTreeMap<String, ServiceState> =
        states.into_iter().map(|state| (state.name.to_lowercase(), state)).collect();
    let mut named = Vec::new();
    for start in all.iter_mut().filter(|start| matches!(&*start.kind, "service" | "driver")) {
        let name = start.name.as_deref().unwrap_or_default().to_lowercase();
        if let Some(state) = states.get(&name) {
            (start.state, start.pid) = (state.state.map(Into::into), state.pid);
        }
        named.push(name);
    }
    for name in &named {
        states.remove(name);
    }
    all.extend(states.into_values().map(|state| Autostart {
        kind: "service".into(),
        name: Some(state.name),
        display_name: Some(state.display_name),
        state: state.state.map(Into::into),
        pid: state.pid,
        unregistered: true,
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
        let mut all = vec![known, dll, run];
        add_states(&mut all, vec![state("SPOOLER", Some(8)), state("verborgen", Some(12))]);
        let told: Vec<_> = all.iter().map(|start| (start.pid, start.unregistered)).collect();
        assert_eq!(told, [(Some(8), false), (Some(8), false), (None, false), (Some(12), true)]);
    }
}
