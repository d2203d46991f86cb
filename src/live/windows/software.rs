//! `LiveSoftware`: what is installed on a Windows, by its registry: for all and for each user, updates of the system, firmware.
//!
//! In: the hives, by the same reader that `inventory` has. Out: [`SoftwareRow`]s. An intruder's tool for remote
//! control is often installed as any other program is, and says when.

use super::windows_host::{WindowsHost, report_unread};
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::software::{InstalledSoftware, SoftwareRow};
use crate::live::inventory::{Component, Sort, windows};
use crate::sources::rows::{Halt, Lines, Rows};

/// How the rows are made.
pub(crate) fn rows(machine: WindowsHost) -> Rows {
    Rows::new(SoftwareRow::SCHEMA, "registry", move |lines| make(&machine, lines))
}

fn make(machine: &WindowsHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut all = Vec::new();
    machine.registry(|system, software| {
        all.extend(windows::firmware(system).into_iter().map(of_component));
        all.extend(windows::patches(software).into_iter().map(of_component));
        all.extend(
            windows::installed(software, "")
                .into_iter()
                .map(|found| of_found(found, "HKEY_LOCAL_MACHINE\\SOFTWARE", None)),
        );
        report_unread(system, "HKEY_LOCAL_MACHINE\\SYSTEM", lines);
        report_unread(software, "HKEY_LOCAL_MACHINE\\SOFTWARE", lines);
    });
    machine.users(&mut |user, _, hive| {
        let root = format!("HKEY_USERS\\{user}");
        let found = windows::installed(hive, "Software\\").into_iter();
        all.extend(found.map(|found| of_found(found, &root, Some(user))));
        report_unread(hive, &root, lines);
    });
    all.into_iter().try_for_each(|one| lines.row(&SoftwareRow::Component(Box::new(one))))
}

fn of_found(found: windows::FoundInstallation, root: &str, user: Option<&str>) -> InstalledSoftware {
    InstalledSoftware {
        user: user.map(str::to_owned),
        registry_key: Some(format!("{root}\\{}", found.key)),
        key_changed: found.written,
        installed: found.date,
        folder: found.folder,
        ..of_component(found.component)
    }
}

fn of_component(component: Component) -> InstalledSoftware {
    InstalledSoftware {
        sort: match component.sort {
            Sort::System => "system",
            Sort::Software => "software",
            Sort::Patch => "patch",
            Sort::Driver => "driver",
            Sort::Firmware => "firmware",
            Sort::Hardware => "hardware",
        }
        .into(),
        name: component.name,
        version: component.version,
        vendor: component.vendor,
        architecture: component.architecture,
        ..InstalledSoftware::default()
    }
}
