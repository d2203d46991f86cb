//! Windows: the tables of the IP helper, and the cache of its resolver.

mod adapters;
mod resolver;
mod sockets;

pub(super) use adapters::{adapters, interface_addresses, neighbours, routes};
pub(super) use resolver::cached_names;
pub(super) use sockets::socket_tables;

pub(super) use super::unsupported::{ask_kernel, ask_resolver, ask_table};
