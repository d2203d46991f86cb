//! Rows of `LiveSockets`: every socket that the kernel reports, with the processes that hold it.
//!
//! A socket without a process has a row as well: the kernel keeps ended connections for a while, and a process that is
//! hidden has sockets that nobody seems to hold. Windows reports sockets of TCP and UDP only.

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
    /// A socket of the Internet's protocols.
    Internet(Box<InternetSocket>),
    /// A socket between processes of this host (Linux).
    Unix(UnixSocket),
    /// A socket that sees frames of the network: a sniffer has one, and so has a client of DHCP (Linux).
    Packet(PacketSocket),
    /// The end of the table.
    Summary {
        /// Rows before this one.
        sockets: u64,
        /// Of them, those that have an inode and are held by no process that is listed (Linux), or whose process is not
        /// in the list of processes (Windows).
        without_process: u64,
        /// Network name spaces that were read (Linux).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name_spaces: Option<u64>,
    },
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// A socket of the Internet's protocols.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InternetSocket {
    /// `tcp`, `udp`, `udplite`, `icmp` or `raw`; with `6` at its end for IPv6.
    pub protocol: Cow<'static, str>,
    /// Own address.
    pub local: IpAddr,
    /// Own port; of a raw socket the number of its protocol.
    pub local_port: u16,
    /// The other end's address; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<IpAddr>,
    /// The other end's port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_port: Option<u16>,
    /// Number of the interface on whose link the own address is, where that is link-local: the `3` of `fe80::1%3`
    /// (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_scope: Option<u32>,
    /// The same of the other end's address (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_scope: Option<u32>,
    /// Its state by TCP's names; left out where the kernel has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Cow<'static, str>>,
    /// Bytes that wait to be sent (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending: Option<u32>,
    /// Bytes that wait to be read (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiving: Option<u32>,
    /// Number of the user who made it (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u32>,
    /// That user's name in the target's own accounts (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// When it was made (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Utc>,
    /// Number of the process that made it; 0 where no process holds it any more (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Who holds it, and where.
    #[serde(flatten)]
    pub held: SocketHolders,
}

/// A socket between processes of this host (Linux).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnixSocket {
    /// How it carries data.
    pub kind: UnixSocketKind,
    /// Whether it waits for connections.
    pub listens: bool,
    /// Whether it is connected.
    pub connected: bool,
    /// Its name; one that begins with `@` is in no file system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Exact>,
    /// Who holds it, and where.
    #[serde(flatten)]
    pub held: SocketHolders,
}

/// How a socket between processes carries data.
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

/// A socket that sees frames of the network (Linux).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PacketSocket {
    /// The kind of frames it asks for (`ETH_P_*`): 3 is all of them.
    pub frames: u16,
    /// Number of its interface; 0 for all.
    pub interface: u32,
    /// Whether it is in use.
    pub running: bool,
    /// Number of the user who made it.
    pub user_id: u32,
    /// Who holds it, and where.
    #[serde(flatten)]
    pub held: SocketHolders,
}

/// Who holds a socket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SocketHolders {
    /// Its inode; 0 where no process holds it any more (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inode: Option<u64>,
    /// Number of its network name space, where the kernel reports it (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_space: Option<u64>,
    /// The processes that hold it, by their numbers in `LiveProcesses`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<SocketOwner>,
}

/// A process that holds a socket.
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
            // Own addresses are the host's, and an address that listens is nobody's.
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

/// Processes are numbers and short names here; `LiveProcesses` has what they run.
fn holders(held: &SocketHolders) {
    let SocketHolders { inode: _, name_space: _, processes } = held;
    for SocketOwner { pid: _, name: _ } in processes {}
}
