//! What this machine calls itself, and which kernel it runs.

#[cfg(not(windows))]
mod other;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(not(windows))]
use other as system;
#[cfg(windows)]
use windows as system;

/// The name of this machine; on Windows the one that the DNS knows it by, without its domain.
pub(crate) fn host_name() -> Option<String> {
    system::host_name()
}

/// The version of its kernel; of Windows the number of the build.
pub(crate) fn kernel_version() -> Option<String> {
    system::kernel_version()
}
