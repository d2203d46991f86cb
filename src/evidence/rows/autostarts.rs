//! Rows of `LiveAutostarts`: what this host starts by itself, one row per command, and the modules of its kernel, each with the
//! file that it leads to.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::registry_differences::{RegistryComparison, RegistryDifference, UnreadPlace};
use super::started_files::{PackageOwner, StartedFile};
use super::{Observable, RowCitation, RowType};
use crate::evidence::{Exact, ReasonCode, Utc};

/// A row of schema `urn:veldkit:live:autostarts:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum AutostartRow {
    /// A command or file that is started.
    Start(Box<Autostart>),
    /// A module of the kernel (Linux).
    Module(Box<KernelModule>),
    /// A place that starts something and could not be read, or not to its end (Windows).
    Unread(Box<UnreadPlace>),
    /// Something that the registry's file holds and the running system does not report (Windows).
    RegistryDifference(Box<RegistryDifference>),
    /// How far the registry's files were compared with what the running system reports (Windows).
    RegistryComparison(Box<RegistryComparison>),
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// A command or file that is started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Autostart {
    /// By what: `systemd`, `cron`, `pam` … (Linux); `service`, `driver`, `task`, `run`, `run_once`, `startup_folder`,
    /// `winlogon`, `debugger`, `app_init`, `lsa` …, and of subscriptions of WMI `wmi_filter`, `wmi_consumer`, `wmi_binding`
    /// (Windows).
    pub kind: Cow<'static, str>,
    /// The file that says so. Of Windows: of a task its XML, of a startup folder the file itself, of WMI its repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Exact>,
    /// Number of its line, from 1; none where the file itself is started (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The key of the registry that says so, from its root (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_key: Option<Exact>,
    /// The command as written; of a timer the unit it starts, of `preload` the library; of a consumer of WMI its command line,
    /// its script or its text, of a binding its consumer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Exact>,
    /// How many bytes the whole command has, where only its beginning is in the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_size: Option<u64>,
    /// The key that has it: `ExecStart`, `OnCalendar`, `LD_PRELOAD`, a module that it replaces … (Linux); the value in the
    /// registry's key, of a task the kind of action, of WMI the class: `ImagePath`, `ServiceDll`, `Exec`, `ComHandler` …
    /// (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Exact>,
    /// When the key of the registry was last changed (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_changed: Option<Utc>,
    /// The name of the service or the task (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Exact>,
    /// The name that people see (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// As whom: of a unit `User=`, of cron the user of the table (Linux); of a service its account, of a task its principal,
    /// of a user's own hive the user's SID, of WMI the SID of whoever made it (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Exact>,
    /// When, as cron or a timer writes it (Linux); of a service `boot`, `system`, `auto`, `delayed`, `demand` or `disabled`, of
    /// a task its triggers, of a filter of WMI its query, of a binding its filter (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Exact>,
    /// Whether it is on. Of a unit: whether another one, or a directory `*.wants` or `*.requires`, has it started; one that is
    /// not may still be started by a socket, a timer, D-Bus or a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Of a filter of WMI: the name space that its events are of (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Of a task: whether it is left out of the list that people see (Windows).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Of a task: whether it runs with the highest rights its user has (Windows).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub highest: bool,
    /// Of a task: who claims to have written it (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Of a service of the running system: `running`, `stopped` …; of WMI `remnant`, where the repository no longer uses the
    /// place it was read from: it was deleted, or changed since (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Cow<'static, str>>,
    /// The process that it runs in, by its number in `LiveProcesses` (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Whether a service runs that has no key in the registry (Windows).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unregistered: bool,
    /// Of a service: why its key in the registry could not be read (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<ReasonCode>,
    /// Of a task: how its file and the registry disagree. `no_file`: the registry has it, and no file. `not_registered`:
    /// a file has it, and not the registry. `not_in_tree`: the registry lists it without a place in the tree of names.
    /// `no_security_descriptor`: it is left out of all lists of tasks. `other_action`: the registry, which is what is
    /// run, has another action than the file; the row is of the registry's (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discrepancy: Option<Cow<'static, str>>,
    /// The interpreter or launcher in front of the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launcher: Option<Exact>,
    /// The file that is run, links followed; where there is none, the path as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Exact>,
    /// What is known of the target.
    #[serde(flatten)]
    pub facts: StartedFile,
    /// The package that has the file that says so; `null` where none has it, left out where nobody can tell (Linux).
    #[serde(default, skip_serializing_if = "PackageOwner::is_unknown")]
    pub file_owned_by: PackageOwner,
}

/// A module of the kernel (Linux).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct KernelModule {
    /// Its name.
    pub name: Exact,
    /// Whether the kernel lists it; one that has a state and is not listed is hidden.
    pub listed: bool,
    /// Its memory in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// How many use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<u64>,
    /// The modules that use it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<Exact>,
    /// `Live`, `Loading` or `Unloading`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Exact>,
    /// Why it taints the kernel, by the letters of the kernel's own list: `O` from outside of its tree, `E` unsigned …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taint: Option<Exact>,
    /// The file that a module of this name is loaded from; none where the kernel's own directory has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Exact>,
    /// What is known of that file.
    #[serde(flatten)]
    pub facts: StartedFile,
}

impl RowType for AutostartRow {
    const SCHEMA: &'static str = "urn:veldkit:live:autostarts:1";

    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        match self {
            Self::Start(start) => {
                let Autostart {
                    kind: _,
                    file,
                    line: _,
                    registry_key,
                    command,
                    command_size: _,
                    key: _,
                    key_changed: _,
                    name: _,
                    display_name: _,
                    user: _,
                    schedule: _,
                    enabled: _,
                    namespace: _,
                    hidden: _,
                    highest: _,
                    author: _,
                    state: _,
                    pid: _,
                    unregistered: _,
                    unread: _,
                    discrepancy: _,
                    launcher,
                    target,
                    facts,
                    file_owned_by: _,
                } = &**start;
                let paths = [file, launcher, target].into_iter().flatten();
                paths.for_each(|path| report(Observable::path(path)));
                if let Some(command) = command {
                    report(Observable::command(command));
                }
                let key =
                    |key: &'row Exact| Observable::Registry { key: key.text(), name: None, value: None };
                registry_key.iter().map(key).for_each(&mut *report);
                facts.observables(report);
            }
            Self::Module(module) => {
                let KernelModule {
                    name: _,
                    listed: _,
                    memory: _,
                    users: _,
                    used_by: _,
                    state: _,
                    taint: _,
                    target,
                    facts,
                } = &**module;
                if let Some(target) = target {
                    report(Observable::path(target));
                }
                facts.observables(report);
            }
            Self::Unread(place) => place.observables(report),
            Self::RegistryDifference(difference) => difference.observables(report),
            Self::RegistryComparison(_) | Self::Unknown => {}
        }
    }

    fn citation(&self) -> RowCitation {
        match self {
            Self::Start(start) => {
                let file = start.file.as_ref().map(|file| file.text().into_owned());
                let key = || start.registry_key.as_ref().map(|key| key.text().into_owned());
                RowCitation { pid: start.pid, port: None, path: file.or_else(key) }
            }
            Self::Module(module) => {
                let path = module.target.as_ref().unwrap_or(&module.name).text().into_owned();
                RowCitation { path: Some(path), ..RowCitation::default() }
            }
            Self::Unread(place) => place.citation(),
            Self::RegistryDifference(difference) => difference.citation(),
            Self::RegistryComparison(_) | Self::Unknown => RowCitation::default(),
        }
    }
}
