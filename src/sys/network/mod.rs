//! The network of this machine: interfaces, routes, neighbours, sockets, names that its resolver remembers, and questions to
//! the kernel. Nothing is sent to another machine.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(windows, test))]
#[cfg_attr(not(windows), allow(dead_code, reason = "elsewhere only its own tests use it"))]
mod socket_table;
#[cfg_attr(
    any(target_os = "linux", windows),
    allow(dead_code, reason = "compiled everywhere, so that it stays right")
)]
mod unsupported;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(any(target_os = "linux", windows)))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use crate::evidence::Utc;

/// A network interface (`IP_ADAPTER_ADDRESSES`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NetworkAdapter {
    /// The name that its owner sees.
    pub(crate) name: String,
    /// The name that Windows uses, mostly a GUID in braces.
    pub(crate) adapter: String,
    /// Maker and model.
    pub(crate) description: String,
    pub(crate) index: u32,
    /// Its index in tables of IPv6.
    pub(crate) index_six: u32,
    /// Its link-layer address.
    pub(crate) link: Option<String>,
    /// `up`, `down`, `testing`, `unknown`, `dormant`, `not_present` or `lower_layer_down` (RFC 2863).
    pub(crate) state: Option<&'static str>,
    /// `ifType` of IANA.
    pub(crate) kind: u32,
    pub(crate) dhcp_server: Option<IpAddr>,
    /// Bytes received.
    pub(crate) received: Option<u64>,
    /// Bytes sent.
    pub(crate) sent: Option<u64>,
    /// Addresses with the length of their prefixes.
    pub(crate) addresses: Vec<(IpAddr, u32)>,
    pub(crate) gateways: Vec<IpAddr>,
    pub(crate) resolvers: Vec<IpAddr>,
    /// The domain that completes short names; empty where none is set.
    pub(crate) suffix: String,
}

/// An address of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InterfaceAddress {
    pub(crate) interface: String,
    pub(crate) address: IpAddr,
    /// The length of its prefix.
    pub(crate) prefix: u32,
}

/// An entry of the routing table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RouteEntry {
    pub(crate) destination: IpAddr,
    /// The length of the destination's prefix.
    pub(crate) prefix: u32,
    /// The next hop; `None` where the destination is on the link.
    pub(crate) gateway: Option<IpAddr>,
    /// The index of the interface.
    pub(crate) index: u32,
    pub(crate) metric: u32,
}

/// An entry of the neighbour table: ARP and its like for IPv6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NeighbourEntry {
    pub(crate) address: IpAddr,
    /// The link-layer address; `None` where nobody answered.
    pub(crate) link: Option<String>,
    /// The index of the interface.
    pub(crate) index: u32,
    pub(crate) permanent: bool,
}

/// A name in the resolver's cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResolverEntry {
    pub(crate) name: String,
    /// The record type of the DNS: 1 is A, 28 AAAA.
    pub(crate) kind: u16,
}

/// A socket of TCP or UDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SocketEntry {
    /// `tcp`, `tcp6`, `udp` or `udp6`.
    pub(crate) protocol: &'static str,
    pub(crate) local: IpAddr,
    pub(crate) local_port: u16,
    /// The other end; `None` where there is none.
    pub(crate) remote: Option<IpAddr>,
    pub(crate) remote_port: Option<u16>,
    /// The index of the interface whose link an address is on, of link-local ones.
    pub(crate) local_scope: Option<u32>,
    pub(crate) remote_scope: Option<u32>,
    /// The state in TCP's own words: `listen`, `established` …
    pub(crate) state: Option<&'static str>,
    /// When it was created.
    pub(crate) since: Option<Utc>,
    /// The process that created it; 0 where no process holds it any more.
    pub(crate) pid: u32,
}

/// A part of the Linux kernel that answers questions by netlink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NetlinkPart {
    /// Links, addresses and neighbours (`NETLINK_ROUTE`).
    Routing,
    /// Packet filters (`NETLINK_NETFILTER`).
    Netfilter,
}

/// A table of sockets by its protocol, or why it could not be read.
pub(crate) type SocketTableResult = (&'static str, io::Result<Vec<SocketEntry>>);

/// Lists the interfaces with their addresses, gateways and resolvers; Windows only.
pub(crate) fn adapters() -> io::Result<Vec<NetworkAdapter>> {
    system::adapters()
}

/// Lists the addresses of all interfaces.
pub(crate) fn interface_addresses() -> io::Result<Vec<InterfaceAddress>> {
    system::interface_addresses()
}

/// Lists the routes of IPv4 and IPv6; Windows only.
pub(crate) fn routes() -> io::Result<Vec<RouteEntry>> {
    system::routes()
}

/// Lists the neighbours of IPv4 and IPv6; Windows only.
pub(crate) fn neighbours() -> io::Result<Vec<NeighbourEntry>> {
    system::neighbours()
}

/// Lists the names in the cache of Windows' resolver. It answers from memory and asks no server.
pub(crate) fn cached_names() -> io::Result<Vec<ResolverEntry>> {
    system::cached_names()
}

/// Lists the sockets of TCP and UDP, a table for each protocol; none but on Windows.
pub(crate) fn socket_tables() -> Vec<SocketTableResult> {
    system::socket_tables()
}

/// Asks a part of the Linux kernel by netlink, and passes on its answers until `take` returns false.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] where the last does not come in time; the socket may not be opened.
pub(crate) fn ask_kernel(
    part: NetlinkPart,
    question: &[u8],
    limit: Duration,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    system::ask_kernel(part, question, limit, take)
}

/// Asks systemd's resolver, and returns its reply up to the zero that ends it; `None` where no such resolver runs.
///
/// # Errors
/// It does not listen to this user, or does not answer in time.
pub(crate) fn ask_resolver(question: &[u8]) -> io::Result<Option<Vec<u8>>> {
    system::ask_resolver(question)
}

/// Reads a table of the packet filter from before nftables: the facts of the table, then its entries; Linux only.
///
/// # Errors
/// The kernel refuses, or the table is too large.
pub(crate) fn ask_table(six: bool, name: &[u8]) -> io::Result<(Vec<u8>, Vec<u8>)> {
    system::ask_table(six, name)
}
