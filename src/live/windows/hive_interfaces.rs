//! Interfaces, addresses and leases of a Windows that does not run, as its SYSTEM hive has them.
//!
//! In: the hive. Out: [`NetworkRow`]s of `LiveNetwork`: each interface with its lease, its addresses, gateways, resolvers and
//! domain. Below an interface of Wi-Fi there is a lease of each network that it was in. Of IPv6 it has the resolvers that
//! were set or came by DHCP; its addresses are in no form that is documented, and have no rows. <https://learn.microsoft.com/troubleshoot/windows-client/networking/tcpip-and-nbt-configuration-parameters>

use std::net::IpAddr;

use crate::evidence::rows::network::{Interface, NetworkRow};
use crate::evidence::{Exact, Utc};
use crate::formats::network_settings::prefix;
use crate::sources::registry_facts::{Contents, RegistryFacts, WalkLimits};

/// Where the settings of each interface are, below the control set, and where their names are.
const INTERFACES: [&str; 2] =
    ["Services\\Tcpip\\Parameters\\Interfaces", "Services\\Tcpip6\\Parameters\\Interfaces"];
const NAMES: &str = "Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}";

/// Most interfaces with the networks that they were in.
const MAX_INTERFACES: usize = 10_000;

/// The rows of all interfaces.
pub(crate) fn of_system(system: &mut dyn RegistryFacts) -> Vec<NetworkRow> {
    let control = system.control_set();
    let mut found = Vec::new();
    let limits = WalkLimits { depth: 1, most: MAX_INTERFACES, whole: false };
    for place in INTERFACES {
        system.walk(&format!("{control}\\{place}"), limits, &mut |path, contents| {
            found.push((path.text().into_owned(), contents));
        });
    }
    let mut rows = Vec::new();
    for (path, contents) in found {
        let adapter = path.split('\\').next().unwrap_or_default().to_owned();
        let connection = system.value(&format!("{control}\\{NAMES}\\{adapter}\\Connection"), "Name");
        let name = connection.and_then(|value| value.text()).filter(|name| !name.is_empty());
        rows.extend(of_interface(&name.unwrap_or(adapter), path, &contents));
    }
    rows
}

/// The addresses that rows have.
pub(crate) fn addresses(rows: &[NetworkRow]) -> impl Iterator<Item = IpAddr> {
    rows.iter().filter_map(|row| match row {
        NetworkRow::Address { address, .. } => Some(*address),
        _ => None,
    })
}

/// The rows of one interface, or of a network that it was in; none where nothing is set.
fn of_interface(name: &str, path: String, contents: &Contents) -> Vec<NetworkRow> {
    // Several are values of more texts, or one with commas or blanks between.
    let texts = |value: &str| -> Vec<String> {
        let texts = contents.value(value).map(crate::formats::hive::Value::texts).unwrap_or_default();
        let parts = texts.iter().flat_map(|text| text.split([',', ' ']));
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let known = |value: &str| -> Vec<IpAddr> {
        let addresses = texts(value).into_iter().filter_map(|text| text.parse().ok());
        addresses.filter(|address: &IpAddr| !address.is_unspecified()).collect()
    };
    let moment = |value: &str| {
        let seconds = contents.number(value).filter(|seconds| *seconds > 0)?;
        Utc::from_unix(seconds.into(), 0)
    };
    let interface = || name.to_owned();
    let mut rows = Vec::new();
    for (own, masks) in [("IPAddress", "SubnetMask"), ("DhcpIPAddress", "DhcpSubnetMask")] {
        let masks = texts(masks);
        for (at, address) in known(own).into_iter().enumerate() {
            let prefix = masks.get(at).and_then(|mask| prefix(mask));
            rows.push(NetworkRow::Address { address, prefix, interface: Some(interface()) });
        }
    }
    for value in ["DefaultGateway", "DhcpDefaultGateway"] {
        let gateways = known(value).into_iter();
        rows.extend(gateways.map(|address| NetworkRow::Gateway { address, interface: interface() }));
    }
    for value in ["NameServer", "DhcpNameServer"] {
        let resolvers = texts(value).into_iter().map(Exact::from);
        rows.extend(resolvers.map(|address| NetworkRow::Resolver {
            address,
            file: None,
            interface: Some(interface()),
        }));
    }
    // DHCP for IPv6 leaves its resolvers as their bytes.
    let resolvers = contents.value("Dhcpv6DNSServers").map(|value| value.data.as_slice()).unwrap_or_default();
    let resolvers = resolvers.chunks_exact(16).filter_map(|bytes| <[u8; 16]>::try_from(bytes).ok());
    rows.extend(resolvers.map(|bytes| NetworkRow::Resolver {
        address: Exact::from(IpAddr::from(bytes).to_string()),
        file: None,
        interface: Some(interface()),
    }));
    for value in ["Domain", "DhcpDomain"] {
        let domains = texts(value).into_iter().map(Exact::from);
        rows.extend(domains.map(|domain| NetworkRow::SearchDomain {
            domain,
            file: None,
            interface: Some(interface()),
        }));
    }
    let first = Interface {
        name: name.to_owned(),
        adapter: Some(path),
        dhcp_server: known("DhcpServer").first().copied(),
        lease_obtained: moment("LeaseObtainedTime"),
        lease_ends: moment("LeaseTerminatesTime"),
        ..Interface::default()
    };
    if rows.is_empty() && first.dhcp_server.is_none() && first.lease_obtained.is_none() {
        return rows;
    }
    std::iter::once(NetworkRow::Interface(Box::new(first))).chain(rows).collect()
}
