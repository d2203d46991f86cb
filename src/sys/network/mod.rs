//! The network of this machine: interfaces, routes, neighbours, sockets, names that its resolver remembers, and questions to
//! the kernel. Nothing is sent to another machine.

use std::net::IpAddr;

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
