//! `LiveSockets` of Windows: every socket of TCP and UDP, with the process that made it and when.
//!
//! In: the tables of the IP helper. Out: a row each of [`Row`], in the fields that rows of Linux have for the same. What
//! Windows does not tell is left out: users, bytes that wait, sockets of other protocols.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use crate::evidence::{Exact, Utc};
use crate::live::sockets::Owner;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys::{self, SocketEntry};

/// How long the whole table may take.
const TABLE_LIMIT: Duration = Duration::from_secs(30);

/// A row of `LiveSockets` of Windows, schema `urn:veldkit:live:sockets:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// A socket of the Internet's protocols.
    Internet(Box<Socket>),
    /// The end of the table.
    Summary {
        /// Rows before this one.
        sockets: u64,
        /// Of them, those whose process is not in the list of processes: it ended, or is hidden.
        without_process: u64,
    },
}

/// A socket of the Internet's protocols.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Socket {
    /// `tcp` or `udp`; with `6` at its end for IPv6.
    pub protocol: &'static str,
    /// Own address.
    pub local: IpAddr,
    /// Own port.
    pub local_port: u16,
    /// The other's address; left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<IpAddr>,
    /// The other's port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_port: Option<u16>,
    /// Its state by TCP's names, as rows of other systems have them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Utc>,
    /// Number of the process that made it; 0 where it is held no more.
    pub pid: u32,
    /// That process, by its number in `LiveProcesses`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<Owner>,
}

impl Socket {
    fn new(socket: SocketEntry, processes: Vec<Owner>) -> Self {
        let SocketEntry { protocol, local, local_port, remote, remote_port, state, since, pid } = socket;
        Self { protocol, local, local_port, remote, remote_port, state, since, pid, processes }
    }
}

/// How the rows are made.
pub(crate) fn rows() -> Rows {
    Rows::new("urn:veldkit:live:sockets:1", "iphlpapi", make).within(TABLE_LIMIT)
}

fn make(lines: &mut Lines<'_>) -> Result<(), Halt> {
    let mut all = Vec::new();
    for (name, table) in sys::socket_tables() {
        match table {
            Ok(sockets) => all.extend(sockets),
            Err(error) => lines.short(code_of(&error), format!("asking for the table of {name}: {error}")),
        }
    }
    // Asked for afterwards: a process that has ended since is then without a name, and none has another's.
    let names: BTreeMap<u32, String> = match sys::processes() {
        Ok(all) => all.into_iter().map(|process| (process.pid, process.name)).collect(),
        Err(error) => {
            lines.short(code_of(&error), format!("listing processes: {error}"));
            BTreeMap::new()
        }
    };
    let (mut sockets, mut without_process) = (0_u64, 0_u64);
    for socket in all {
        sockets = sockets.saturating_add(1);
        let pid = socket.pid;
        let name = names.get(&pid).filter(|_| pid != 0);
        if name.is_none() && pid != 0 {
            without_process = without_process.saturating_add(1);
        }
        let processes = name.map(|name| Owner { pid, name: Exact::from(name) }).into_iter().collect();
        lines.row(&Row::Internet(Box::new(Socket::new(socket, processes))))?;
    }
    lines.row(&Row::Summary { sockets, without_process })
}
