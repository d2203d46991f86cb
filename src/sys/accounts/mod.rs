//! Accounts, groups, sessions and logons as the running system lists them. Only Windows has such lists.

#[cfg_attr(windows, allow(dead_code, reason = "compiled everywhere, so that it stays right"))]
mod unsupported;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(not(windows))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

use std::io;
use std::net::IpAddr;

use crate::evidence::Utc;

/// An account of this machine (`USER_INFO_3`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own that Windows keeps")]
pub(crate) struct LocalAccount {
    pub(crate) name: String,
    /// The last part of its SID.
    pub(crate) id: u32,
    pub(crate) full_name: String,
    pub(crate) comment: String,
    pub(crate) disabled: bool,
    /// Locked for too many wrong passwords.
    pub(crate) locked: bool,
    pub(crate) password_not_required: bool,
    pub(crate) password_never_expires: bool,
    /// Seconds since the password was set.
    pub(crate) password_age: u32,
    /// The last logon on this machine.
    pub(crate) last_logon: Option<Utc>,
    /// The number of logons.
    pub(crate) logons: u32,
    /// Wrong passwords since the last right one.
    pub(crate) wrong_passwords: u32,
    /// A script that runs at each logon.
    pub(crate) script: String,
    pub(crate) home: String,
}

/// A group of this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LocalGroup {
    pub(crate) name: String,
    pub(crate) comment: String,
    /// The SIDs of its members; empty where they cannot be listed.
    pub(crate) members: Vec<String>,
}

/// A session of Remote Desktop Services: the console, or a client over the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TerminalSession {
    pub(crate) id: u32,
    /// Its station: `Console`, `RDP-Tcp#1`; empty where it is disconnected.
    pub(crate) station: String,
    /// `WTS_CONNECTSTATE_CLASS`.
    pub(crate) state: i32,
    pub(crate) domain: String,
    /// Empty where nobody is logged on.
    pub(crate) user: String,
    /// The name that the client gives itself.
    pub(crate) client: Option<String>,
    /// The client's address, as the client reports it.
    pub(crate) remote: Option<IpAddr>,
    pub(crate) since: Option<Utc>,
    /// The last input from keyboard or mouse.
    pub(crate) last_input: Option<Utc>,
}

/// A logon that the Local Security Authority keeps (`SECURITY_LOGON_SESSION_DATA`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LogonSession {
    /// Its LUID.
    pub(crate) id: u64,
    pub(crate) domain: String,
    pub(crate) user: String,
    pub(crate) sid: Option<String>,
    /// `SECURITY_LOGON_TYPE`.
    pub(crate) kind: u32,
    /// The session that it belongs to.
    pub(crate) session: u32,
    /// The authentication package: `NTLM`, `Kerberos`, `Negotiate` …
    pub(crate) package: String,
    /// The server that authenticated the user.
    pub(crate) server: String,
    /// The user principal name.
    pub(crate) principal: String,
    pub(crate) since: Option<Utc>,
}

/// Lists the accounts of this machine, those of a directory not.
pub(crate) fn local_accounts() -> io::Result<Vec<LocalAccount>> {
    system::local_accounts()
}

/// Lists the groups of this machine. Members are SIDs, which no other machine has to be asked for.
pub(crate) fn local_groups() -> io::Result<Vec<LocalGroup>> {
    system::local_groups()
}

/// Lists the sessions of Remote Desktop Services.
pub(crate) fn sessions() -> io::Result<Vec<TerminalSession>> {
    system::sessions()
}

/// Lists the logons that this process may ask about.
pub(crate) fn logons() -> io::Result<Vec<LogonSession>> {
    system::logons()
}
