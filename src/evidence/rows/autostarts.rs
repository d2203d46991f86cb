//! Rows of `LiveAutostarts`: programs that this host starts by itself, one row per command, and kernel modules, each
//! with the file behind it.

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
    /// A kernel module (Linux).
    Module(Box<KernelModule>),
    /// An autostart location that could not be read, or only in part (Windows).
    Unread(Box<UnreadPlace>),
    /// A key or value in a hive file that the running system does not report (Windows).
    RegistryDifference(Box<RegistryDifference>),
    /// How far the hive files were compared with the running system (Windows).
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
    /// Kind: `systemd`, `cron`, `pam` … (Linux); `service`, `driver`, `task`, `run`, `run_once`, `startup_folder`,
    /// `winlogon`, `debugger`, `app_init`, `lsa` …, and for WMI subscriptions `wmi_filter`, `wmi_consumer`,
    /// `wmi_binding` (Windows).
    pub kind: Cow<'static, str>,
    /// The file that defines it. On Windows: the XML of a task, the file itself in a startup folder, the repository
    /// of WMI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Exact>,
    /// Line number, from 1; absent where the file itself is started (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The registry key that defines it, from its root (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry_key: Option<Exact>,
    /// The command as written; for a timer the unit it starts, for `preload` the library; for a WMI consumer its
    /// command line, script or text, for a binding its consumer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Exact>,
    /// Size of the whole command in bytes, where the row has only its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_size: Option<u64>,
    /// The keyword or value that defines it: `ExecStart`, `OnCalendar`, `LD_PRELOAD`, a replaced module … (Linux);
    /// the registry value, the action type of a task, the class of WMI: `ImagePath`, `ServiceDll`, `Exec`,
    /// `ComHandler` … (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Exact>,
    /// Last change of the registry key (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_changed: Option<Utc>,
    /// Name of the service or task (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Exact>,
    /// Display name (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// User: `User=` of a unit, the user of a cron table (Linux); the account of a service, the principal of a task,
    /// the SID of the user for a user hive, the SID of the creator for WMI (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Exact>,
    /// Schedule as cron or a timer writes it (Linux); for a service `boot`, `system`, `auto`, `delayed`, `demand` or
    /// `disabled`, for a task its triggers, for a WMI filter its query, for a binding its filter (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Exact>,
    /// Whether it is enabled. For a unit: whether another unit, or a directory `*.wants` or `*.requires`, starts it;
    /// a unit that is not enabled may still be started by a socket, a timer, D-Bus or a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Namespace of the events of a WMI filter (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Whether a task is hidden from the task list (Windows).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Whether a task runs with the highest privileges of its user (Windows).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub highest: bool,
    /// Author as stated in the task (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// State of a service on the running system: `running`, `stopped` …; `remnant` for a WMI record in an unused part
    /// of the repository: it was deleted, or changed since (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Cow<'static, str>>,
    /// Process id, as in `LiveProcesses` (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Whether a service is running without a registry key (Windows).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unregistered: bool,
    /// Why the registry key of a service could not be read (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<ReasonCode>,
    /// How the file of a task and the registry disagree. `no_file`: it is in the registry, but has no file.
    /// `not_registered`: it has a file, but is not in the registry. `not_in_tree`: the registry has it outside the
    /// tree of names. `no_security_descriptor`: it is missing from all task lists. `other_action`: the registry,
    /// which is executed, has another action than the file; the row has that of the registry (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discrepancy: Option<Cow<'static, str>>,
    /// The interpreter or launcher before the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launcher: Option<Exact>,
    /// The file that is run, with links followed; where it does not exist, the path as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Exact>,
    /// Facts about the target.
    #[serde(flatten)]
    pub facts: StartedFile,
    /// The package of the defining file; `null` where no package has it, absent where unknown (Linux).
    #[serde(default, skip_serializing_if = "PackageOwner::is_unknown")]
    pub file_owned_by: PackageOwner,
}

/// A kernel module (Linux).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct KernelModule {
    /// Its name.
    pub name: Exact,
    /// Whether the kernel lists it; a module with a state that is not listed is hidden.
    pub listed: bool,
    /// Memory in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Reference count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<u64>,
    /// Dependent modules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<Exact>,
    /// `Live`, `Loading` or `Unloading`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Exact>,
    /// Taint flags, as letters of the kernel's list: `O` out of tree, `E` unsigned …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taint: Option<Exact>,
    /// The file from which a module of this name is loaded; absent where the kernel's module directory has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Exact>,
    /// Facts about that file.
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
