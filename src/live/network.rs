//! `LiveNetwork`: how the host stands in its network: interfaces, addresses, routes, neighbours, resolvers, names.
//!
//! In: `/proc/net`, `/sys/class/net` and the files of the resolver; of the running system addresses with their
//! interface by sysinfo; what is set for proxies, shares and Wi-Fi. Out: a row each of [`Row`]. Neighbours of IPv6 stand in no
//! table of `/proc`: the kernel of the running system is asked by netlink, a socket that leads to it alone; for rules of nftables as
//! well (`firewall.rs`). Passwords beside a proxy or a network's name are not told.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::files::rooted;
use super::reach::Reach;
use super::{Exact, firewall, kernel};
use crate::formats::netlink::filter::Filter;
use crate::formats::netlink::routing;
use crate::formats::network_settings::{networks, proxies, shares};
use crate::formats::{linux_autostarts, procfs, procnet, resolved};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys;

/// How long all of it may take.
const TABLE_LIMIT: Duration = Duration::from_secs(20);

/// How long the kernel may take for one answer.
const ASK_LIMIT: Duration = Duration::from_secs(3);

/// Most bytes of one table or file: a router with the whole Internet's routes has some 100 MiB, nobody reads them here.
const MAX_TABLE: usize = 16 << 20;

/// Most entries of the hosts file: block lists have a hundred thousand.
const MAX_HOSTS: usize = 200_000;

/// A row of `LiveNetwork`, schema `urn:veldkit:live:network:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// An interface.
    Interface {
        /// Its name.
        name: String,
        /// Its address on the link.
        #[serde(skip_serializing_if = "Option::is_none")]
        link: Option<String>,
        /// Whether it is up, as the kernel writes it: `up`, `down`, `unknown` …
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<String>,
        /// Whether it takes frames that are not for this host (`IFF_PROMISC`): a sniffer sets this.
        #[serde(skip_serializing_if = "Option::is_none")]
        promiscuous: Option<bool>,
        /// Bytes received.
        received: u64,
        /// Bytes sent.
        sent: u64,
    },
    /// An address of this host.
    Address {
        /// The address.
        address: IpAddr,
        /// Length of its prefix, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        prefix: Option<u32>,
        /// Its interface, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        interface: Option<String>,
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
        /// Its metric.
        metric: u32,
        /// Flags (`RTF_*`).
        flags: u32,
    },
    /// A machine beside this one, as ARP and IPv6 have found it, or another program has told the kernel of it.
    Neighbour {
        /// Its address.
        address: IpAddr,
        /// Its address on the link; zeros where nobody answered.
        link: String,
        /// The interface.
        interface: String,
        /// Whether it was set by hand and stays.
        permanent: bool,
    },
    /// A server that names are asked of.
    Resolver {
        /// Its address as written.
        address: Exact,
        /// The file that names it.
        file: &'static str,
    },
    /// A domain that is tried behind short names.
    SearchDomain {
        /// The domain.
        domain: Exact,
        /// The file that names it.
        file: &'static str,
    },
    /// An entry of the hosts file, which comes before any server.
    Host {
        /// The address as written.
        address: Exact,
        /// The names it is given.
        names: Vec<Exact>,
    },
    /// A proxy that programs are told to use.
    Proxy {
        /// The file.
        file: Exact,
        /// The setting: `http_proxy`, `Acquire::http::Proxy` …
        key: Exact,
        /// The proxy as written, without user and password.
        address: Exact,
    },
    /// A Wi-Fi network that is known here.
    Wifi {
        /// Its name.
        name: Exact,
        /// The file that knows it.
        file: Exact,
    },
    /// A folder that others may reach.
    Share {
        /// `nfs` or `smb`.
        protocol: &'static str,
        /// The folder; of SMB the share's name, and the folder where that is told.
        folder: Exact,
        /// Of NFS: who may, and how.
        clients: Exact,
    },
    /// A table of the older packet filter that is in use (`iptables` from before nftables).
    FirewallTable {
        /// 4 or 6.
        ip: u8,
        /// Its name.
        name: Exact,
    },
    /// A name that systemd's resolver remembers.
    CachedName {
        /// The name.
        name: String,
        /// What was asked of it, by its number in the name system: 1 is an address, 28 one of IPv6.
        kind: u16,
        /// The addresses that were the answer.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        addresses: Vec<IpAddr>,
        /// The name that it stands for.
        #[serde(skip_serializing_if = "Option::is_none")]
        alias: Option<Exact>,
        /// The interface by which it was asked.
        #[serde(skip_serializing_if = "Option::is_none")]
        interface: Option<String>,
    },
    /// A part of the packet filter, of that of today (nftables) or of the older one.
    Filter(Box<Filter>),
}

/// Where proxies are set.
const PROXIES: [&str; 7] = [
    "etc/environment",
    "etc/profile.d/*.sh",
    "etc/apt/apt.conf",
    "etc/apt/apt.conf.d/*",
    "etc/yum.conf",
    "etc/dnf/dnf.conf",
    "etc/wgetrc",
];

/// Where the names of Wi-Fi networks stand.
const WIFI: [&str; 4] = [
    "etc/NetworkManager/system-connections/*",
    "run/NetworkManager/system-connections/*",
    "etc/wpa_supplicant/*.conf",
    "etc/wpa_supplicant.conf",
];

/// Files of the resolver: that of the system, and what systemd's own service really asks.
const RESOLVERS: [&str; 2] = ["etc/resolv.conf", "run/systemd/resolve/resolv.conf"];

/// How the rows are made.
pub(crate) fn rows(reach: Reach) -> Rows {
    let rows = Rows::new("urn:veldkit:live:network:1", "procfs", move |lines| make(&reach, lines));
    rows.within(TABLE_LIMIT)
}

fn make(reach: &Reach, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let own = reach.link("proc/self").ok().and_then(|target| procfs::number(&target));
    let folder = own.map_or_else(|| "proc/net".to_owned(), |pid| format!("proc/{pid}/net"));
    // What is not there is not: a kernel without IPv6, a tree without /proc.
    let table = |name: &str| reach.read(&format!("{folder}/{name}"), MAX_TABLE).unwrap_or_default();
    for (name, received, sent) in procnet::interfaces(&table("dev")) {
        lines.row(&interface(reach, name, received, sent))?;
    }
    let fallback = |lines: &mut Lines<'_>| {
        for address in procnet::own_addresses(&table("fib_trie")) {
            lines.row(&Row::Address { address, prefix: None, interface: None })?;
        }
        for (interface, address, prefix) in procnet::addresses_6(&table("if_inet6")) {
            lines.row(&Row::Address { address, prefix: Some(prefix), interface: Some(interface) })?;
        }
        Ok(())
    };
    match addresses(reach) {
        told if told.is_empty() => fallback(lines)?,
        told => told.iter().try_for_each(|row| lines.row(row))?,
    }
    let (four, six) = (table("route"), table("ipv6_route"));
    for route in procnet::routes(&four).chain(procnet::routes_6(&six)) {
        let procnet::Route { interface, destination, prefix, gateway, metric, flags } = route;
        let gateway = Some(gateway).filter(|gateway| !gateway.is_unspecified());
        lines.row(&Row::Route { destination, prefix, gateway, interface, metric, flags })?;
    }
    for beside in procnet::neighbours(&table("arp")) {
        let procnet::Neighbour { address, link, flags, interface } = beside;
        lines.row(&Row::Neighbour { address, link, interface, permanent: flags & 4 != 0 })?;
    }
    if reach.is_live() {
        neighbours_6(lines)?;
        firewall::rules(reach, &table("netlink"), lines)?;
        cached_names(lines)?;
    }
    for file in RESOLVERS {
        for row in resolvers(&reach.text(file, MAX_TABLE).unwrap_or_default(), file) {
            lines.row(&row)?;
        }
    }
    hosts(&reach.text("etc/hosts", MAX_TABLE).unwrap_or_default())
        .iter()
        .try_for_each(|row| lines.row(row))?;
    for (ip, name) in [(4, "ip_tables_names"), (6, "ip6_tables_names")] {
        for name in words(&table(name)) {
            lines.row(&Row::FirewallTable { ip, name: Exact::from(name) })?;
            if reach.is_live() {
                firewall::older(ip == 6, name, lines)?;
            }
        }
    }
    settings(reach, lines)
}

/// Neighbours of IPv6, each by the name of its link.
fn neighbours_6(lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut names = BTreeMap::new();
    // One whose link is not told has its number alone.
    let of_links = kernel::ask(&routing::links(), ASK_LIMIT, &mut |kind, body| {
        names.extend(routing::link(kind, body));
    });
    let mut beside = Vec::new();
    let asked = kernel::ask(&routing::neighbours(), ASK_LIMIT, &mut |kind, body| {
        beside.extend(routing::neighbour(kind, body));
    });
    for (what, told) in [("the names of links", of_links), ("neighbours of IPv6", asked)] {
        if let Err(error) = told {
            lines.short(code_of(&error), format!("asking the kernel for {what}: {error}"));
        }
    }
    for routing::Neighbour { address, link, index, permanent } in beside {
        let interface = names.get(&index).cloned().unwrap_or_else(|| index.to_string());
        lines.row(&Row::Neighbour { address, link, interface, permanent })?;
    }
    Ok(())
}

/// Names that systemd's resolver remembers, where it runs.
fn cached_names(lines: &mut Lines<'_>) -> Result<(), Halt> {
    let asked = sys::ask_resolver(resolved::QUESTION);
    match asked.and_then(|reply| reply.map_or_else(|| Ok(Vec::new()), |reply| resolved::cached_names(&reply)))
    {
        Ok(rows) => rows.iter().try_for_each(|row| lines.row(row)),
        Err(error) => {
            lines.short(code_of(&error), format!("asking the resolver for the names it remembers: {error}"));
            Ok(())
        }
    }
}

/// What files say of proxies, Wi-Fi and shares.
fn settings(reach: &Reach, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let files =
        |patterns: &'static [&'static str]| patterns.iter().flat_map(|pattern| reach.matching(pattern));
    let text = |file: &[u8]| reach.read_bytes(file, MAX_TABLE).unwrap_or_default();
    for file in files(&PROXIES) {
        for (key, address) in proxies(&text(&file)) {
            lines.row(&Row::Proxy { file: rooted(&file), key: key.into(), address: Exact(address) })?;
        }
    }
    for file in files(&WIFI) {
        for name in networks(&text(&file)) {
            lines.row(&Row::Wifi { name: name.into(), file: rooted(&file) })?;
        }
    }
    // iwd names its files after the networks.
    for file in files(&["var/lib/iwd/*.psk", "var/lib/iwd/*.open", "var/lib/iwd/*.8021x"]) {
        let name = file.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let end = name.iter().rposition(|byte| *byte == b'.').unwrap_or(name.len());
        let name = Exact::from(name.get(..end).unwrap_or_default());
        lines.row(&Row::Wifi { name, file: rooted(&file) })?;
    }
    for file in files(&["etc/exports", "etc/exports.d/*.exports"]) {
        for (_, line) in linux_autostarts::lines(&text(&file)) {
            let (folder, clients) =
                line.split_at(line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len()));
            let clients = Exact::from(clients.trim_ascii());
            lines.row(&Row::Share { protocol: "nfs", folder: folder.into(), clients })?;
        }
    }
    for folder in shares(&text(b"etc/samba/smb.conf")) {
        lines.row(&Row::Share { protocol: "smb", folder, clients: Exact::default() })?;
    }
    Ok(())
}

fn interface(reach: &Reach, name: String, received: u64, sent: u64) -> Row {
    // A link in sysfs leads from the name to the device; only of the running system is there anything.
    let fact = |what: &str| {
        let text = reach.text(&format!("sys/class/net/{name}/{what}"), 256).ok()?;
        let text = String::from_utf8_lossy(&text).trim().to_owned();
        Some(text).filter(|text| !text.is_empty())
    };
    let flags = fact("flags").and_then(|flags| u32::from_str_radix(flags.strip_prefix("0x")?, 16).ok());
    Row::Interface {
        link: fact("address"),
        state: fact("operstate"),
        promiscuous: flags.map(|flags| flags & 0x100 != 0),
        name,
        received,
        sent,
    }
}

/// Addresses with their interface, of the running system.
fn addresses(reach: &Reach) -> Vec<Row> {
    if !reach.is_live() {
        return Vec::new();
    }
    let Ok(networks) = sysinfo::Networks::new_with_refreshed_list() else { return Vec::new() };
    let mut rows: Vec<_> = networks
        .iter()
        .flat_map(|(name, facts)| {
            facts.ip_networks().iter().map(move |network| (name.to_string_lossy().into_owned(), *network))
        })
        .collect();
    rows.sort_by(|one, other| (&one.0, one.1.addr).cmp(&(&other.0, other.1.addr)));
    rows.into_iter()
        .map(|(name, network)| Row::Address {
            address: network.addr,
            prefix: Some(network.prefix.into()),
            interface: Some(name),
        })
        .collect()
}

/// Reads resolv.conf(5).
#[must_use]
pub fn resolvers(text: &[u8], file: &'static str) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in text.split(|byte| *byte == b'\n').take(1_000) {
        let mut words = words(line);
        match words.next() {
            Some(b"nameserver") => {
                rows.extend(words.next().map(|word| Row::Resolver { address: Exact::from(word), file }));
            }
            Some(b"search" | b"domain") => {
                rows.extend(words.map(|word| Row::SearchDomain { domain: Exact::from(word), file }));
            }
            _ => {}
        }
    }
    rows
}

/// Reads hosts(5).
#[must_use]
pub fn hosts(text: &[u8]) -> Vec<Row> {
    let entry = |line: &[u8]| {
        let line = line.split(|byte| *byte == b'#').next()?;
        let mut words = words(line);
        let address = Exact::from(words.next()?);
        let names: Vec<Exact> = words.take(1_000).map(Exact::from).collect();
        (!names.is_empty()).then_some(Row::Host { address, names })
    };
    text.split(|byte| *byte == b'\n').filter_map(entry).take(MAX_HOSTS).collect()
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolvers_domains_and_hosts_are_read_and_comments_are_none() {
        let rows = resolvers(
            b"# x\nnameserver 10.0.0.53\nsearch a.example b.example\noptions edns0\n",
            "etc/resolv.conf",
        );
        let json = serde_json::to_value(&rows).unwrap();
        assert_eq!(json[0]["address"], "10.0.0.53");
        assert_eq!(
            (&json[1]["domain"], &json[2]["domain"], json.as_array().unwrap().len()),
            (&"a.example".into(), &"b.example".into(), 3)
        );
        let json = serde_json::to_value(hosts(
            b"127.0.0.1 localhost\n#0.0.0.0 x\n10.9.9.9\tbank.example www # y\nalone\n",
        ))
        .unwrap();
        assert_eq!(json.as_array().unwrap().len(), 2);
        assert_eq!(json[1]["names"], serde_json::json!(["bank.example", "www"]));
    }
}
