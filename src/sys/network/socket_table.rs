//! The tables of sockets that `GetExtendedTcpTable` and `GetExtendedUdpTable` fill, with the process and the moment of
//! each: `MIB_TCPTABLE_OWNER_MODULE` and its like. A number of rows, then the rows, aligned to eight bytes.
//! <https://learn.microsoft.com/windows/win32/api/tcpmib/ns-tcpmib-mib_tcprow_owner_module>,
//! <https://learn.microsoft.com/windows/win32/api/udpmib/ns-udpmib-mib_udprow_owner_module>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::SocketEntry;
use crate::evidence::bytes::{filetime, u32_at, u64_at};

/// Most rows taken of one table.
const MAX_ROWS: usize = 1 << 20;

/// Where the rows begin.
const ROWS: usize = 8;

/// A kind of table, and where in its rows things stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SocketTable {
    protocol: &'static str,
    six: bool,
    /// Bytes of a row.
    pub(crate) row: usize,
    local: usize,
    local_port: usize,
    /// The other's address and port, and the state.
    other: Option<(usize, usize, usize)>,
    /// The scopes of both addresses of IPv6.
    scope: Option<usize>,
    other_scope: Option<usize>,
    pid: usize,
    since: usize,
}

/// `MIB_TCPROW_OWNER_MODULE`.
pub(crate) const TCP: SocketTable = SocketTable {
    protocol: "tcp",
    six: false,
    row: 160,
    local: 4,
    local_port: 8,
    other: Some((12, 16, 0)),
    scope: None,
    other_scope: None,
    pid: 20,
    since: 24,
};

/// `MIB_TCP6ROW_OWNER_MODULE`.
pub(crate) const TCP_6: SocketTable = SocketTable {
    protocol: "tcp6",
    six: true,
    row: 192,
    local: 0,
    local_port: 20,
    other: Some((24, 44, 48)),
    scope: Some(16),
    other_scope: Some(40),
    pid: 52,
    since: 56,
};

/// `MIB_UDPROW_OWNER_MODULE`.
pub(crate) const UDP: SocketTable = SocketTable {
    protocol: "udp",
    six: false,
    row: 160,
    local: 0,
    local_port: 4,
    other: None,
    scope: None,
    other_scope: None,
    pid: 8,
    since: 16,
};

/// `MIB_UDP6ROW_OWNER_MODULE`.
pub(crate) const UDP_6: SocketTable = SocketTable {
    protocol: "udp6",
    six: true,
    row: 176,
    local: 0,
    local_port: 20,
    other: None,
    scope: Some(16),
    other_scope: None,
    pid: 24,
    since: 32,
};

/// The sockets of a table.
pub(crate) fn sockets(table: SocketTable, bytes: &[u8]) -> Vec<SocketEntry> {
    let count = u32_at(bytes, 0).and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    let rows = bytes.get(ROWS..).unwrap_or_default().chunks_exact(table.row);
    rows.take(count.min(MAX_ROWS)).filter_map(|row| socket(table, row)).collect()
}

fn socket(table: SocketTable, row: &[u8]) -> Option<SocketEntry> {
    let state = table.other.and_then(|(.., state)| u32_at(row, state));
    // Of one that listens, the other's end says nothing.
    let other = table.other.filter(|_| state != Some(LISTENS));
    let other = other.and_then(|(address, port, _)| {
        let (address, port) = (address_at(table, row, address)?, port_at(row, port)?);
        (!address.is_unspecified() || port != 0).then_some((address, port))
    });
    let local = address_at(table, row, table.local)?;
    let scope = |address: IpAddr, at: Option<usize>| {
        at.and_then(|at| u32_at(row, at)).filter(|scope| *scope != 0 && is_link_local(address))
    };
    Some(SocketEntry {
        protocol: table.protocol,
        local,
        local_scope: scope(local, table.scope),
        local_port: port_at(row, table.local_port)?,
        remote: other.map(|(address, _)| address),
        remote_scope: other.and_then(|(address, _)| scope(address, table.other_scope)),
        remote_port: other.map(|(_, port)| port),
        state: state.and_then(state_name),
        since: u64_at(row, table.since).and_then(filetime),
        pid: u32_at(row, table.pid)?,
    })
}

/// Whether an address means something on one link only, so that it takes the number of an interface to say which
/// machine it is.
const fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(six) => six.is_unicast_link_local(),
    }
}

fn address_at(table: SocketTable, row: &[u8], at: usize) -> Option<IpAddr> {
    let bytes = row.get(at..)?;
    Some(if table.six {
        Ipv6Addr::from(*bytes.first_chunk::<16>()?).into()
    } else {
        Ipv4Addr::from(*bytes.first_chunk::<4>()?).into()
    })
}

/// A port, in the order of the network, in the first half of its four bytes.
fn port_at(row: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*row.get(at..)?.first_chunk()?))
}

/// `MIB_TCP_STATE_LISTEN`.
const LISTENS: u32 = 2;

/// A state of `MIB_TCP_STATE` by the names that rows of other systems have for it.
const fn state_name(state: u32) -> Option<&'static str> {
    Some(match state {
        1 | 12 => "close",
        LISTENS => "listen",
        3 => "syn_sent",
        4 => "syn_received",
        5 => "established",
        6 => "fin_wait_1",
        7 => "fin_wait_2",
        8 => "close_wait",
        9 => "closing",
        10 => "last_ack",
        11 => "time_wait",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of one row, given as what stands at which offset of it.
    fn table(of: SocketTable, parts: &[(usize, &[u8])]) -> Vec<u8> {
        let mut row = vec![0; of.row];
        for (at, bytes) in parts {
            row[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        [&1_u32.to_le_bytes(), &[0; 4][..], &row].concat()
    }

    #[test]
    fn connections_and_listeners_are_told_with_process_and_moment() {
        let since = 133_500_000_000_000_000_u64.to_le_bytes();
        let bytes = table(
            TCP,
            &[
                (0, &[5, 0, 0, 0]),
                (4, &[10, 0, 0, 5]),
                (8, &[0xc3, 0x50, 0, 0]),
                (12, &[203, 0, 113, 9]),
                (16, &[1, 0xbb, 0, 0]),
                (20, &[0x10, 0x27, 0, 0]),
                (24, &since),
            ],
        );
        let all = sockets(TCP, &bytes);
        assert_eq!(all.len(), 1);
        let one = &all[0];
        assert_eq!((one.protocol, one.state, one.pid), ("tcp", Some("established"), 10_000));
        assert_eq!((one.local.to_string(), one.local_port), ("10.0.0.5".to_owned(), 50_000));
        assert_eq!((one.remote, one.remote_port), (Some("203.0.113.9".parse().unwrap()), Some(443)));
        assert_eq!(one.since.unwrap().to_string().get(..4), Some("2024"));

        let six = table(
            TCP_6,
            &[(15, &[1]), (20, &[0, 80]), (24, &[9; 16]), (44, &[9, 9]), (48, &[2]), (52, &[4])],
        );
        let one = sockets(TCP_6, &six).remove(0);
        assert_eq!((one.protocol, one.local.to_string(), one.local_port), ("tcp6", "::1".to_owned(), 80));
        assert_eq!((one.state, one.remote, one.remote_port, one.since), (Some("listen"), None, None, None));
    }

    #[test]
    fn datagram_sockets_have_one_end() {
        let four = table(UDP, &[(4, &[0, 53]), (8, &[7])]);
        let one = sockets(UDP, &four).remove(0);
        assert_eq!((one.protocol, one.local_port, one.pid, one.state), ("udp", 53, 7, None));
        let six = table(UDP_6, &[(0, &[0xfe, 0x80]), (20, &[0x14, 0xe9]), (24, &[8])]);
        let one = sockets(UDP_6, &six).remove(0);
        assert_eq!((one.local.to_string(), one.local_port, one.pid), ("fe80::".to_owned(), 5353, 8));
    }

    #[test]
    fn an_address_of_one_link_keeps_the_number_of_its_interface() {
        let link: &[u8] = &[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
        let parts: &[(usize, &[u8])] =
            &[(0, link), (16, &[3]), (24, link), (40, &[4]), (44, &[1]), (48, &[5])];
        let one = sockets(TCP_6, &table(TCP_6, parts)).remove(0);
        assert_eq!((one.local_scope, one.remote_scope), (Some(3), Some(4)));
        let one = sockets(UDP_6, &table(UDP_6, &[(0, link), (16, &[3])])).remove(0);
        assert_eq!((one.local_scope, one.remote_scope), (Some(3), None));
        // Elsewhere the number says nothing.
        let one = sockets(UDP_6, &table(UDP_6, &[(0, &[0x20, 1]), (16, &[3])])).remove(0);
        assert_eq!(one.local_scope, None);
        let one = sockets(TCP, &table(TCP, &[(4, &[10, 0, 0, 5]), (0, &[5]), (16, &[1])])).remove(0);
        assert_eq!((one.local_scope, one.remote_scope), (None, None));
    }

    #[test]
    fn a_table_that_promises_more_than_it_holds_gives_what_is_there() {
        let mut bytes = table(TCP, &[(0, &[2])]);
        bytes[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(sockets(TCP, &bytes).len(), 1);
        for cut in 0..bytes.len() {
            assert_eq!(sockets(TCP, &bytes[..cut]).len(), 0, "{cut}");
        }
    }
}
