//! The services and drivers that the service control manager of Windows knows.

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
