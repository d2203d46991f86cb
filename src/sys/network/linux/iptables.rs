//! What the kernel tells of a table of the packet filter from before nftables: by an option of a socket, to root alone.
//!
//! The socket is made for the question; it is bound to nothing and sends nothing.

use std::ffi::{c_int, c_void};
use std::io;

use rustix::fd::{AsRawFd as _, OwnedFd};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use crate::evidence::bytes::u32_at;

/// `IPT_SO_GET_INFO`, `IPT_SO_GET_ENTRIES`, which are `IP6T_…` as well; and the levels of both (`SOL_IP`, `SOL_IPV6`).
const TOLD: c_int = 64;
const ENTRIES: c_int = 65;
const LEVELS: [c_int; 2] = [0, 41];

/// Bytes of a table's name, of the facts of a table (`struct ipt_getinfo` of `linux/netfilter_ipv4/ip_tables.h`), and of the head of
/// its entries (`struct ipt_get_entries`).
const NAME: usize = 32;
const INFO: usize = 84;
const HEAD: usize = 40;

/// Most bytes of the entries of one table.
const LARGEST: usize = 32 << 20;

pub(in crate::sys::network) fn ask_table(six: bool, name: &[u8]) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let family = if six { AddressFamily::INET6 } else { AddressFamily::INET };
    let socket = socket_with(family, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    let mut info = named(name, INFO)?;
    ask(&socket, six, TOLD, &mut info)?;
    let size = u32_at(&info, INFO.saturating_sub(4)).and_then(|size| usize::try_from(size).ok());
    let size =
        size.filter(|size| *size <= LARGEST).ok_or_else(|| io::Error::other("the table is too large"))?;
    let mut entries = named(name, HEAD.saturating_add(size))?;
    let length = u32::try_from(size).unwrap_or_default().to_le_bytes();
    entries.splice(NAME..NAME + 4, length);
    // A table that was changed meanwhile has another length, and the kernel says so.
    ask(&socket, six, ENTRIES, &mut entries)?;
    Ok((info, entries.split_off(HEAD)))
}

/// Bytes that begin with a name.
fn named(name: &[u8], length: usize) -> io::Result<Vec<u8>> {
    if name.len() >= NAME {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = name.to_vec();
    bytes.resize(length, 0);
    Ok(bytes)
}

#[allow(unsafe_code, reason = "no library has these options")]
fn ask(socket: &OwnedFd, six: bool, option: c_int, bytes: &mut [u8]) -> io::Result<()> {
    // SAFETY: as the C library declares it.
    unsafe extern "C" {
        fn getsockopt(
            socket: c_int,
            level: c_int,
            option: c_int,
            value: *mut c_void,
            length: *mut u32,
        ) -> c_int;
    }
    let [four, of_six] = LEVELS;
    let mut length = u32::try_from(bytes.len()).unwrap_or_default();
    // SAFETY: the socket is open; the buffer is as long as is said, and the call writes no further.
    let done = unsafe {
        getsockopt(
            socket.as_raw_fd(),
            if six { of_six } else { four },
            option,
            bytes.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
