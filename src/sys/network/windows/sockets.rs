//! The tables of sockets that the IP helper keeps.

use std::ffi::c_void;
use std::io;

use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, ERROR_SUCCESS};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GetExtendedTcpTable, GetExtendedUdpTable, MIB_TCP6ROW_OWNER_MODULE, MIB_TCPROW_OWNER_MODULE,
    MIB_UDP6ROW_OWNER_MODULE, MIB_UDPROW_OWNER_MODULE, TCP_TABLE_CLASS, TCP_TABLE_OWNER_MODULE_ALL,
    UDP_TABLE_CLASS, UDP_TABLE_OWNER_MODULE,
};
use windows_sys::Win32::Networking::WinSock::{AF_INET, AF_INET6};
use windows_sys::core::BOOL;

use crate::sys::network::SocketTableResult;
use crate::sys::network::socket_table;
use crate::sys::network::socket_table::{TCP, TCP_6, UDP, UDP_6};
use crate::sys::windows::library::system_functions;

system_functions! {
    /// The IP helper's functions for sockets.
    IpHelper in "iphlpapi.dll" {
        tcp: GetExtendedTcpTable(*mut c_void, *mut u32, BOOL, u32, TCP_TABLE_CLASS, u32) -> u32,
        udp: GetExtendedUdpTable(*mut c_void, *mut u32, BOOL, u32, UDP_TABLE_CLASS, u32) -> u32,
    }
}

/// How often a table is asked for that grows from one asking to the next.
const TRIES: usize = 8;

/// Most bytes of one table: 160 a socket.
const MAX_TABLE: u32 = 128 << 20;

/// The structs have the sizes that Windows' own headers give them.
const _: () = assert!(
    size_of::<MIB_TCPROW_OWNER_MODULE>() == TCP.row
        && size_of::<MIB_TCP6ROW_OWNER_MODULE>() == TCP_6.row
        && size_of::<MIB_UDPROW_OWNER_MODULE>() == UDP.row
        && size_of::<MIB_UDP6ROW_OWNER_MODULE>() == UDP_6.row
);

pub(in crate::sys::network) fn socket_tables() -> Vec<SocketTableResult> {
    let (four, six) = (u32::from(AF_INET), u32::from(AF_INET6));
    let of =
        |name, form, family, tcp| (name, table(family, tcp).map(|bytes| socket_table::sockets(form, &bytes)));
    vec![
        of("tcp", TCP, four, true),
        of("tcp6", TCP_6, six, true),
        of("udp", UDP, four, false),
        of("udp6", UDP_6, six, false),
    ]
}

/// A table as bytes.
fn table(family: u32, tcp: bool) -> io::Result<Vec<u8>> {
    let helper = IpHelper::get()?;
    // Aligned as its rows are.
    let mut words: Vec<u64> = vec![0; 8 << 10];
    for _ in 0..TRIES {
        let mut length = u32::try_from(words.len().saturating_mul(8)).unwrap_or(u32::MAX);
        let to = words.as_mut_ptr().cast();
        // SAFETY: the buffer is as long as is said and aligned for the rows, and outlives the call.
        let answer = unsafe {
            if tcp {
                (helper.tcp)(to, &raw mut length, 0, family, TCP_TABLE_OWNER_MODULE_ALL, 0)
            } else {
                (helper.udp)(to, &raw mut length, 0, family, UDP_TABLE_OWNER_MODULE, 0)
            }
        };
        match answer {
            ERROR_SUCCESS => {
                let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
                bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
                return Ok(bytes);
            }
            ERROR_INSUFFICIENT_BUFFER if length <= MAX_TABLE => {
                // Some more than is needed now, since connections come meanwhile.
                let wanted = usize::try_from(length).unwrap_or_default() / 8;
                words.resize(wanted.saturating_add(wanted / 4).saturating_add(64), 0);
            }
            _ => return Err(io::Error::from_raw_os_error(answer.cast_signed())),
        }
    }
    Err(io::Error::other("the table grew each time it was read"))
}
