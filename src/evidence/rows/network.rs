//! Rows of `LiveNetwork`: how the host is connected: interfaces, addresses, routes, neighbours, resolvers, names; and
//! proxies, shares, known networks and packet filters.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::firewall::{FilterPart, FirewallProfile, FirewallRule};
use super::{Observable, RowCitation, RowType};
use crate::evidence::{Exact, Utc};

/// A row of schema `urn:veldkit:live:network:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum NetworkRow {
    /// An interface.
    Interface(Box<Interface>),
    /// An address of this host.
    Address {
        /// The address.
        address: IpAddr,
        /// Length of its prefix, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prefix: Option<u32>,
        /// Its interface, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interface: Option<String>,
    },
    /// The machine through which an interface sends everything that is not for its own network (Windows).
    Gateway {
        /// Its address.
        address: IpAddr,
        /// The interface.
        interface: String,
    },
    /// A route.
    Route {
        /// Where it leads to.
        destination: IpAddr,
        /// Length of the destination's prefix.
        prefix: u32,
        /// The next hop; left out where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gateway: Option<IpAddr>,
        /// The interface.
        interface: String,
        /// Its metric; on Windows the interface's own is added to it.
        metric: u32,
        /// Flags, `RTF_*` (Linux).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flags: Option<u32>,
    },
    /// A machine on the same link, as ARP and IPv6 have found it, or another program has set it.
    Neighbour {
        /// Its address.
        address: IpAddr,
        /// Its address on the link. Where nobody answered zeros (Linux), or left out (Windows).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
        /// The interface.
        interface: String,
        /// Whether it was set manually and stays.
        permanent: bool,
    },
    /// A server that names are looked up at.
    Resolver {
        /// Its address as written.
        address: Exact,
        /// The file that names it (Linux).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<Cow<'static, str>>,
        /// The interface that has it set (Windows).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interface: Option<String>,
    },
    /// A domain that is tried behind short names.
    SearchDomain {
        /// The domain.
        domain: Exact,
        /// The file that names it (Linux).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<Cow<'static, str>>,
        /// The interface that has it set (Windows).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interface: Option<String>,
    },
    /// An entry of the hosts file, which comes before any server.
    Host {
        /// The address as written.
        address: Exact,
        /// The names it is given.
        names: Vec<Exact>,
    },
    /// A name that the resolver has in its cache: the host has looked it up lately.
    CachedName {
        /// The name.
        name: String,
        /// The type of record that was looked up, by its number: 1 is an address, 28 one of IPv6.
        kind: u16,
        /// The addresses that were the answer (Linux).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        addresses: Vec<IpAddr>,
        /// The name that it is an alias of (Linux).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alias: Option<Exact>,
        /// The interface by which it was looked up (Linux).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interface: Option<String>,
    },
    /// A proxy that programs are set to use.
    Proxy {
        /// The file that sets it (Linux).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<Exact>,
        /// The SID of the user whose programs use it (Windows).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        /// The setting: `http_proxy`, `Acquire::http::Proxy`, `ProxyServer`, `AutoConfigURL` …
        key: Exact,
        /// The proxy as written; on Linux without user and password.
        address: Exact,
        /// Whether it is in use; of a script that is always so (Windows).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        enabled: Option<bool>,
    },
    /// A Wi-Fi network that is known here (Linux).
    Wifi {
        /// Its name.
        name: Exact,
        /// The file that knows it.
        file: Exact,
    },
    /// A network that this host was in (Windows).
    KnownNetwork {
        /// Its name.
        name: String,
    },
    /// A directory that others may reach. Those for administrators (`C$`) are in no registry.
    Share {
        /// `nfs` or `smb`.
        protocol: Cow<'static, str>,
        /// Its name (Windows).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The directory; of Samba the share's name, and the directory where that is set.
        folder: Exact,
        /// Of NFS: who may, and how (Linux).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        clients: Option<Exact>,
    },
    /// A port that Windows forwards to another machine or port: `netsh interface portproxy` (Windows).
    PortProxy {
        /// Which kinds of addresses: `v4tov4` …
        kind: Cow<'static, str>,
        /// Where it listens, as written: address and port.
        listens: String,
        /// Where it forwards to, as written: address and port, with a slash between them.
        leads_to: String,
    },
    /// A table of the older packet filter that is in use: `iptables` from before nftables (Linux).
    FirewallTable {
        /// 4 or 6.
        ip: u8,
        /// Its name.
        name: Exact,
    },
    /// A part of the packet filter, of the current one (nftables) or of the older one (Linux).
    Filter(Box<FilterPart>),
    /// A rule of the firewall (Windows).
    FirewallRule(Box<FirewallRule>),
    /// The defaults of the firewall in networks of a kind (Windows).
    FirewallProfile(Box<FirewallProfile>),
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Interface {
    /// Its name; on Windows as its owner sees it.
    pub name: String,
    /// Its name to Windows: mostly a GUID in braces (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// Its maker and model (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its number (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// Its address on the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Whether it is up, as the system writes it: `up`, `down`, `unknown`, `testing`, `dormant`, `not_present` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Cow<'static, str>>,
    /// Whether it takes frames that are not for this host, `IFF_PROMISC`: a sniffer sets this (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promiscuous: Option<bool>,
    /// Its kind by IANA's numbers: 6 is Ethernet, 71 Wi-Fi, 23 and 131 are tunnels (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<u32>,
    /// The server that gave it its address (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dhcp_server: Option<IpAddr>,
    /// When that server gave it its address (Windows, of a system that does not run).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_obtained: Option<Utc>,
    /// Until when it has that address (Windows, of a system that does not run).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_ends: Option<Utc>,
    /// Bytes received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<u64>,
    /// Bytes sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<u64>,
}

impl RowType for NetworkRow {
    const SCHEMA: &'static str = "urn:veldkit:live:network:1";

    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        match self {
            Self::Neighbour { address, link: _, interface: _, permanent: _ } => {
                report(Observable::Address(*address));
            }
            Self::Resolver { address, file: _, interface: _ } => {
                Observable::address(&address.text()).into_iter().for_each(report);
            }
            Self::CachedName { name, kind: _, addresses, alias, interface: _ } => {
                report(Observable::Domain(name.into()));
                if let Some(alias) = alias {
                    report(Observable::Domain(alias.text()));
                }
                for address in addresses {
                    report(Observable::Address(*address));
                }
            }
            Self::Host { address, names } => host(address, names, report),
            // A program that the host lets through.
            Self::FirewallRule(rule) => {
                let FirewallRule {
                    id: _,
                    registry_key: _,
                    policy: _,
                    name: _,
                    active: _,
                    action: _,
                    direction: _,
                    protocol: _,
                    profiles: _,
                    local_ports: _,
                    remote_ports: _,
                    local_addresses: _,
                    remote_addresses: _,
                    program,
                    service: _,
                    as_written: _,
                } = &**rule;
                if let Some(program) = program {
                    report(Observable::path(program));
                }
            }
            // Where the host sends its traffic, instead of to whom it is for.
            Self::Proxy { file: _, user: _, key: _, address, enabled: _ } => proxy(address, report),
            Self::PortProxy { kind: _, listens: _, leads_to } => {
                let to = leads_to.split('/').next().unwrap_or(leads_to);
                report(Observable::address(to).unwrap_or_else(|| Observable::Domain(to.into())));
            }
            // Own addresses, routes and networks are what the host is, not what it does.
            Self::Interface(interface) => {
                let Interface {
                    name: _,
                    adapter: _,
                    description: _,
                    index: _,
                    link: _,
                    state: _,
                    promiscuous: _,
                    kind: _,
                    dhcp_server: _,
                    lease_obtained: _,
                    lease_ends: _,
                    received: _,
                    sent: _,
                } = &**interface;
            }
            Self::Address { address: _, prefix: _, interface: _ }
            | Self::Gateway { address: _, interface: _ }
            | Self::Route { destination: _, prefix: _, gateway: _, interface: _, metric: _, flags: _ }
            | Self::SearchDomain { domain: _, file: _, interface: _ }
            | Self::Wifi { name: _, file: _ }
            | Self::KnownNetwork { name: _ }
            | Self::Share { protocol: _, name: _, folder: _, clients: _ }
            | Self::FirewallTable { ip: _, name: _ }
            | Self::Unknown => {}
            Self::Filter(part) => {
                let FilterPart {
                    part: _,
                    family: _,
                    table: _,
                    name: _,
                    handle: _,
                    kind: _,
                    hook: _,
                    priority: _,
                    policy: _,
                    devices: _,
                    dormant: _,
                    says: _,
                    comment: _,
                    elements: _,
                } = &**part;
            }
            Self::FirewallProfile(profile) => {
                let FirewallProfile {
                    profile: _,
                    policy: _,
                    enabled: _,
                    inbound: _,
                    outbound: _,
                    no_exceptions: _,
                } = &**profile;
            }
        }
    }

    fn citation(&self) -> RowCitation {
        let path = match self {
            Self::Interface(interface) => Some(interface.name.clone()),
            Self::Address { address, .. }
            | Self::Gateway { address, .. }
            | Self::Neighbour { address, .. } => Some(address.to_string()),
            Self::Route { destination, prefix, .. } => Some(format!("{destination}/{prefix}")),
            Self::Resolver { address, .. } | Self::Host { address, .. } | Self::Proxy { address, .. } => {
                Some(address.text().into_owned())
            }
            Self::SearchDomain { domain, .. } => Some(domain.text().into_owned()),
            Self::CachedName { name, .. } | Self::KnownNetwork { name } => Some(name.clone()),
            Self::Wifi { name, .. } | Self::FirewallTable { name, .. } => Some(name.text().into_owned()),
            Self::Share { folder, .. } => Some(folder.text().into_owned()),
            Self::PortProxy { leads_to, .. } => Some(leads_to.clone()),
            Self::Filter(part) => Some(part.table.text().into_owned()),
            Self::FirewallRule(rule) => Some(format!("{}\\{}", rule.registry_key, rule.id)),
            Self::FirewallProfile(profile) => Some(profile.profile.clone().into_owned()),
            Self::Unknown => None,
        };
        RowCitation { path, ..RowCitation::default() }
    }
}

/// A name that is led to the host itself or to nowhere was blocked.
fn host<'row>(address: &Exact, names: &'row [Exact], report: &mut dyn FnMut(Observable<'row>)) {
    let Ok(to) = address.text().parse::<IpAddr>() else { return };
    if !to.is_loopback() && !to.is_unspecified() {
        report(Observable::Address(to));
        for name in names {
            report(Observable::Domain(name.text()));
        }
    }
}

/// A URL, or a host with its port; Windows may have one for each protocol, as `http=host:80;https=host:443`.
fn proxy<'row>(address: &'row Exact, report: &mut dyn FnMut(Observable<'row>)) {
    let text = address.text();
    for one in text.split([';', ' ']).filter(|one| !one.is_empty()) {
        if one.contains("://") {
            report(Observable::Command(one.to_owned().into()));
            continue;
        }
        let host = one.rsplit('=').next().unwrap_or(one);
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_matches(['[', ']']);
        report(Observable::address(host).unwrap_or_else(|| Observable::Domain(host.to_owned().into())));
    }
}
