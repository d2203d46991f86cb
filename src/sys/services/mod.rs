//! The services and drivers that the service control manager of Windows knows.

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

/// A service or driver and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceState {
    pub(crate) name: String,
    pub(crate) display_name: String,
    /// `running`, `stopped`, `paused`, or `starting`, `stopping`, `pausing`, `continuing`.
    pub(crate) state: Option<&'static str>,
    /// Its process; `None` where it does not run.
    pub(crate) pid: Option<u32>,
}

/// Lists the services and drivers with what each does now.
pub(crate) fn services() -> io::Result<Vec<ServiceState>> {
    system::services()
}
