//! The inventory of one host: its operating system, kernel, firmware, hardware, addresses and installed software, as a
//! vulnerability service wants it.
//!
//! In: a [`Target`]. Out: an [`Inventory`], each part of it absent where the target does not tell. A tree tells what its
//! files do: addresses and firmware are those of a running system. What of them could not be read,
//! [`Inventory::lacking`] says. Nothing is asked of a program, and no secret is read.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;

use crate::playbook::TargetOs;
use crate::sources::host::HostFacts;
use crate::sources::target::Target;

mod identifiers;
mod linux_databases;
pub mod linux_packages;
pub(crate) mod windows;

/// Most bytes of one file that is read for this: dpkg's table has 2 KB a package.
pub(crate) const MAX_FILE: u64 = 256 << 20;

/// What one host has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Which host it is.
    pub host: HostFacts,
    /// Its addresses but for those of the host with itself and of one link.
    pub addresses: Vec<IpAddr>,
    /// All else.
    pub components: Vec<Component>,
    /// What could not be learnt, and why.
    pub lacking: Vec<String>,
}

/// What a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// An operating system, or its kernel.
    System,
    /// Software that was installed.
    Software,
    /// An update of the system.
    Patch,
    /// A driver, or a module of the kernel.
    Driver,
    /// Firmware.
    Firmware,
    /// Hardware.
    Hardware,
}

/// One thing that a host has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// What it is.
    pub sort: Sort,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Who made it, or packed it.
    pub vendor: Option<String>,
    /// The processor it is for.
    pub architecture: Option<String>,
    /// Its package URL (ECMA-427).
    pub purl: Option<String>,
    /// Its name in the Common Platform Enumeration, where that is known.
    pub cpe: Option<String>,
}

impl Component {
    /// One with a name and nothing else.
    #[must_use]
    pub fn new(sort: Sort, name: impl Into<String>) -> Self {
        Self {
            sort,
            name: name.into(),
            version: None,
            vendor: None,
            architecture: None,
            purl: None,
            cpe: None,
        }
    }
}

/// Takes stock of a target.
#[must_use]
pub fn of(target: &Target) -> Inventory {
    let mut inventory = Inventory { host: target.host(), ..Inventory::default() };
    if target.os() == TargetOs::Windows {
        windows::add(target, &mut inventory);
    } else {
        unix(target, &mut inventory);
    }
    let unlearned = target.unlearned();
    inventory
        .lacking
        .extend(unlearned.into_iter().map(|gap| format!("{}: {}", gap.origin, gap.reason.detail)));
    if target.is_live() {
        match addresses() {
            Ok(addresses) => inventory.addresses = addresses,
            Err(error) => inventory.lacking.push(format!("the addresses of interfaces: {error}")),
        }
    }
    inventory
}

/// The addresses of this host that others may reach it by.
fn addresses() -> io::Result<Vec<IpAddr>> {
    let all = crate::sys::interface_addresses()?.into_iter().map(|found| found.address);
    let reached: BTreeSet<IpAddr> = all.filter(is_outward).collect();
    Ok(reached.into_iter().collect())
}

fn is_outward(address: &IpAddr) -> bool {
    let of_a_link = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !address.is_loopback() && !address.is_unspecified() && !of_a_link
}

/// Whether an address is of the Internet, and not of a network of one's own.
#[must_use]
pub fn is_external(address: &IpAddr) -> bool {
    is_outward(address)
        && match address {
            // RFC 1918, and RFC 6598 for the networks of providers.
            IpAddr::V4(address) => {
                let [first, second, ..] = address.octets();
                !(address.is_private() || first == 100 && (64..128).contains(&second))
            }
            IpAddr::V6(address) => !address.is_unique_local(),
        }
}

fn unix(target: &Target, inventory: &mut Inventory) {
    let text = |path: &str| target.text(path.as_bytes(), MAX_FILE);
    let release = text("etc/os-release");
    let release = if release.is_empty() { text("usr/lib/os-release") } else { release };
    let system = identifiers::Distribution::of(&release);
    let mut components = vec![system.component(&inventory.host)];
    if let Some(kernel) = &inventory.host.kernel {
        let mut component = Component::new(Sort::System, "Linux");
        component.cpe = identifiers::kernel_cpe(kernel);
        component.version = Some(kernel.clone());
        components.push(component);
    }
    components.extend(firmware(&|name| {
        let text = text(&format!("sys/class/dmi/id/{name}"));
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }));
    inventory.components = components;
    linux_databases::add(target, &system, inventory);
}

/// Hardware and firmware, as the machine's own tables name them (`/sys/class/dmi/id`, in the kernel's
/// `Documentation/ABI/testing/sysfs-firmware-dmi-tables` and `drivers/firmware/dmi-id.c`).
fn firmware(fact: &dyn Fn(&str) -> Option<String>) -> Vec<Component> {
    let parts = [
        (Sort::Hardware, "product_name", "sys_vendor", "product_version"),
        (Sort::Hardware, "board_name", "board_vendor", "board_version"),
        (Sort::Firmware, "bios_version", "bios_vendor", "bios_version"),
    ];
    let part = |(sort, name, vendor, version): (Sort, &str, &str, &str)| {
        let mut component = Component::new(sort, fact(name)?);
        if sort == Sort::Firmware {
            "BIOS".clone_into(&mut component.name);
        }
        (component.vendor, component.version) = (fact(vendor), fact(version));
        Some(component)
    };
    parts.into_iter().filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_external_where_the_internet_knows_it() {
        for (address, external) in [
            ("93.184.216.34", true),
            ("10.1.2.3", false),
            ("172.31.0.1", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("127.0.0.1", false),
            ("169.254.1.1", false),
            ("fd00::1", false),
            ("fe80::1", false),
            ("2606:2800:220:1::1", true),
        ] {
            assert_eq!(is_external(&address.parse().unwrap()), external, "{address}");
        }
    }

    #[test]
    fn the_machine_and_its_firmware_are_named_as_far_as_it_tells() {
        let fact = |name: &str| {
            let text = match name {
                "sys_vendor" | "bios_vendor" => "Dell Inc.",
                "product_name" => "PowerEdge R640",
                "bios_version" => "2.19.1",
                _ => return None,
            };
            Some(text.to_owned())
        };
        let all = firmware(&fact);
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].name.as_str(), all[0].version.as_deref()), ("PowerEdge R640", None));
        assert_eq!((all[1].name.as_str(), all[1].version.as_deref()), ("BIOS", Some("2.19.1")));
    }
}
