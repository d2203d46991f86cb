//! What only Linux has, as every other system answers when asked for it.

use std::io;
use std::time::Duration;

use super::NetlinkPart;

/// Questions to the kernel by netlink.
pub(crate) fn ask_kernel(
    _part: NetlinkPart,
    _question: &[u8],
    _limit: Duration,
    _take: &mut dyn FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Questions to systemd's resolver.
#[allow(clippy::unnecessary_wraps, reason = "Linux may fail to ask")]
pub(crate) fn ask_resolver(_question: &[u8]) -> io::Result<Option<Vec<u8>>> {
    Ok(None)
}

/// Tables of the packet filter from before nftables.
pub(crate) fn ask_table(_six: bool, _name: &[u8]) -> io::Result<(Vec<u8>, Vec<u8>)> {
    Err(io::ErrorKind::Unsupported.into())
}
