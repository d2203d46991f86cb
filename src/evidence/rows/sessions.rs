//! Rows of `LiveSessions`: who is logged on now, and from where.
//!
//! Linux: the sessions of logind and the records of utmp. Windows: sessions at a screen or of a client over the network,
//! and every logon that the Local Security Authority keeps, those of services among them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::logons::{LogonFile, LogonRecord};
use super::{Observable, RowCitation, RowType, hexadecimal};
use crate::evidence::{Exact, Utc};

/// A row of schema `urn:veldkit:live:sessions:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum SessionRow {
    /// A session.
    Session(Box<UserSession>),
    /// A record of utmp (Linux).
    Logon(Box<LogonRecord>),
    /// The end of utmp (Linux).
    File(LogonFile),
    /// A logon of any kind (Windows).
    LogonSession(Box<LogonOfSession>),
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// A session: one that logind keeps (Linux), a screen, or one that a client has over the network (Windows).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UserSession {
    /// Its name (Linux), or its number as processes have it (Windows).
    pub id: SessionId,
    /// Its station: `Console`, `RDP-Tcp#1`; empty where it is cut off (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<String>,
    /// The user; of Windows as `DOMAIN\name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Exact>,
    /// Number of the user (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u32>,
    /// `active`, `online` or `closing` (Linux); `active`, `connected`, `connecting`, `shadowing`, `disconnected`, `idle`,
    /// `listening`, `resetting`, `down` or `starting` (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Exact>,
    /// `tty`, `x11`, `wayland` … (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Exact>,
    /// `user`, `greeter`, `background` … (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Exact>,
    /// The service that opened it: `sshd`, `login` … (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Exact>,
    /// Terminal (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<Exact>,
    /// The name that the client gives itself (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Name or address of the other end (Linux); its address as the client gives it, which behind a router is that of its
    /// own network (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Exact>,
    /// The process that leads it (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Utc>,
    /// When a key or the pointer was last used (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_input: Option<Utc>,
}

/// What identifies a session on its host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum SessionId {
    /// Its number (Windows).
    Number(u32),
    /// Its name (Linux).
    Name(Exact),
}

impl Default for SessionId {
    fn default() -> Self {
        Self::Name(Exact::default())
    }
}

/// A logon (Windows).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogonOfSession {
    /// Its number, as processes have it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hexadecimal")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub logon: Option<u64>,
    /// The user, as `DOMAIN\name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The user's SID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// `interactive`, `network`, `batch`, `service`, `remote_interactive`, `new_credentials` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Cow<'static, str>>,
    /// Number of its session.
    pub session: u32,
    /// The authentication package: `NTLM`, `Kerberos`, `Negotiate` …
    pub package: String,
    /// The server that authenticated it.
    pub server: String,
    /// The user's name in the directory.
    pub principal: String,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Utc>,
}

impl RowType for SessionRow {
    const SCHEMA: &'static str = "urn:veldkit:live:sessions:1";

    fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        match self {
            Self::Session(session) => {
                let UserSession {
                    id: _,
                    station: _,
                    user: _,
                    user_id: _,
                    state: _,
                    kind: _,
                    class: _,
                    service: _,
                    terminal: _,
                    client: _,
                    remote,
                    pid: _,
                    since: _,
                    last_input: _,
                } = &**session;
                let remote = remote.iter().filter_map(|remote| Observable::address(&remote.text()));
                remote.for_each(report);
            }
            Self::Logon(record) => record.observables(report),
            // A logon of Windows has no other end here; the event logs have it.
            Self::LogonSession(logon) => {
                let LogonOfSession {
                    logon: _,
                    user: _,
                    sid: _,
                    kind: _,
                    session: _,
                    package: _,
                    server: _,
                    principal: _,
                    since: _,
                } = &**logon;
            }
            Self::File(LogonFile {
                file: _,
                records: _,
                told: _,
                empty: _,
                no_record_bytes: _,
                other: _,
                unread: _,
            })
            | Self::Unknown => {}
        }
    }

    fn citation(&self) -> RowCitation {
        match self {
            Self::Session(session) => RowCitation {
                pid: session.pid,
                port: None,
                path: session.user.as_ref().map(|user| user.text().into_owned()),
            },
            Self::Logon(record) => record.citation(),
            Self::LogonSession(logon) => RowCitation { path: logon.user.clone(), ..RowCitation::default() },
            Self::File(file) => {
                RowCitation { path: Some(file.file.text().into_owned()), ..RowCitation::default() }
            }
            Self::Unknown => RowCitation::default(),
        }
    }
}
