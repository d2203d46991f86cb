//! Rows of `LiveSockets`: every socket that the kernel reports, with its processes.
//!
//! A socket without a process has a row as well: the kernel keeps closed connections for a while, and the sockets of
//! a hidden process seem to have no process. Windows reports TCP and UDP sockets only.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Observable, RowCitation, RowType};
use crate::evidence::{Exact, Utc};

/// A row of schema `urn:veldkit:live:sockets:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum SocketRow {
    /// An Internet socket.
    Internet(Box<InternetSocket>),
    /// A socket between processes of this host (Linux).
    Unix(UnixSocket),
    /// A socket that receives network frames, as in a sniffer or a DHCP client (Linux).
    Packet(PacketSocket),
    /// The end of the table.
    Summary {
        /// Number of rows before this one.
        sockets: u64,
        /// Number of them with an inode, but without a listed process (Linux), or whose process is not in the process
        /// list (Windows).
        without_process: u64,
        /// Number of network namespaces that were read (Linux).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name_spaces: Option<u64>,
    },
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// An Internet socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InternetSocket {
    /// `tcp`, `udp`, `udplite`, `icmp` or `raw`; with `6` at its end for IPv6.
    pub protocol: Cow<'static, str>,
    /// Local address.
    pub local: IpAddr,
    /// Local port; the protocol number for a raw socket.
    pub local_port: u16,
    /// Remote address; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<IpAddr>,
    /// Remote port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_port: Option<u16>,
    /// Interface number of a link-local address: the `3` of `fe80::1%3` (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_scope: Option<u32>,
    /// The same for the remote address (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_scope: Option<u32>,
    /// TCP state; absent for another state of the kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Cow<'static, str>>,
    /// Bytes in the send queue (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending: Option<u32>,
    /// Bytes in the receive queue (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiving: Option<u32>,
    /// User id of the creator (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u32>,
    /// Name of that user in the target's own accounts (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Creation time (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Utc>,
    /// Process id of the creator; 0 where no process has it open (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// The processes that have it open.
    #[serde(flatten)]
    pub held: SocketHolders,
}

/// A socket between processes of this host (Linux).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnixSocket {
    /// Socket type.
    pub kind: UnixSocketKind,
    /// Whether it listens for connections.
    pub listens: bool,
    /// Whether it is connected.
    pub connected: bool,
    /// Path; one that begins with `@` is abstract, outside the file system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Exact>,
    /// The processes that have it open.
    #[serde(flatten)]
    pub held: SocketHolders,
}

/// The type of a Unix socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum UnixSocketKind {
    /// `SOCK_STREAM`.
    Stream,
    /// `SOCK_DGRAM`.
    Datagram,
    /// `SOCK_SEQPACKET`.
    Packets,
    /// Another kind.
    #[serde(other)]
    Other,
}

/// A socket that receives network frames (Linux).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PacketSocket {
    /// Type of the frames (`ETH_P_*`): 3 is all of them.
    pub frames: u16,
    /// Number of its interface; 0 for all.
    pub interface: u32,
    /// Whether it is active.
    pub running: bool,
    /// User id of the creator.
    pub user_id: u32,
    /// The processes that have it open.
    #[serde(flatten)]
    pub held: SocketHolders,
}

/// The processes that have a socket open.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SocketHolders {
    /// Inode; 0 where no process has it open (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inode: Option<u64>,
    /// Number of its network namespace, where the kernel reports it (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_space: Option<u64>,
    /// The processes, as in `LiveProcesses`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<SocketOwner>,
}

/// A process that has a socket open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SocketOwner {
    /// Number of the process.
    pub pid: u32,
    /// Name of the process.
    pub name: Exact,
}

impl RowType for SocketRow {
    const SCHEMA: &'static str = "urn:veldkit:live:sockets:1";

    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        match self {
            // Local addresses are the host's, and the address of a listening socket is unspecific.
            Self::Internet(socket) => {
                let InternetSocket {
                    protocol: _,
                    local: _,
                    local_port: _,
                    remote,
                    remote_port: _,
                    local_scope: _,
                    remote_scope: _,
                    state: _,
                    sending: _,
                    receiving: _,
                    user_id: _,
                    user: _,
                    since: _,
                    pid: _,
                    held,
                } = &**socket;
                if let Some(remote) = remote {
                    report(Observable::Address(*remote));
                }
                holders(held);
            }
            Self::Unix(UnixSocket { kind: _, listens: _, connected: _, path: _, held }) => holders(held),
            Self::Packet(PacketSocket { frames: _, interface: _, running: _, user_id: _, held }) => {
                holders(held);
            }
            Self::Summary { sockets: _, without_process: _, name_spaces: _ } | Self::Unknown => {}
        }
    }

    fn citation(&self) -> RowCitation {
        let owner = |held: &SocketHolders| held.processes.first().map(|owner| owner.pid);
        match self {
            Self::Internet(socket) => RowCitation {
                pid: owner(&socket.held).or(socket.pid),
                port: Some(socket.local_port),
                path: None,
            },
            Self::Unix(UnixSocket { held, path, .. }) => RowCitation {
                pid: owner(held),
                port: None,
                path: path.as_ref().map(|path| path.text().into_owned()),
            },
            Self::Packet(PacketSocket { held, .. }) => {
                RowCitation { pid: owner(held), ..RowCitation::default() }
            }
            Self::Summary { .. } | Self::Unknown => RowCitation::default(),
        }
    }
}

/// Only process ids and short names are here; `LiveProcesses` has the programs.
fn holders(held: &SocketHolders) {
    let SocketHolders { inode: _, name_space: _, processes } = held;
    for SocketOwner { pid: _, name: _ } in processes {}
}
