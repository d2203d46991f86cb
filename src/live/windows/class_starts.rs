//! Classes that a user has registered in front of those of the machine (T1546.015): Windows asks the user's first, so a program that
//! names the machine's class loads the user's file.
//!
//! Programs register classes of their own for a user, hundreds of them. A row has one that the machine has too, or that a
//! scheduled task calls.

use std::collections::BTreeSet;

use super::found_starts::{FoundStarts, is_class, lead, write_command};
use super::windows_host::WindowsHost;
use crate::evidence::Exact;
use crate::evidence::rows::autostarts::Autostart;
use crate::sources::registry_facts::RegistryFacts;

/// Most classes of a user.
const MAX_CLASSES: usize = 50_000;

/// The keys below a class that say what is loaded or started.
const SERVERS: [&str; 3] = ["InprocServer32", "LocalServer32", "TreatAs"];

/// The names of all classes of the machine, in lower case.
pub(crate) fn of_machine(software: &mut dyn RegistryFacts) -> BTreeSet<String> {
    let names = ["Classes\\CLSID", "Classes\\WOW6432Node\\CLSID"].map(|place| software.subkeys(place));
    names.iter().flatten().map(|name| name.text().to_lowercase()).filter(|name| is_class(name)).collect()
}

/// Adds the classes of a user that stand in front of one of `known`.
pub(crate) fn of_user(
    machine: &WindowsHost,
    (user, folder): (&str, Option<&str>),
    classes: &mut dyn RegistryFacts,
    known: &BTreeSet<String>,
    found: &mut FoundStarts,
) {
    let root = format!("HKEY_USERS\\{user}\\Software\\Classes");
    let folders = machine.folders(folder);
    for place in ["CLSID", "WOW6432Node\\CLSID"] {
        for server in SERVERS {
            classes.each(place, server, MAX_CLASSES, &mut |name, class, inner| {
                let Some(inner) = inner.filter(|_| known.contains(&name.text().to_lowercase())) else {
                    return;
                };
                let mut start = Autostart {
                    kind: "com_hijack".into(),
                    registry_key: Some(Exact::from(format!("{root}\\{place}\\{}\\{server}", name.text()))),
                    key: Some(Exact::from(server)),
                    key_changed: inner.written,
                    display_name: class.text(""),
                    user: Some(Exact::from(user)),
                    ..Autostart::default()
                };
                let Some(command) = inner.text("") else { return };
                write_command(&mut start, &command);
                if is_class(&command) {
                    found.classes.push((found.all.len(), command));
                } else {
                    lead(machine, &folders, &mut start, &command);
                }
                found.all.push(start);
            });
        }
    }
    found.take_unread(classes, &root);
}
