//! Linux: questions to the kernel and to systemd's resolver. The tables of the network are files in `/proc`.

mod iptables;
mod netlink;
mod resolver;

pub(super) use iptables::ask_table;
pub(super) use netlink::ask_kernel;
pub(super) use resolver::ask_resolver;

pub(super) use super::unsupported::{
    adapters, cached_names, interface_addresses, neighbours, routes, socket_tables,
};
