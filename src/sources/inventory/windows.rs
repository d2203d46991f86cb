//! The inventory of a Windows, by its registry: installed software, updates of it, firmware.
//!
//! In: the hives SOFTWARE and SYSTEM, of the running system by its own functions. Out: components. <https://learn.microsoft.com/windows/win32/msi/uninstall-registry-key>

use super::super::target::Target;
use super::super::windows_facts::{Facts, text};
use super::{Component, Inventory, Sort};

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
    let found = target
        .with_registry(|hive, software| [firmware(hive), patches(software), installed(software)].concat());
    if found.is_empty() {
        inventory.lacking.push("software and firmware: the registry could not be read".to_owned());
    }
    inventory.components.extend(found);
}

/// What installers have registered; a part of another product is none of its own.
fn installed(hive: &mut dyn Facts) -> Vec<Component> {
    let mut all: Vec<Component> = Vec::new();
    for place in UNINSTALL {
        for name in hive.subkeys(place).into_iter().take(MAX_KEYS) {
            let key = format!("{place}\\{name}");
            let hidden = hive.value(&key, "SystemComponent").and_then(|value| value.number()) == Some(1);
            let Some(name) = text(hive, &key, "DisplayName").filter(|_| !hidden) else { continue };
            let patch = text(hive, &key, "ParentKeyName").is_some();
            let component = Component {
                version: text(hive, &key, "DisplayVersion"),
                vendor: text(hive, &key, "Publisher"),
                ..Component::new(if patch { Sort::Patch } else { Sort::Software }, name)
            };
            if !all.contains(&component) {
                all.push(component);
            }
        }
    }
    all
}

/// Where the servicing stack keeps its packages, and the state of one that is installed, as scripts that audit updates read
/// it (`CurrentState` 112).
const PACKAGES: (&str, u32) =
    ("Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages", 112);

/// Updates of the system: `Package_for_KB5034441~31bf3856ad364e35~amd64~~10.0.1.3`, name, publisher's key, processor,
/// language, version.
fn patches(hive: &mut dyn Facts) -> Vec<Component> {
    let (place, installed) = PACKAGES;
    let mut all: Vec<Component> = Vec::new();
    for key in hive.subkeys(place).into_iter().take(MAX_KEYS) {
        let mut parts = key.split('~');
        let Some(name) = parts.next().and_then(|name| name.strip_prefix("Package_for_")) else { continue };
        let state = hive.value(&format!("{place}\\{key}"), "CurrentState").and_then(|value| value.number());
        if state != Some(installed) {
            continue;
        }
        all.push(Component {
            architecture: parts.nth(1).filter(|part| !part.is_empty()).map(str::to_owned),
            version: parts.nth(1).map(str::to_owned),
            vendor: Some("Microsoft Corporation".to_owned()),
            ..Component::new(Sort::Patch, name)
        });
    }
    all
}

/// Hardware and firmware, as the system wrote them down when it started.
fn firmware(hive: &mut dyn Facts) -> Vec<Component> {
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
