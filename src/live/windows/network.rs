//! `LiveNetwork` of Windows: how the host stands in its network: interfaces, addresses, routes, neighbours, resolvers,
//! names; and what its registry sets of shares, proxies, the firewall and ports that are led on.
//!
//! In: the tables of the IP helper of the running system; the hosts file, and the hives, of any. Out: one [`NetworkRow`]
//! per fact.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use super::windows_host::{WindowsHost, report_unread};
use super::{firewall, hive_interfaces};
use crate::evidence::Exact;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::network::{Interface, NetworkRow};
use crate::formats::name_resolution::hosts;
use crate::sources::registry_facts::RegistryFacts;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys;
use crate::sys::{NeighbourEntry, NetworkAdapter, ResolverEntry, RouteEntry};

/// How long all of it may take.
const TABLE_LIMIT: Duration = Duration::from_secs(30);

/// Most bytes of the hosts file.
const MAX_HOSTS: usize = 16 << 20;

/// Most keys or values of one place in the registry.
const MAX_SET: usize = 10_000;

/// How the rows are made.
pub(crate) fn rows(machine: WindowsHost) -> Rows {
    let rows = Rows::new(NetworkRow::SCHEMA, "iphlpapi", move |lines| make(&machine, lines));
    rows.within(TABLE_LIMIT)
}

fn make(machine: &WindowsHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    if machine.is_live() && sys::IS_WINDOWS {
        tables(lines)?;
    }
    let file = machine.whole("%SystemRoot%\\System32\\drivers\\etc\\hosts", MAX_HOSTS);
    for entry in hosts(&file) {
        lines.row(&entry)?;
    }
    let mut set = Vec::new();
    machine.registry(|system, software| {
        set = of_system(system);
        // The running system has reported its own.
        if !(machine.is_live() && sys::IS_WINDOWS) {
            set.extend(hive_interfaces::of_system(system));
        }
        set.extend(known_networks(software));
        for (profiles, rules) in [firewall::of_system(system), firewall::of_policy(software)] {
            set.extend(profiles.into_iter().map(|profile| NetworkRow::FirewallProfile(Box::new(profile))));
            set.extend(rules.into_iter().map(|rule| NetworkRow::FirewallRule(Box::new(rule))));
        }
        report_unread(system, "HKEY_LOCAL_MACHINE\\SYSTEM", lines);
        report_unread(software, "HKEY_LOCAL_MACHINE\\SOFTWARE", lines);
    });
    machine.users(&mut |user, _, hive| {
        set.extend(proxies(user, hive));
        report_unread(hive, &format!("HKEY_USERS\\{user}"), lines);
    });
    set.iter().try_for_each(|row| lines.row(row))
}

fn tables(lines: &mut Lines<'_>) -> Result<(), Halt> {
    let adapters = sys::adapters().unwrap_or_else(|error| {
        lines.short(code_of(&error), format!("asking for the adapters: {error}"));
        Vec::new()
    });
    let mut names = Names::new();
    for adapter in &adapters {
        names.insert(adapter.index, adapter.name.clone());
        names.insert(adapter.index_six, adapter.name.clone());
    }
    adapters.into_iter().flat_map(of_adapter).try_for_each(|row| lines.row(&row))?;
    let tables: [(&str, io::Result<Vec<NetworkRow>>); 3] = [
        ("routes", sys::routes().map(|all| all.into_iter().map(|entry| of_route(entry, &names)).collect())),
        (
            "neighbours",
            sys::neighbours().map(|all| all.into_iter().map(|entry| of_neighbour(entry, &names)).collect()),
        ),
        (
            "names in the resolver's cache",
            sys::cached_names().map(|all| all.into_iter().map(of_cached).collect()),
        ),
    ];
    for (what, table) in tables {
        match table {
            Ok(rows) => rows.iter().try_for_each(|row| lines.row(row))?,
            Err(error) => lines.short(code_of(&error), format!("asking for the table of {what}: {error}")),
        }
    }
    Ok(())
}

/// The names of interfaces by their numbers.
type Names = BTreeMap<u32, String>;

/// The name of the interface with this number, or the number.
fn name_of(index: u32, names: &Names) -> String {
    names.get(&index).cloned().unwrap_or_else(|| index.to_string())
}

/// An interface, its addresses, its gateways, its resolvers and its domain, in this order.
fn of_adapter(adapter: NetworkAdapter) -> Vec<NetworkRow> {
    let interface = || adapter.name.clone();
    let addresses = adapter.addresses.iter();
    let addresses = addresses.map(|(address, prefix)| NetworkRow::Address {
        address: *address,
        prefix: Some(*prefix),
        interface: Some(interface()),
    });
    let gateways = adapter
        .gateways
        .iter()
        .map(|address| NetworkRow::Gateway { address: *address, interface: interface() });
    let resolvers = adapter.resolvers.iter().map(|address| resolver(*address, interface()));
    let domain = Some(adapter.suffix.clone()).filter(|domain| !domain.is_empty());
    let domain = domain.map(|domain| search_domain(&domain, interface()));
    let rest: Vec<NetworkRow> = addresses.chain(gateways).chain(resolvers).chain(domain).collect();
    let first = NetworkRow::Interface(Box::new(Interface {
        name: adapter.name,
        adapter: Some(adapter.adapter),
        description: Some(adapter.description),
        index: Some(adapter.index),
        link: adapter.link,
        state: adapter.state.map(Into::into),
        kind: Some(adapter.kind),
        dhcp_server: adapter.dhcp_server,
        received: adapter.received,
        sent: adapter.sent,
        ..Interface::default()
    }));
    std::iter::once(first).chain(rest).collect()
}

fn of_route(entry: RouteEntry, names: &Names) -> NetworkRow {
    let RouteEntry { destination, prefix, gateway, index, metric } = entry;
    NetworkRow::Route { destination, prefix, gateway, interface: name_of(index, names), metric, flags: None }
}

fn of_neighbour(entry: NeighbourEntry, names: &Names) -> NetworkRow {
    let NeighbourEntry { address, link, index, permanent } = entry;
    NetworkRow::Neighbour { address, link, interface: name_of(index, names), permanent }
}

fn of_cached(ResolverEntry { name, kind }: ResolverEntry) -> NetworkRow {
    NetworkRow::CachedName { name, kind, addresses: Vec::new(), alias: None, interface: None }
}

fn resolver(address: IpAddr, interface: String) -> NetworkRow {
    NetworkRow::Resolver { address: Exact::from(address.to_string()), file: None, interface: Some(interface) }
}

fn search_domain(domain: &str, interface: String) -> NetworkRow {
    NetworkRow::SearchDomain { domain: Exact::from(domain), file: None, interface: Some(interface) }
}

/// Shares, and ports that are led on.
fn of_system(hive: &mut dyn RegistryFacts) -> Vec<NetworkRow> {
    let services = format!("{}\\Services", hive.control_set());
    let mut all = Vec::new();
    for value in hive.contents(&format!("{services}\\LanmanServer\\Shares")).unwrap_or_default().values {
        let lines = value.texts();
        let folder = lines.iter().find_map(|line| line.strip_prefix("Path="));
        if let Some(folder) = folder {
            all.push(NetworkRow::Share {
                protocol: "smb".into(),
                name: Some(value.name.text().into_owned()),
                folder: Exact::from(folder),
                clients: None,
            });
        }
    }
    for kind in ["v4tov4", "v4tov6", "v6tov4", "v6tov6"] {
        let led = hive.contents(&format!("{services}\\PortProxy\\{kind}\\tcp")).unwrap_or_default();
        all.extend(led.values.into_iter().filter_map(|value| {
            let leads_to = value.text()?;
            Some(NetworkRow::PortProxy {
                kind: kind.into(),
                listens: value.name.text().into_owned(),
                leads_to,
            })
        }));
    }
    all
}

fn known_networks(hive: &mut dyn RegistryFacts) -> Vec<NetworkRow> {
    let place = "Microsoft\\Windows NT\\CurrentVersion\\NetworkList\\Profiles";
    let mut all = Vec::new();
    hive.each(place, "", MAX_SET, &mut |_, key, _| {
        all.extend(key.text("ProfileName").map(|name| NetworkRow::KnownNetwork { name }));
    });
    all
}

fn proxies(user: &str, hive: &mut dyn RegistryFacts) -> Vec<NetworkRow> {
    let place = "Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings";
    let Some(set) = hive.contents(place) else { return Vec::new() };
    let enabled = set.number("ProxyEnable") == Some(1);
    let of = |key: &str, enabled| {
        let (user, address) = (Some(user.to_owned()), Exact::from(set.text(key)?));
        Some(NetworkRow::Proxy { file: None, user, key: Exact::from(key), address, enabled: Some(enabled) })
    };
    of("ProxyServer", enabled).into_iter().chain(of("AutoConfigURL", true)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::rows::written;

    #[test]
    fn an_adapter_is_a_row_for_itself_and_for_each_of_its_addresses() {
        let (own, other) = (IpAddr::from([10, 0, 0, 5]), IpAddr::from([10, 0, 0, 1]));
        let adapter = NetworkAdapter {
            name: "Ethernet".to_owned(),
            index: 7,
            addresses: vec![(own, 24)],
            gateways: vec![other],
            resolvers: vec![other],
            suffix: "gemeente.local".to_owned(),
            ..NetworkAdapter::default()
        };
        let interface = || "Ethernet".to_owned();
        let rows = of_adapter(adapter.clone());
        written(&rows);
        assert!(
            matches!(&rows[0], NetworkRow::Interface(one) if one.name == "Ethernet" && one.index == Some(7))
        );
        assert_eq!(
            rows[1..],
            [
                NetworkRow::Address { address: own, prefix: Some(24), interface: Some(interface()) },
                NetworkRow::Gateway { address: other, interface: interface() },
                resolver(other, interface()),
                search_domain("gemeente.local", interface()),
            ]
        );
        assert_eq!(of_adapter(NetworkAdapter { suffix: String::new(), ..adapter }).len(), 4);
        let names = Names::from([(7, interface())]);
        assert_eq!((name_of(7, &names), name_of(8, &names)), (interface(), "8".to_owned()));
    }
}
