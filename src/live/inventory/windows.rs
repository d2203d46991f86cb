//! The inventory of a Windows, by its registry: installed software, updates of it, firmware.
//!
//! In: the hives SOFTWARE and SYSTEM, of the running system by its own functions. Out: components. <https://learn.microsoft.com/windows/win32/msi/uninstall-registry-key>

use std::collections::BTreeSet;

use super::{Component, Inventory, Sort, is_outward};
use crate::evidence::Utc;
use crate::live::windows::hive_interfaces;
use crate::sources::registry_facts::{RegistryFacts, UnreadKeys};
use crate::sources::target::Target;
use crate::sources::windows_facts::text;

/// Where installers say what can be removed.
const UNINSTALL: [&str; 2] = [
    "Microsoft\\Windows\\CurrentVersion\\Uninstall",
    "WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall",
];

/// Most keys below one.
const MAX_KEYS: usize = 50_000;

pub(super) fn add(target: &Target, inventory: &mut Inventory) {
    let mut system =
        Component::new(Sort::System, inventory.host.os.clone().unwrap_or_else(|| "Windows".to_owned()));
    system.version.clone_from(&inventory.host.version);
    system.architecture.clone_from(&inventory.host.architecture);
    system.vendor = Some("Microsoft Corporation".to_owned());
    inventory.components.push(system);
    let (found, unread) = target.with_registry(|hive, software| {
        let installed = installed(software, "").into_iter().map(|found| found.component);
        let mut all = [firmware(hive), patches(software)].concat();
        all.extend(installed);
        if !target.is_live() {
            let rows = hive_interfaces::of_system(hive);
            let outward: BTreeSet<_> = hive_interfaces::addresses(&rows).filter(is_outward).collect();
            inventory.addresses.extend(outward);
        }
        (all, [("SYSTEM", hive.take_unread()), ("SOFTWARE", software.take_unread())])
    });
    for (name, UnreadKeys { first, count }) in unread {
        if let Some(one) = first.first() {
            let key = one.key.text();
            inventory.lacking.push(format!("reading {name}\\{key}: {} (the first of {count})", one.detail));
        }
    }
    if found.is_empty() {
        inventory.lacking.push("software and firmware: the registry could not be read".to_owned());
    }
    inventory.components.extend(found);
}

/// What an installer has registered, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundInstallation {
    pub(crate) component: Component,
    /// The key, from its hive's root.
    pub(crate) key: String,
    /// When the key was last changed.
    pub(crate) written: Option<Utc>,
    /// The day of the installation, as the installer wrote it.
    pub(crate) date: Option<String>,
    /// The folder that it was installed in.
    pub(crate) folder: Option<String>,
}

/// What installers have registered, below `root` of the hive; a part of another product is none of its own.
pub(crate) fn installed(hive: &mut dyn RegistryFacts, root: &str) -> Vec<FoundInstallation> {
    let mut all: Vec<FoundInstallation> = Vec::new();
    for place in UNINSTALL {
        let place = format!("{root}{place}");
        hive.each(&place, "", MAX_KEYS, &mut |name, key, _| {
            let hidden = key.number("SystemComponent") == Some(1);
            let Some(shown) = key.text("DisplayName").filter(|_| !hidden) else { return };
            let patch = key.text("ParentKeyName").is_some();
            let component = Component {
                version: key.text("DisplayVersion"),
                vendor: key.text("Publisher"),
                ..Component::new(if patch { Sort::Patch } else { Sort::Software }, shown)
            };
            if !all.iter().any(|known| known.component == component) {
                all.push(FoundInstallation {
                    component,
                    key: format!("{place}\\{}", name.text()),
                    written: key.written,
                    date: key.text("InstallDate"),
                    folder: key.text("InstallLocation"),
                });
            }
        });
    }
    all
}

/// Where the servicing stack keeps its packages, and the state of one that is installed, as scripts that audit updates read
/// it (`CurrentState` 112).
const PACKAGES: (&str, u32) =
    ("Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages", 112);

/// Updates of the system: `Package_for_KB5034441~31bf3856ad364e35~amd64~~10.0.1.3`, name, publisher's key, processor,
/// language, version.
pub(crate) fn patches(hive: &mut dyn RegistryFacts) -> Vec<Component> {
    let (place, installed) = PACKAGES;
    let mut all: Vec<Component> = Vec::new();
    hive.each(place, "", MAX_KEYS, &mut |key, contents, _| {
        let key = key.text();
        let mut parts = key.split('~');
        let Some(name) = parts.next().and_then(|name| name.strip_prefix("Package_for_")) else { return };
        if contents.number("CurrentState") != Some(installed) {
            return;
        }
        all.push(Component {
            architecture: parts.nth(1).filter(|part| !part.is_empty()).map(str::to_owned),
            version: parts.nth(1).map(str::to_owned),
            vendor: Some("Microsoft Corporation".to_owned()),
            ..Component::new(Sort::Patch, name)
        });
    });
    all
}

/// Hardware and firmware, as the system wrote them down when it started.
pub(crate) fn firmware(hive: &mut dyn RegistryFacts) -> Vec<Component> {
    let control = hive.control_set();
    let key = format!("{control}\\Control\\SystemInformation");
    let mut all = Vec::new();
    if let Some(name) = text(hive, &key, "SystemProductName") {
        let vendor = text(hive, &key, "SystemManufacturer");
        all.push(Component { vendor, ..Component::new(Sort::Hardware, name) });
    }
    if let Some(version) = text(hive, &key, "BIOSVersion") {
        all.push(Component { version: Some(version), ..Component::new(Sort::Firmware, "BIOS") });
    }
    all
}
