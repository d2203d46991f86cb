//! `LiveAutostarts` of Windows: what this host starts by itself, one row a command, with what it leads to: the file and its
//! digest.
//!
//! In: services and drivers, the places of `places.rs`, scheduled tasks, startup folders, subscriptions of WMI. Out: an item of rows
//! ([`Row`]), of a tree or an image as well. The older tasks in `Windows\Tasks` are not read. Of the running system a service's state is told too, and a service that runs but has
//! no key in the registry.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::files::Book;
use super::machine::Machine;
use super::{starts, subscriptions};
use crate::evidence::{Exact, ReasonCode, Utc};
use crate::live::files::Facts;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys::{self, ServiceState};

/// How long all of it may take.
const TABLE_LIMIT: Duration = Duration::from_mins(2);

/// Most rows.
const MAX_STARTS: usize = 50_000;

/// A row of `LiveAutostarts` of Windows, schema `urn:veldkit:live:autostarts:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// What is started.
    Start(Box<Start>),
}

/// What is started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Start {
    /// By what: `service`, `driver`, `task`, `run`, `run_once`, `startup_folder`, `winlogon`, `debugger`, `app_init`, `lsa` …
    /// (`places.rs`); of subscriptions of WMI `wmi_filter`, `wmi_consumer`, `wmi_binding`.
    pub kind: &'static str,
    /// The file that says so: of a task its XML, of a startup folder the file itself, of WMI its repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Exact>,
    /// The key of the registry that says so, from its root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_key: Option<String>,
    /// The value in it, of a task the kind of action, of WMI the class: `ImagePath`, `ServiceDll`, `Exec`, `ComHandler` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Exact>,
    /// When the key of the registry was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_changed: Option<Utc>,
    /// The name of the service or the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name that people see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The command as written; of a consumer of WMI its command line, its script or its text, of a binding its consumer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Exact>,
    /// As whom: of a service its account, of a task its principal; of a user's own hive the user's SID; of WMI the SID of who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// When: of a service `boot`, `system`, `auto`, `delayed`, `demand` or `disabled`; of a task its triggers; of a filter of WMI its
    /// query, of a binding its filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Whether it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Of a filter of WMI: the name space that its events are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Of a task: whether it is left out of the list that people see.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Of a task: whether it runs with the highest rights its user has.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub highest: bool,
    /// Of a task: who says to have written it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Of a service of the running system: `running`, `stopped` …; of WMI `remnant`, where it stands in a place that the repository no
    /// longer uses: it was deleted, or changed since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// The process that it runs in, by its number in `LiveProcesses`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Whether a service runs that has no key in the registry.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unregistered: bool,
    /// The interpreter or launcher in front of the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launcher: Option<String>,
    /// The file that is run; where none is there, the path as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What is known of the target.
    #[serde(flatten)]
    pub facts: Facts,
}

/// How the rows are made.
pub(crate) fn rows(machine: Machine) -> Rows {
    let rows = Rows::new("urn:veldkit:live:autostarts:1", "registry", move |lines| make(&machine, lines));
    rows.within(TABLE_LIMIT)
}

fn make(machine: &Machine, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut all = starts::all(machine);
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
            start.facts = book.facts(machine, target, lines);
        }
        lines.row(&Row::Start(Box::new(start)))?;
    }
    Ok(())
}

/// Adds what services do now; one that the registry does not name gets a row of its own.
fn add_states(all: &mut Vec<Start>, states: Vec<ServiceState>) {
    let mut states: BTreeMap<String, ServiceState> =
        states.into_iter().map(|state| (state.name.to_lowercase(), state)).collect();
    let mut named = Vec::new();
    for start in all.iter_mut().filter(|start| matches!(start.kind, "service" | "driver")) {
        let name = start.name.as_deref().unwrap_or_default().to_lowercase();
        if let Some(state) = states.get(&name) {
            (start.state, start.pid) = (state.state, state.pid);
        }
        named.push(name);
    }
    for name in &named {
        states.remove(name);
    }
    all.extend(states.into_values().map(|state| Start {
        kind: "service",
        name: Some(state.name),
        display_name: Some(state.display_name),
        state: state.state,
        pid: state.pid,
        unregistered: true,
        ..Start::default()
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
        let known = Start { kind: "service", name: Some("Spooler".into()), ..Start::default() };
        let dll = Start { key: Some("ServiceDll".into()), ..known.clone() };
        let run = Start { kind: "run", name: Some("spooler".into()), ..Start::default() };
        let mut all = vec![known, dll, run];
        add_states(&mut all, vec![state("SPOOLER", Some(8)), state("verborgen", Some(12))]);
        let told: Vec<_> = all.iter().map(|start| (start.pid, start.unregistered)).collect();
        assert_eq!(told, [(Some(8), false), (Some(8), false), (None, false), (Some(12), true)]);
    }
}
