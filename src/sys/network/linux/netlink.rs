//! Questions to the kernel by netlink: what it tells in no table of `/proc`.
//!
//! The socket leads to the kernel of this machine and nowhere else; the C library opens one of the kind for addresses as well.

use std::io;
use std::time::Duration;

use rustix::fd::{AsFd as _, BorrowedFd};
use rustix::io::Errno;
use rustix::net::netlink::{NETFILTER, SocketAddrNetlink};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recvfrom, sendto, socket_with,
};

use crate::sys::{NetlinkPart, Stopwatch};

/// Most bytes of an answer: the kernel itself makes none above 32 KiB.
const LARGEST: usize = 64 << 10;

/// Most answers to one question: some hundred thousand entries of a table.
const MOST: usize = 512;

pub(in crate::sys::network) fn ask_kernel(
    part: NetlinkPart,
    question: &[u8],
    limit: Duration,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    let protocol = match part {
        NetlinkPart::Routing => None,
        NetlinkPart::Netfilter => Some(NETFILTER),
    };
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, protocol)?;
    sendto(&socket, question, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    listen(socket.as_fd(), 0, limit, take)
}

/// Hands on what comes from one sender.
fn listen(
    socket: BorrowedFd<'_>,
    from: u32,
    limit: Duration,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    let watch = Stopwatch::start();
    let mut buffer = vec![0; LARGEST];
    let mut answers = 0_usize;
    while answers < MOST {
        let left = limit.saturating_sub(watch.elapsed());
        if left.as_millis() == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        set_socket_timeout(socket, Timeout::Recv, Some(left))?;
        let (_, length, sender) = match recvfrom(socket, buffer.as_mut_slice(), RecvFlags::TRUNC) {
            Err(Errno::AGAIN | Errno::INTR) => continue,
            received => received?,
        };
        // Another process with the right to may write to the socket as well; the kernel's number is 0.
        let sender = sender.and_then(|sender| SocketAddrNetlink::try_from(sender).ok());
        if sender.is_none_or(|sender| sender.pid() != from) {
            continue;
        }
        answers = answers.saturating_add(1);
        let answer = buffer.get(..length).ok_or_else(|| io::Error::other("the kernel's answer was cut"))?;
        if !take(answer) {
            return Ok(());
        }
    }
    Err(io::Error::other("the kernel's answers have no end"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::fd::OwnedFd;
    use rustix::net::{bind, getsockname, netlink};

    use super::*;

    /// A socket for processes among themselves, and its number.
    fn own() -> (OwnedFd, SocketAddrNetlink) {
        let protocol = Some(netlink::USERSOCK);
        let socket =
            socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, protocol).unwrap();
        bind(&socket, &SocketAddrNetlink::new(0, 0)).unwrap();
        let number = SocketAddrNetlink::try_from(getsockname(&socket).unwrap()).unwrap();
        (socket, number)
    }

    /// What is handed on until the second answer of `from`, or the limit.
    fn heard(socket: &OwnedFd, from: u32, limit: Duration) -> (io::Result<()>, Vec<Vec<u8>>) {
        let mut all = Vec::new();
        let end = listen(socket.as_fd(), from, limit, &mut |answer| {
            all.push(answer.to_vec());
            all.len() < 2
        });
        (end, all)
    }

    #[test]
    fn only_its_own_sender_is_heard_and_one_that_was_cut_ends_it() {
        let ((ours, to), (theirs, from), (others, _)) = (own(), own(), own());
        let send = |socket: &OwnedFd, bytes: &[u8]| sendto(socket, bytes, SendFlags::empty(), &to).unwrap();
        for (socket, bytes) in [(&others, &b"no"[..]), (&theirs, b"one"), (&others, b"no"), (&theirs, b"two")]
        {
            send(socket, bytes);
        }
        let minute = Duration::from_mins(1);
        let (end, all) = heard(&ours, from.pid(), minute);
        end.unwrap();
        assert_eq!(all, [b"one", b"two"]);
        send(&theirs, &vec![7; LARGEST + 1]);
        let (end, all) = heard(&ours, from.pid(), minute);
        assert!(end.unwrap_err().to_string().contains("cut") && all.is_empty());
    }

    #[test]
    fn others_that_never_cease_do_not_outlast_the_limit() {
        let ((ours, to), (others, _)) = (own(), own());
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    // A queue that is full drops them.
                    let _ = sendto(&others, b"no", SendFlags::DONTWAIT, &to);
                }
            });
            let (end, all) = heard(&ours, 1, Duration::from_millis(50));
            over.store(true, Ordering::Relaxed);
            assert_eq!((end.unwrap_err().kind(), all.len()), (io::ErrorKind::TimedOut, 0));
        });
    }
}
