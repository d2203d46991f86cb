//! Systems without a service control manager.

use std::io;

use super::ServiceState;

pub(super) fn services() -> io::Result<Vec<ServiceState>> {
    Err(io::ErrorKind::Unsupported.into())
}
