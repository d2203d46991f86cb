//! `LiveSockets` of Windows: every socket of TCP and UDP, with the process that made it and when.
//!
//! In: the tables of the IP helper. Out: one [`SocketRow`] per socket. Windows does not report users, bytes that wait and
//! sockets of other protocols.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::evidence::Exact;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::sockets::{InternetSocket, SocketHolders, SocketOwner, SocketRow};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys;
use crate::sys::SocketEntry;

/// How long the whole table may take.
const TABLE_LIMIT: Duration = Duration::from_secs(30);

/// How the rows are made.
pub(crate) fn rows() -> Rows {
    Rows::new(SocketRow::SCHEMA, "iphlpapi", make).within(TABLE_LIMIT)
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
        let processes = name.map(|name| SocketOwner { pid, name: Exact::from(name) }).into_iter().collect();
        lines.row(&SocketRow::Internet(Box::new(row(socket, processes))))?;
    }
    lines.row(&SocketRow::Summary { sockets, without_process, name_spaces: None })
}

fn row(socket: SocketEntry, processes: Vec<SocketOwner>) -> InternetSocket {
    let SocketEntry { protocol, local, local_port, remote, remote_port, local_scope, .. } = socket;
    let SocketEntry { remote_scope, state, since, pid, .. } = socket;
    InternetSocket {
        protocol: protocol.into(),
        local,
        local_port,
        remote,
        remote_port,
        local_scope,
        remote_scope,
        state: state.map(Into::into),
        sending: None,
        receiving: None,
        user_id: None,
        user: None,
        since,
        pid: Some(pid),
        held: SocketHolders { processes, ..SocketHolders::default() },
    }
}
