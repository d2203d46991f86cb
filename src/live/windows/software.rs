//! `LiveSoftware`: what is installed on a Windows, by its registry: for all and for each user, updates of the system, firmware.
//!
//! In: the hives, by the same reader that `inventory` has. Out: a row each of [`Row`]. An intruder's tool for remote
//! control is often installed as any other program is, and says when.

use serde::Serialize;

use super::machine::Machine;
use crate::evidence::Utc;
use crate::live::inventory::{Component, Sort, windows};
use crate::sources::rows::{Halt, Lines, Rows};

/// A row of `LiveSoftware`, schema `urn:veldkit:live:software:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// Something that is installed.
    Component(Box<Installed>),
}

/// Something that is installed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Installed {
    /// `software`, `patch`, `firmware` or `hardware`.
    pub sort: &'static str,
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The processor it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The SID of the user for whom alone it is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The key of the registry that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_key: Option<String>,
    /// When that key was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_changed: Option<Utc>,
    /// The day of its installation, as the installer wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed: Option<String>,
    /// Its folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

/// How the rows are made.
pub(crate) fn rows(machine: Machine) -> Rows {
    Rows::new("urn:veldkit:live:software:1", "registry", move |lines| make(&machine, lines))
}

fn make(machine: &Machine, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut all = Vec::new();
    machine.registry(|system, software| {
        all.extend(windows::firmware(system).into_iter().map(of_component));
        all.extend(windows::patches(software).into_iter().map(of_component));
        all.extend(
            windows::installed(software, "")
                .into_iter()
                .map(|found| of_found(found, "HKEY_LOCAL_MACHINE\\SOFTWARE", None)),
        );
    });
    machine.users(&mut |user, _, hive| {
        let root = format!("HKEY_USERS\\{user}");
        let found = windows::installed(hive, "Software\\").into_iter();
        all.extend(found.map(|found| of_found(found, &root, Some(user))));
    });
    all.into_iter().try_for_each(|one| lines.row(&Row::Component(Box::new(one))))
}

fn of_found(found: windows::Found, root: &str, user: Option<&str>) -> Installed {
    Installed {
        user: user.map(str::to_owned),
        registry_key: Some(format!("{root}\\{}", found.key)),
        key_changed: found.written,
        installed: found.date,
        folder: found.folder,
        ..of_component(found.component)
    }
}

fn of_component(component: Component) -> Installed {
    Installed {
        sort: match component.sort {
            Sort::System => "system",
            Sort::Software => "software",
            Sort::Patch => "patch",
            Sort::Driver => "driver",
            Sort::Firmware => "firmware",
            Sort::Hardware => "hardware",
        },
        name: component.name,
        version: component.version,
        vendor: component.vendor,
        architecture: component.architecture,
        ..Installed::default()
    }
}
