//! The question to systemd's resolver, by the socket that it has for this.
//!
//! It leads to a program of this machine, which answers out of its memory; nothing goes to the network.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::sys::Stopwatch;

/// Where it listens, to root alone.
const SOCKET: &str = "/run/systemd/resolve/io.systemd.Resolve.Monitor";

/// How long the answer may take.
const LIMIT: Duration = Duration::from_secs(3);

/// Most bytes of it: some ten thousand names.
const LARGEST: usize = 8 << 20;

#[allow(
    clippy::disallowed_methods,
    reason = "it alone knows which names it remembers, and sends nothing for the answer"
)]
pub(in crate::sys::network) fn ask_resolver(question: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut socket = match UnixStream::connect(SOCKET) {
        Ok(socket) => socket,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let watch = Stopwatch::start();
    socket.set_write_timeout(Some(LIMIT))?;
    socket.write_all(question)?;
    let (mut reply, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    while reply.last() != Some(&0) {
        let left = LIMIT.saturating_sub(watch.elapsed());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if reply.len() > LARGEST {
            return Err(io::Error::other("its answer has no end"));
        }
        socket.set_read_timeout(Some(left))?;
        match socket.read(&mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => reply.extend(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // How the system says that the time is over.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(io::ErrorKind::TimedOut.into());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Some(reply))
}
