//! `LiveSessions` of Windows: who is logged on now, from where, and every logon that Windows keeps, those of services and
//! over the network among them.
//!
//! In: the lists of Remote Desktop Services and of the Local Security Authority. Out: a row each of [`Row`].

use std::net::IpAddr;

use serde::Serialize;

use crate::evidence::Utc;
use crate::sources::rows::{Rows, code_of};
use crate::sys::{self, LogonSession, TerminalSession};

/// A row of `LiveSessions` of Windows, schema `urn:veldkit:live:sessions:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// A session: a screen, or one that a client has over the network.
    Session(Box<Session>),
    /// A logon, by whatever way.
    LogonSession(Box<Logon>),
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Session {
    /// Its number, as processes have it.
    pub id: u32,
    /// Its station: `Console`, `RDP-Tcp#1`; empty where it is cut off.
    pub station: String,
    /// `active`, `connected`, `connecting`, `shadowing`, `disconnected`, `idle`, `listening`, `resetting`, `down` or `starting`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// The user, as `DOMAIN\name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The name that the client gives itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The client's address, as the client gives it: behind a router that is its own network's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<IpAddr>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Utc>,
    /// When something was typed or pointed at last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_input: Option<Utc>,
}

/// A logon.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Logon {
    /// Its number, as processes have it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "super::hexadecimal")]
    pub logon: Option<u64>,
    /// The user, as `DOMAIN\name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The user's SID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// `interactive`, `network`, `batch`, `service`, `remote_interactive`, `new_credentials` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Number of its session.
    pub session: u32,
    /// What proved who it is: `NTLM`, `Kerberos`, `Negotiate` …
    pub package: String,
    /// The server that it was proved to.
    pub server: String,
    /// The user's name in the directory.
    pub principal: String,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Utc>,
}

impl From<TerminalSession> for Session {
    fn from(session: TerminalSession) -> Self {
        Self {
            id: session.id,
            state: state_name(session.state),
            user: user(&session.domain, &session.user),
            station: session.station,
            client: session.client,
            remote: session.remote,
            since: session.since,
            last_input: session.last_input,
        }
    }
}

impl From<LogonSession> for Logon {
    fn from(session: LogonSession) -> Self {
        Self {
            logon: Some(session.id),
            user: user(&session.domain, &session.user),
            sid: session.sid,
            kind: kind_name(session.kind),
            session: session.session,
            package: session.package,
            server: session.server,
            principal: session.principal,
            since: session.since,
        }
    }
}

/// How the rows are made.
pub(crate) fn rows() -> Rows {
    Rows::new("urn:veldkit:live:sessions:1", "wtsapi", |lines| {
        match sys::sessions() {
            Ok(sessions) => {
                sessions
                    .into_iter()
                    .try_for_each(|session| lines.row(&Row::Session(Box::new(session.into()))))?;
            }
            Err(error) => lines.short(code_of(&error), format!("listing sessions: {error}")),
        }
        match sys::logons() {
            Ok(logons) => {
                logons
                    .into_iter()
                    .try_for_each(|logon| lines.row(&Row::LogonSession(Box::new(logon.into()))))?;
            }
            Err(error) => lines.short(code_of(&error), format!("listing logons: {error}")),
        }
        Ok(())
    })
}

/// The name of a state of a session (`WTS_CONNECTSTATE_CLASS`).
#[must_use]
pub fn state_name(state: i32) -> Option<&'static str> {
    let names = [
        "active",
        "connected",
        "connecting",
        "shadowing",
        "disconnected",
        "idle",
        "listening",
        "resetting",
        "down",
        "starting",
    ];
    names.get(usize::try_from(state).ok()?).copied()
}

/// The name of a kind of logon (`SECURITY_LOGON_TYPE`).
#[must_use]
pub const fn kind_name(kind: u32) -> Option<&'static str> {
    Some(match kind {
        0 => "system",
        2 => "interactive",
        3 => "network",
        4 => "batch",
        5 => "service",
        7 => "unlock",
        8 => "network_cleartext",
        9 => "new_credentials",
        10 => "remote_interactive",
        11 => "cached_interactive",
        12 => "cached_remote_interactive",
        13 => "cached_unlock",
        _ => return None,
    })
}

/// `DOMAIN\name`; none where there is no name.
#[must_use]
pub fn user(domain: &str, name: &str) -> Option<String> {
    match (domain, name) {
        (_, "") => None,
        ("", name) => Some(name.to_owned()),
        (domain, name) => Some(format!("{domain}\\{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_kinds_and_users_have_their_names() {
        assert_eq!(
            (state_name(0), state_name(4), state_name(-1)),
            (Some("active"), Some("disconnected"), None)
        );
        assert_eq!(
            (kind_name(3), kind_name(10), kind_name(6)),
            (Some("network"), Some("remote_interactive"), None)
        );
        assert_eq!(user("D", "a").as_deref(), Some("D\\a"));
        assert_eq!((user("", "a").as_deref(), user("D", "")), (Some("a"), None));
    }
}
