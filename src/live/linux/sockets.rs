//! `LiveSockets`: every socket that the kernel reports, with the processes that hold it.
//!
//! In: `/proc/net` of each network name space that a process lives in, and the open handles of all processes.
//! Out: one [`SocketRow`] per socket.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::linux_host::LinuxHost;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::sockets::{
    InternetSocket, PacketSocket, SocketHolders, SocketOwner, SocketRow, UnixSocket, UnixSocketKind,
};
use crate::formats::{procfs, procnet};
use crate::live::Exact;
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys::is_nothing;

/// How long the whole table may take.
const TABLE_LIMIT: Duration = Duration::from_secs(30);

/// Most bytes of one table of the kernel: 150 bytes a socket.
const MAX_TABLE: usize = 128 << 20;

/// Most open handles that are looked at, of all processes together. A process may have a million.
const MAX_HANDLES: usize = 1 << 21;

/// Most name spaces of the network: one for each container.
const MAX_NAME_SPACES: usize = 256;

/// Most processes named beside one socket: a server's workers share theirs.
const MAX_OWNERS: usize = 64;

/// The tables of the Internet's protocols.
const INTERNET: [&str; 10] =
    ["tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "icmp", "icmp6", "raw", "raw6"];

/// How the rows are made.
pub(crate) fn rows(reach: LinuxHost) -> Result<Rows, &'static str> {
    if !reach.is_live() && reach.names("proc/net").is_err() && reach.link("proc/self").is_err() {
        return Err("a tree of files has no sockets, unless it holds a copy of /proc");
    }
    let rows = Rows::new(SocketRow::SCHEMA, "procfs", move |lines| make(&reach, lines));
    Ok(rows.within(TABLE_LIMIT))
}

fn make(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<(), Halt> {
    // Handles first: a connection that ends between the two is then one without a table's row, and no other way round.
    let mut holders = Holders::of(reach, lines)?;
    let (mut sockets, mut without) = (0_u64, 0_u64);
    let spaces = std::mem::take(&mut holders.name_spaces);
    let mut seen = BTreeSet::new();
    for (name_space, folder) in &spaces {
        for protocol in INTERNET {
            for socket in procnet::internet(&table(reach, folder, protocol, lines)) {
                let held = holders.held(socket.inode, *name_space);
                count(&held, &mut sockets, &mut without);
                lines.row(&internet(reach, protocol, &socket, held))?;
            }
        }
        for socket in procnet::packet(&table(reach, folder, "packet", lines)) {
            let held = holders.held(socket.inode, *name_space);
            count(&held, &mut sockets, &mut without);
            let procnet::Packet { protocol, interface, running, user, .. } = socket;
            let packet = PacketSocket { frames: protocol, interface, running, user_id: user, held };
            lines.row(&SocketRow::Packet(packet))?;
        }
        for socket in procnet::unix(&table(reach, folder, "unix", lines)) {
            // Two name spaces may share what stands in a file system.
            if !seen.insert(socket.inode) {
                continue;
            }
            let held = holders.held(socket.inode, *name_space);
            count(&held, &mut sockets, &mut without);
            lines.row(&unix(socket, held))?;
        }
    }
    let name_spaces = u64::try_from(spaces.len()).unwrap_or(u64::MAX);
    lines.row(&SocketRow::Summary { sockets, without_process: without, name_spaces: Some(name_spaces) })
}

fn count(held: &SocketHolders, sockets: &mut u64, without: &mut u64) {
    *sockets = sockets.saturating_add(1);
    if held.inode.is_some_and(|inode| inode != 0) && held.processes.is_empty() {
        *without = without.saturating_add(1);
    }
}

fn internet(
    reach: &LinuxHost,
    protocol: &'static str,
    socket: &procnet::Internet,
    held: SocketHolders,
) -> SocketRow {
    let other = !(socket.remote.is_unspecified() && socket.remote_port == 0);
    SocketRow::Internet(Box::new(InternetSocket {
        protocol: protocol.into(),
        local: socket.local,
        local_port: socket.local_port,
        remote: other.then_some(socket.remote),
        remote_port: other.then_some(socket.remote_port),
        local_scope: None,
        remote_scope: None,
        state: procnet::state_name(socket.state).map(Into::into),
        sending: Some(socket.sending),
        receiving: Some(socket.receiving),
        user_id: Some(socket.user),
        user: reach.user(socket.user),
        since: None,
        pid: None,
        held,
    }))
}

fn unix(socket: procnet::Unix, held: SocketHolders) -> SocketRow {
    let kind = match socket.kind {
        1 => UnixSocketKind::Stream,
        2 => UnixSocketKind::Datagram,
        5 => UnixSocketKind::Packets,
        _ => UnixSocketKind::Other,
    };
    let (listens, connected) = (socket.listens, socket.state == 3);
    SocketRow::Unix(UnixSocket { kind, listens, connected, path: socket.path.map(Exact), held })
}

/// A table of the kernel; empty where it has none of that protocol.
fn table(reach: &LinuxHost, folder: &str, name: &str, lines: &mut Lines<'_>) -> Vec<u8> {
    match reach.read(&format!("{folder}/{name}"), MAX_TABLE) {
        Ok(table) => table,
        Err(error) => {
            // A process whose name space it was may have ended, a protocol need not be there.
            if !is_nothing(&error) {
                lines.short(code_of(&error), format!("reading '/{folder}/{name}': {error}"));
            }
            Vec::new()
        }
    }
}

/// Which process holds which socket, and where the tables of each name space stand.
struct Holders {
    by_inode: BTreeMap<u64, Vec<u32>>,
    names: BTreeMap<u32, Exact>,
    /// Number, where it is known, and folder of its tables.
    name_spaces: Vec<(Option<u64>, String)>,
}

impl Holders {
    fn of(reach: &LinuxHost, lines: &mut Lines<'_>) -> Result<Self, Halt> {
        let own = reach.link("proc/self").ok().and_then(|target| procfs::number(&target));
        let own_folder = own.map_or_else(|| "proc/net".to_owned(), |pid| format!("proc/{pid}/net"));
        let own_space = own.and_then(|pid| name_space(reach, pid));
        let mut holders = Self {
            by_inode: BTreeMap::new(),
            names: BTreeMap::new(),
            name_spaces: vec![(own_space, own_folder)],
        };
        let pids = reach.pids().map_err(|error| Halt::of_error("listing '/proc'", &error))?;
        let mut left = MAX_HANDLES;
        for pid in pids {
            if let Some(space) = name_space(reach, pid) {
                holders.name_space(space, pid, lines);
            }
            let folder = format!("proc/{pid}/fd");
            let targets = match reach.links(&folder, left) {
                Ok(targets) => targets,
                Err(error) => {
                    if !is_nothing(&error) {
                        lines.short(code_of(&error), format!("listing '/{folder}': {error}"));
                    }
                    continue;
                }
            };
            left = left.saturating_sub(targets.len());
            holders.process(reach, pid, &targets);
        }
        if left == 0 {
            let detail = format!("no more than {MAX_HANDLES} open handles were inspected");
            lines.short(crate::evidence::ReasonCode::ArtifactLimit, detail);
        }
        Ok(holders)
    }

    fn name_space(&mut self, space: u64, pid: u32, lines: &mut Lines<'_>) {
        if self.name_spaces.iter().any(|(known, _)| *known == Some(space)) {
            return;
        }
        if self.name_spaces.len() >= MAX_NAME_SPACES {
            let detail = format!("no more than {MAX_NAME_SPACES} network namespaces were inspected");
            return lines.short(crate::evidence::ReasonCode::ArtifactLimit, detail);
        }
        self.name_spaces.push((Some(space), format!("proc/{pid}/net")));
    }

    fn process(&mut self, reach: &LinuxHost, pid: u32, targets: &[(Vec<u8>, Vec<u8>)]) {
        let mut holds = false;
        for inode in targets.iter().filter_map(|(_, target)| procnet::socket(target)) {
            let pids = self.by_inode.entry(inode).or_default();
            if pids.len() < MAX_OWNERS && pids.last() != Some(&pid) {
                pids.push(pid);
            }
            holds = true;
        }
        if holds {
            let name = reach.read(&format!("proc/{pid}/comm"), 256).unwrap_or_default();
            let name = name.strip_suffix(b"\n").unwrap_or(&name);
            self.names.insert(pid, Exact::from(name));
        }
    }

    fn held(&self, inode: u64, name_space: Option<u64>) -> SocketHolders {
        let pids = self.by_inode.get(&inode).filter(|_| inode != 0);
        let owner = |pid: &u32| {
            let name = self.names.get(pid).cloned().unwrap_or_default();
            SocketOwner { pid: *pid, name }
        };
        let processes = pids.into_iter().flatten().map(owner).collect();
        SocketHolders { inode: Some(inode), name_space, processes }
    }
}

fn name_space(reach: &LinuxHost, pid: u32) -> Option<u64> {
    procfs::name_space(&reach.link(&format!("proc/{pid}/ns/net")).ok()?)
}
