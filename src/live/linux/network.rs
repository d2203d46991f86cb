//! `LiveNetwork`: how the host stands in its network: interfaces, addresses, routes, neighbours, resolvers, names.
//!
//! In: `/proc/net`, `/sys/class/net` and the files of the resolver; of the running system addresses with their
//! interface by `sys`; what is set for proxies, shares and Wi-Fi. Out: one [`NetworkRow`] per fact. Neighbours of IPv6 stand in no
//! table of `/proc`: the kernel of the running system is asked by netlink, a socket that leads to it alone; for rules of nftables as
//! well (`firewall.rs`). Passwords beside a proxy or a network's name are not told.

use std::collections::BTreeMap;
use std::time::Duration;

use super::linux_host::LinuxHost;
use super::started_files::rooted;
use super::{firewall, kernel};
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::network::{Interface, NetworkRow};
use crate::formats::name_resolution::{hosts, resolvers, words};
use crate::formats::netlink::routing;
use crate::formats::network_settings::{networks, proxies, shares};
use crate::formats::{procfs, procnet, resolved, text_lines};
use crate::live::Exact;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys;

/// How long all of it may take.
const TABLE_LIMIT: Duration = Duration::from_secs(20);

/// How long the kernel may take for one answer.
const ASK_LIMIT: Duration = Duration::from_secs(3);

/// Most bytes of one table or file: a router with the whole Internet's routes has some 100 MiB, nobody reads them here.
const MAX_TABLE: usize = 16 << 20;

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
pub(crate) fn rows(reach: LinuxHost) -> Rows {
    let rows = Rows::new(NetworkRow::SCHEMA, "procfs", move |lines| make(&reach, lines));
    rows.within(TABLE_LIMIT)
}

fn make(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let own = reach.link("proc/self").ok().and_then(|target| procfs::number(&target));
    let folder = own.map_or_else(|| "proc/net".to_owned(), |pid| format!("proc/{pid}/net"));
    // What is not there is not: a kernel without IPv6, a tree without /proc.
    let table = |name: &str| reach.whole_table(&format!("{folder}/{name}"), MAX_TABLE);
    for (name, received, sent) in procnet::interfaces(&table("dev")) {
        lines.row(&interface(reach, name, received, sent))?;
    }
    let fallback = |lines: &mut Lines<'_>| {
        for address in procnet::own_addresses(&table("fib_trie")) {
            lines.row(&NetworkRow::Address { address, prefix: None, interface: None })?;
        }
        for (interface, address, prefix) in procnet::addresses_6(&table("if_inet6")) {
            lines.row(&NetworkRow::Address { address, prefix: Some(prefix), interface: Some(interface) })?;
        }
        Ok(())
    };
    match addresses(reach, lines) {
        found if found.is_empty() => fallback(lines)?,
        found => found.iter().try_for_each(|row| lines.row(row))?,
    }
    let (four, six) = (table("route"), table("ipv6_route"));
    for route in procnet::routes(&four).chain(procnet::routes_6(&six)) {
        let procnet::Route { interface, destination, prefix, gateway, metric, flags } = route;
        let gateway = Some(gateway).filter(|gateway| !gateway.is_unspecified());
        let flags = Some(flags);
        lines.row(&NetworkRow::Route { destination, prefix, gateway, interface, metric, flags })?;
    }
    for beside in procnet::neighbours(&table("arp")) {
        let procnet::ArpEntry { address, link, flags, interface } = beside;
        let (link, permanent) = (Some(link), flags & 4 != 0);
        lines.row(&NetworkRow::Neighbour { address, link, interface, permanent })?;
    }
    if reach.is_live() {
        neighbours_6(lines)?;
        firewall::rules(reach, &table("netlink"), lines)?;
        cached_names(lines)?;
    }
    for file in RESOLVERS {
        for row in resolvers(&reach.whole(file, MAX_TABLE), file) {
            lines.row(&row)?;
        }
    }
    hosts(&reach.whole("etc/hosts", MAX_TABLE)).try_for_each(|row| lines.row(&row))?;
    for (ip, name) in [(4, "ip_tables_names"), (6, "ip6_tables_names")] {
        for name in words(&table(name)) {
            lines.row(&NetworkRow::FirewallTable { ip, name: Exact::from(name) })?;
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
        lines.row(&NetworkRow::Neighbour { address, link: Some(link), interface, permanent })?;
    }
    Ok(())
}

/// Names that systemd's resolver remembers, where it runs.
fn cached_names(lines: &mut Lines<'_>) -> Result<(), Halt> {
    let asked = sys::ask_resolver(resolved::QUESTION);
    match asked.and_then(|reply| reply.map_or_else(|| Ok(Vec::new()), |reply| resolved::cached_names(&reply)))
    {
        Ok(names) => names.into_iter().try_for_each(|name| lines.row(&cached_name(name))),
        Err(error) => {
            lines.short(code_of(&error), format!("asking the resolver for its cached names: {error}"));
            Ok(())
        }
    }
}

/// What files say of proxies, Wi-Fi and shares.
fn settings(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    let files =
        |patterns: &'static [&'static str]| patterns.iter().flat_map(|pattern| reach.matching(pattern));
    let text = |file: &[u8]| reach.whole(file, MAX_TABLE);
    for file in files(&PROXIES) {
        for (key, address) in proxies(&text(&file)) {
            let (file, address) = (Some(rooted(&file)), Exact(address));
            lines.row(&NetworkRow::Proxy { file, user: None, key: key.into(), address, enabled: None })?;
        }
    }
    for file in files(&WIFI) {
        for name in networks(&text(&file)) {
            lines.row(&NetworkRow::Wifi { name: name.into(), file: rooted(&file) })?;
        }
    }
    // iwd names its files after the networks.
    for file in files(&["var/lib/iwd/*.psk", "var/lib/iwd/*.open", "var/lib/iwd/*.8021x"]) {
        let name = file.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let end = name.iter().rposition(|byte| *byte == b'.').unwrap_or(name.len());
        let name = Exact::from(name.get(..end).unwrap_or_default());
        lines.row(&NetworkRow::Wifi { name, file: rooted(&file) })?;
    }
    for file in files(&["etc/exports", "etc/exports.d/*.exports"]) {
        for (_, line) in text_lines::lines(&text(&file)) {
            let (folder, clients) =
                line.split_at(line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len()));
            lines.row(&share("nfs", folder.into(), clients.trim_ascii().into()))?;
        }
    }
    for folder in shares(&text(b"etc/samba/smb.conf")) {
        lines.row(&share("smb", folder, Exact::default()))?;
    }
    Ok(())
}

fn interface(reach: &LinuxHost, name: String, received: u64, sent: u64) -> NetworkRow {
    // A link in sysfs leads from the name to the device; only of the running system is there anything.
    let fact = |what: &str| {
        let text = reach.text(&format!("sys/class/net/{name}/{what}"), 256).ok()?;
        let text = String::from_utf8_lossy(&text).trim().to_owned();
        Some(text).filter(|text| !text.is_empty())
    };
    let flags = fact("flags").and_then(|flags| u32::from_str_radix(flags.strip_prefix("0x")?, 16).ok());
    NetworkRow::Interface(Box::new(Interface {
        link: fact("address"),
        state: fact("operstate").map(Into::into),
        promiscuous: flags.map(|flags| flags & 0x100 != 0),
        name,
        received: Some(received),
        sent: Some(sent),
        ..Interface::default()
    }))
}

fn share(protocol: &'static str, folder: Exact, clients: Exact) -> NetworkRow {
    NetworkRow::Share { protocol: protocol.into(), name: None, folder, clients: Some(clients) }
}

fn cached_name(name: resolved::ResolvedName) -> NetworkRow {
    let resolved::ResolvedName { name, kind, addresses, alias, interface } = name;
    NetworkRow::CachedName { name, kind, addresses, alias, interface }
}

/// Addresses with their interface, of the running system.
fn addresses(reach: &LinuxHost, lines: &mut Lines<'_>) -> Vec<NetworkRow> {
    if !reach.is_live() {
        return Vec::new();
    }
    let mut found = sys::interface_addresses().unwrap_or_else(|error| {
        lines.short(code_of(&error), format!("listing the addresses of interfaces: {error}"));
        Vec::new()
    });
    found.sort_by(|one, other| (&one.interface, one.address).cmp(&(&other.interface, other.address)));
    let row = |found: sys::InterfaceAddress| NetworkRow::Address {
        address: found.address,
        prefix: Some(found.prefix),
        interface: Some(found.interface),
    };
    found.into_iter().map(row).collect()
}
