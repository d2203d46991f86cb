//! Questions to the kernel by netlink: what it tells in no table of `/proc`.
//!
//! The socket leads to the kernel of this machine and nowhere else; the C library opens one of the kind for addresses as well.

use std::io;
use std::time::Duration;

use rustix::io::{Errno, retry_on_intr};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recvfrom, sendto, socket_with,
};

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(2);

/// Most bytes of an answer: the kernel itself makes none above 32 KiB.
const LARGEST: usize = 64 << 10;

/// Most answers to one question: some hundred thousand neighbours.
const MOST: usize = 512;

/// Asks the routing of this machine, and hands on its answers until `take` says that the last was there.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] where no answer comes; where such a socket may not be opened.
pub(in crate::sources) fn ask_routing(
    question: &[u8],
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(LIMIT))?;
    sendto(&socket, question, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut buffer = vec![0; LARGEST];
    for _ in 0..MOST {
        let received = retry_on_intr(|| recvfrom(&socket, buffer.as_mut_slice(), RecvFlags::TRUNC));
        let (_, length, sender) = match received {
            Err(Errno::AGAIN) => return Err(io::ErrorKind::TimedOut.into()),
            received => received?,
        };
        // Another process with the right to may write to the socket as well; the kernel's number is 0.
        let sender = sender.and_then(|sender| SocketAddrNetlink::try_from(sender).ok());
        if sender.is_none_or(|sender| sender.pid() != 0) {
            continue;
        }
        let answer = buffer.get(..length).ok_or_else(|| io::Error::other("the kernel's answer was cut"))?;
        if !take(answer) {
            return Ok(());
        }
    }
    Err(io::Error::other("the kernel's answers find no end"))
}
