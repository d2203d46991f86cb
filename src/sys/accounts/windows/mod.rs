//! Windows: accounts and groups by the Net API, sessions by Remote Desktop Services, logons by the Local Security Authority.

mod local;
mod sessions;

pub(super) use local::{local_accounts, local_groups};
pub(super) use sessions::{logons, sessions};
