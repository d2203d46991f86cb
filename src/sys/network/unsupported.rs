//! What a system has not: Linux lists its network in files, and only Linux has netlink.

use std::io;
use std::time::Duration;

#[cfg(not(windows))]
use super::InterfaceAddress;
use super::{NeighbourEntry, NetlinkPart, NetworkAdapter, ResolverEntry, RouteEntry, SocketTableResult};

pub(super) fn adapters() -> io::Result<Vec<NetworkAdapter>> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(windows))]
pub(super) fn interface_addresses() -> io::Result<Vec<InterfaceAddress>> {
    let networks = sysinfo::Networks::new_with_refreshed_list()
        .map_err(|error| io::Error::other(format!("listing network interfaces: {error:?}")))?;
    let addresses = networks.iter().flat_map(|(name, facts)| {
        facts.ip_networks().iter().map(move |network| InterfaceAddress {
            interface: name.to_string_lossy().into_owned(),
            address: network.addr,
            prefix: network.prefix.into(),
        })
    });
    Ok(addresses.collect())
}

pub(super) fn routes() -> io::Result<Vec<RouteEntry>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn neighbours() -> io::Result<Vec<NeighbourEntry>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn cached_names() -> io::Result<Vec<ResolverEntry>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) const fn socket_tables() -> Vec<SocketTableResult> {
    Vec::new()
}

pub(super) fn ask_kernel(
    _part: NetlinkPart,
    _question: &[u8],
    _limit: Duration,
    _take: &mut dyn FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[allow(clippy::unnecessary_wraps, reason = "Linux may fail to ask")]
pub(super) const fn ask_resolver(_question: &[u8]) -> io::Result<Option<Vec<u8>>> {
    Ok(None)
}

pub(super) fn ask_table(_six: bool, _name: &[u8]) -> io::Result<(Vec<u8>, Vec<u8>)> {
    Err(io::ErrorKind::Unsupported.into())
}
