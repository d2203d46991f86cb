//! What this process may do, what it uses, and how it is asked to end.

#[cfg(target_os = "linux")]
mod linux;
#[cfg_attr(
    any(target_os = "linux", windows),
    allow(dead_code, reason = "compiled everywhere, so that it stays right")
)]
mod unsupported;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(any(target_os = "linux", windows)))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

/// Whether this process may read everything: root, or an administrator's full rights.
pub(crate) fn privileged() -> bool {
    system::privileged()
}

/// The effective capabilities as the Linux kernel writes them.
pub(crate) fn effective_capabilities() -> Option<String> {
    system::effective_capabilities()
}

/// The name of the integrity level on Windows.
pub(crate) fn integrity() -> Option<String> {
    system::integrity()
}

/// Whether the right to make backups is held; `None` where there is no such right. The first call enables it. With it, files
/// are read whose permissions would refuse them.
pub(crate) fn backup_privilege() -> Option<bool> {
    system::backup_privilege()
}

/// The most memory that this process has had in RAM so far, in bytes.
pub(crate) fn peak_memory() -> Option<u64> {
    system::peak_memory()
}

/// The language of the user's system where it is not in the environment, as the beginning of a locale's name: `nl` or `en`.
pub(crate) fn ui_language() -> Option<String> {
    system::ui_language()
}

/// Calls `act` when Windows closes the console, logs the user off or shuts down; elsewhere a signal comes instead. Windows ends
/// the process when `act` returns, or after some seconds (5 for a closed console), in which the run is sealed.
pub(crate) fn on_close(act: Box<dyn Fn() + Send + Sync>) {
    system::on_close(act);
}
