//! Systems that keep no such lists: their accounts and logons are in files.

use std::io;

use super::{LocalAccount, LocalGroup, LogonSession, TerminalSession};

pub(super) fn local_accounts() -> io::Result<Vec<LocalAccount>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn local_groups() -> io::Result<Vec<LocalGroup>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn sessions() -> io::Result<Vec<TerminalSession>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn logons() -> io::Result<Vec<LogonSession>> {
    Err(io::ErrorKind::Unsupported.into())
}
