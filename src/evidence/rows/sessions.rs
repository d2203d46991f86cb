//! Rows of `LiveSessions`: who is logged on now, and from where.
//!
//! Linux: the sessions of logind and the records of utmp. Windows: console and remote sessions, and every logon
//! session of the Local Security Authority, including those of services.

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

/// A session of logind (Linux), or a console or remote session (Windows).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UserSession {
    /// Session id of logind (Linux), or session number as in processes (Windows).
    pub id: SessionId,
    /// Station: `Console`, `RDP-Tcp#1`; empty where it is disconnected (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<String>,
    /// User name; on Windows as `DOMAIN
    /// ame`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Exact>,
    /// User id (Linux).
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
    /// Host name that the client sends (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Remote host name or address (Linux); address that the client sends, which behind a router is that of its local
    /// network (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Exact>,
    /// Process id of the session leader (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Start time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Utc>,
    /// Time of the last keyboard or mouse input (Windows).
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

/// A logon session (Windows).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogonOfSession {
    /// Logon id, as in processes.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hexadecimal")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub logon: Option<u64>,
    /// User, as `DOMAIN
    /// ame`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The user's SID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// `interactive`, `network`, `batch`, `service`, `remote_interactive`, `new_credentials` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Cow<'static, str>>,
    /// Session number.
    pub session: u32,
    /// The authentication package: `NTLM`, `Kerberos`, `Negotiate` …
    pub package: String,
    /// The server that authenticated it.
    pub server: String,
    /// User principal name.
    pub principal: String,
    /// Start time.
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
            // A Windows logon session has no remote address; the event logs have it.
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
