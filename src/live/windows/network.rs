//! `LiveNetwork` of Windows: how the host stands in its network: interfaces, addresses, routes, neighbours, resolvers,
//! names; and what its registry sets of shares, proxies, the firewall and ports that are led on.
//!
//! In: the tables of the IP helper of the running system; the hosts file, and the hives, of any. Out: a row each of [`Row`], in the
//! fields that rows of Linux have for the same; those of the hosts file are [`crate::live::network::Row::Host`] itself.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::firewall;
use super::machine::Machine;
use crate::evidence::Exact;
use crate::live::network::hosts;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sources::windows_facts::Facts;
use crate::sys::{self, NeighbourEntry, NetworkAdapter, ResolverEntry, RouteEntry};

/// How long all of it may take.
const TABLE_LIMIT: Duration = Duration::from_secs(30);

/// Most bytes of the hosts file.
const MAX_HOSTS: usize = 16 << 20;

/// Most keys or values of one place in the registry.
const MAX_SET: usize = 10_000;

/// A row of `LiveNetwork` of Windows, schema `urn:veldkit:live:network:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// An interface.
    Interface(Box<Interface>),
    /// An address of this host.
    Address {
        /// The address.
        address: IpAddr,
        /// Length of its prefix.
        prefix: u32,
        /// Its interface.
        interface: String,
    },
    /// A machine that an interface sends through what is for none beside it.
    Gateway {
        /// Its address.
        address: IpAddr,
        /// The interface.
        interface: String,
    },
    /// A server that names are asked of.
    Resolver {
        /// Its address.
        address: IpAddr,
        /// The interface that has it set.
        interface: String,
    },
    /// A domain that is tried behind short names.
    SearchDomain {
        /// The domain.
        domain: String,
        /// The interface that has it set.
        interface: String,
    },
    /// A route.
    Route {
        /// Where it leads to.
        destination: IpAddr,
        /// Length of the destination's prefix.
        prefix: u32,
        /// The next hop; left out where there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        gateway: Option<IpAddr>,
        /// The interface.
        interface: String,
        /// Its metric, to which the interface's own is added.
        metric: u32,
    },
    /// A machine beside this one, from the caches of ARP and of IPv6.
    Neighbour {
        /// Its address.
        address: IpAddr,
        /// Its address on the link; left out where nobody answered.
        #[serde(skip_serializing_if = "Option::is_none")]
        link: Option<String>,
        /// The interface.
        interface: String,
        /// Whether it was set by hand and stays.
        permanent: bool,
    },
    /// A name that this machine has asked for of late, out of the resolver's cache.
    CachedName {
        /// The name.
        name: String,
        /// What was asked of it, by its number in the name system: 1 is an address, 28 one of IPv6.
        kind: u16,
    },
    /// A folder that others may reach, as the registry has it; those for administrators (`C$`) stand in no registry.
    Share {
        /// `smb`.
        protocol: &'static str,
        /// Its name.
        name: String,
        /// The folder.
        folder: Exact,
    },
    /// A port that Windows leads on to another machine or port (`netsh interface portproxy`).
    PortProxy {
        /// Which kinds of addresses: `v4tov4` …
        kind: &'static str,
        /// Where it listens, as written: address and port.
        listens: String,
        /// Where it leads to, as written.
        leads_to: String,
    },
    /// A proxy that a user's programs are told to use.
    Proxy {
        /// The user's SID.
        user: String,
        /// The setting: `ProxyServer`, `AutoConfigURL`.
        key: &'static str,
        /// The proxy as written.
        address: Exact,
        /// Whether it is in use; of a script that is always so.
        enabled: bool,
    },
    /// A network that this host was in.
    KnownNetwork {
        /// Its name.
        name: String,
    },
    /// A rule of the firewall.
    FirewallRule(Box<firewall::Rule>),
    /// What the firewall does in networks of a kind.
    FirewallProfile(Box<firewall::Profile>),
}

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Interface {
    /// Its name, as its owner sees it.
    pub name: String,
    /// Its name to Windows: mostly a GUID in braces.
    pub adapter: String,
    /// Its maker and model.
    pub description: String,
    /// Its number.
    pub index: u32,
    /// Its address on the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Whether it is up: `up`, `down`, `testing`, `dormant`, `not_present`, `lower_layer_down`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// Its kind by IANA's numbers: 6 is Ethernet, 71 Wi-Fi, 23 and 131 are tunnels.
    pub kind: u32,
    /// The server that gave it its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dhcp_server: Option<IpAddr>,
    /// Bytes received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<u64>,
    /// Bytes sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<u64>,
}

/// How the rows are made.
pub(crate) fn rows(machine: Machine) -> Rows {
    let rows = Rows::new("urn:veldkit:live:network:1", "iphlpapi", move |lines| make(&machine, lines));
    rows.within(TABLE_LIMIT)
}

fn make(machine: &Machine, lines: &mut Lines<'_>) -> Result<(), Halt> {
    if machine.is_live() && sys::IS_WINDOWS {
        tables(lines)?;
    }
    let file = machine.read("%SystemRoot%\\System32\\drivers\\etc\\hosts", MAX_HOSTS).unwrap_or_default();
    for entry in hosts(&file) {
        lines.row(&entry)?;
    }
    let mut set = Vec::new();
    machine.registry(|system, software| {
        set = of_system(system);
        set.extend(known_networks(software));
        for (profiles, rules) in [firewall::of_system(system), firewall::of_policy(software)] {
            set.extend(profiles.into_iter().map(|profile| Row::FirewallProfile(Box::new(profile))));
            set.extend(rules.into_iter().map(|rule| Row::FirewallRule(Box::new(rule))));
        }
    });
    machine.users(&mut |user, _, hive| set.extend(proxies(user, hive)));
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
    let tables: [(&str, io::Result<Vec<Row>>); 3] = [
        ("routes", sys::routes().map(|all| all.into_iter().map(|entry| of_route(entry, &names)).collect())),
        (
            "neighbours",
            sys::neighbours().map(|all| all.into_iter().map(|entry| of_neighbour(entry, &names)).collect()),
        ),
        (
            "names that the resolver remembers",
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
fn of_adapter(adapter: NetworkAdapter) -> Vec<Row> {
    let interface = || adapter.name.clone();
    let addresses = adapter.addresses.iter();
    let addresses = addresses.map(|(address, prefix)| Row::Address {
        address: *address,
        prefix: *prefix,
        interface: interface(),
    });
    let gateways =
        adapter.gateways.iter().map(|address| Row::Gateway { address: *address, interface: interface() });
    let resolvers =
        adapter.resolvers.iter().map(|address| Row::Resolver { address: *address, interface: interface() });
    let domain = Some(adapter.suffix.clone()).filter(|domain| !domain.is_empty());
    let domain = domain.map(|domain| Row::SearchDomain { domain, interface: interface() });
    let rest: Vec<Row> = addresses.chain(gateways).chain(resolvers).chain(domain).collect();
    let first = Row::Interface(Box::new(Interface {
        name: adapter.name,
        adapter: adapter.adapter,
        description: adapter.description,
        index: adapter.index,
        link: adapter.link,
        state: adapter.state,
        kind: adapter.kind,
        dhcp_server: adapter.dhcp_server,
        received: adapter.received,
        sent: adapter.sent,
    }));
    std::iter::once(first).chain(rest).collect()
}

fn of_route(entry: RouteEntry, names: &Names) -> Row {
    let RouteEntry { destination, prefix, gateway, index, metric } = entry;
    Row::Route { destination, prefix, gateway, interface: name_of(index, names), metric }
}

fn of_neighbour(entry: NeighbourEntry, names: &Names) -> Row {
    let NeighbourEntry { address, link, index, permanent } = entry;
    Row::Neighbour { address, link, interface: name_of(index, names), permanent }
}

fn of_cached(ResolverEntry { name, kind }: ResolverEntry) -> Row {
    Row::CachedName { name, kind }
}

/// Shares, and ports that are led on.
fn of_system(hive: &mut dyn Facts) -> Vec<Row> {
    let services = format!("{}\\Services", hive.control_set());
    let mut all = Vec::new();
    for value in hive.contents(&format!("{services}\\LanmanServer\\Shares")).unwrap_or_default().values {
        let lines = value.texts();
        let folder = lines.iter().find_map(|line| line.strip_prefix("Path="));
        if let Some(folder) = folder {
            all.push(Row::Share { protocol: "smb", name: value.name.clone(), folder: Exact::from(folder) });
        }
    }
    for kind in ["v4tov4", "v4tov6", "v6tov4", "v6tov6"] {
        let led = hive.contents(&format!("{services}\\PortProxy\\{kind}\\tcp")).unwrap_or_default();
        all.extend(led.values.into_iter().filter_map(|value| {
            let leads_to = value.text()?;
            Some(Row::PortProxy { kind, listens: value.name, leads_to })
        }));
    }
    all.truncate(MAX_SET);
    all
}

fn known_networks(hive: &mut dyn Facts) -> Vec<Row> {
    let place = "Microsoft\\Windows NT\\CurrentVersion\\NetworkList\\Profiles";
    let mut all = Vec::new();
    hive.each(place, "", MAX_SET, &mut |_, key, _| {
        all.extend(key.text("ProfileName").map(|name| Row::KnownNetwork { name }));
    });
    all
}

fn proxies(user: &str, hive: &mut dyn Facts) -> Vec<Row> {
    let place = "Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings";
    let Some(set) = hive.contents(place) else { return Vec::new() };
    let enabled = set.number("ProxyEnable") == Some(1);
    let of = |key, enabled| {
        let address = Exact::from(set.text(key)?);
        Some(Row::Proxy { user: user.to_owned(), key, address, enabled })
    };
    of("ProxyServer", enabled).into_iter().chain(of("AutoConfigURL", true)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(matches!(&rows[0], Row::Interface(one) if one.name == "Ethernet" && one.index == 7));
        assert_eq!(
            rows[1..],
            [
                Row::Address { address: own, prefix: 24, interface: interface() },
                Row::Gateway { address: other, interface: interface() },
                Row::Resolver { address: other, interface: interface() },
                Row::SearchDomain { domain: "gemeente.local".to_owned(), interface: interface() },
            ]
        );
        assert_eq!(of_adapter(NetworkAdapter { suffix: String::new(), ..adapter }).len(), 4);
        let names = Names::from([(7, interface())]);
        assert_eq!((name_of(7, &names), name_of(8, &names)), (interface(), "8".to_owned()));
    }
}
