//! Reads the session files of systemd-logind below `/run/systemd/sessions`: shell assignments.
//!
//! In: the session id and the bytes of its file. Out: its row. Pure; never panics.

use crate::evidence::rows::sessions::{SessionId, UserSession};
use crate::evidence::{Exact, Utc};

/// Reads a session file.
#[must_use]
pub fn session(id: &[u8], text: &[u8]) -> UserSession {
    // Source and type of the session are in each row, empty where logind has none.
    let empty = || Some(Exact::default());
    let mut session = UserSession {
        id: SessionId::Name(Exact::from(id)),
        user: empty(),
        state: empty(),
        kind: empty(),
        class: empty(),
        service: empty(),
        terminal: empty(),
        remote: empty(),
        ..UserSession::default()
    };
    for line in text.split(|byte| *byte == b'\n').take(1_000) {
        let Some(cut) = line.iter().position(|byte| *byte == b'=') else { continue };
        let (key, value) =
            (line.get(..cut).unwrap_or_default(), line.get(cut.saturating_add(1)..).unwrap_or_default());
        let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
        let number = || str::from_utf8(value).ok()?.parse::<u64>().ok();
        let exact = || Exact::from(value);
        match key {
            b"USER" => session.user = Some(exact()),
            b"UID" => session.user_id = number().and_then(|uid| uid.try_into().ok()),
            b"STATE" => session.state = Some(exact()),
            b"TYPE" => session.kind = Some(exact()),
            b"CLASS" => session.class = Some(exact()),
            b"SERVICE" => session.service = Some(exact()),
            b"TTY" => session.terminal = Some(exact()),
            b"REMOTE_HOST" => session.remote = Some(exact()),
            b"LEADER" => session.pid = number().and_then(|pid| pid.try_into().ok()),
            b"REALTIME" => {
                let seconds = number().and_then(|micros| i64::try_from(micros / 1_000_000).ok());
                session.since = seconds.and_then(|seconds| Utc::from_unix(seconds, 0));
            }
            _ => {}
        }
    }
    session
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form that `session_save` of systemd's `logind-session.c` writes.
    #[test]
    fn a_session_of_logind_is_read() {
        let text = b"# This is private data. Do not parse.\nUID=1000\nUSER=anna\nACTIVE=1\nSTATE=active\nREMOTE=1\nTYPE=tty\n\
            CLASS=user\nSCOPE=session-3.scope\nTTY=pts/0\nREMOTE_HOST=10.10.10.200\nSERVICE=sshd\nLEADER=812\n\
            REALTIME=1700000000500000\nMONOTONIC=12\nnonsense\n";
        let read = session(b"3", text);
        assert_eq!((read.user, read.user_id, read.pid), (Some("anna".into()), Some(1000), Some(812)));
        assert_eq!(
            (read.remote, read.service, read.class),
            (Some("10.10.10.200".into()), Some("sshd".into()), Some("user".into()))
        );
        assert_eq!(read.since.unwrap().to_string(), "2023-11-14T22:13:20Z");
        assert_eq!(session(b"c1", b"UID=x\n=\n").user_id, None);
    }
}
