//! `LiveSessions` of Windows: who is logged on now, from where, and every logon that Windows keeps, those of services and
//! over the network among them.
//!
//! In: the lists of Remote Desktop Services and of the Local Security Authority. Out: [`SessionRow`]s.

use crate::evidence::Exact;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::sessions::{LogonOfSession, SessionId, SessionRow, UserSession};
use crate::sources::rows::{Rows, code_of};
use crate::sys;
use crate::sys::{LogonSession, TerminalSession};

impl From<TerminalSession> for UserSession {
    fn from(session: TerminalSession) -> Self {
        Self {
            id: SessionId::Number(session.id),
            station: Some(session.station),
            user: user(&session.domain, &session.user).map(Exact::from),
            state: state_name(session.state).map(Exact::from),
            client: session.client,
            remote: session.remote.map(|address| Exact::from(address.to_string())),
            since: session.since,
            last_input: session.last_input,
            ..Self::default()
        }
    }
}

impl From<LogonSession> for LogonOfSession {
    fn from(session: LogonSession) -> Self {
        Self {
            logon: Some(session.id),
            user: user(&session.domain, &session.user),
            sid: session.sid,
            kind: kind_name(session.kind).map(Into::into),
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
    Rows::new(SessionRow::SCHEMA, "wtsapi", |lines| {
        match sys::sessions() {
            Ok(sessions) => {
                sessions
                    .into_iter()
                    .try_for_each(|session| lines.row(&SessionRow::Session(Box::new(session.into()))))?;
            }
            Err(error) => lines.short(code_of(&error), format!("listing sessions: {error}")),
        }
        match sys::logons() {
            Ok(logons) => {
                logons
                    .into_iter()
                    .try_for_each(|logon| lines.row(&SessionRow::LogonSession(Box::new(logon.into()))))?;
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
