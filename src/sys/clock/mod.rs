//! The clock of this machine: when it was started, whether something keeps it right, and how long things take.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(windows))]
#[cfg_attr(target_os = "linux", allow(dead_code, reason = "compiled everywhere, so that it stays right"))]
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

mod stopwatch;

use crate::evidence::Utc;

pub(crate) use stopwatch::Stopwatch;

/// When the system was started, by its own clock.
pub(crate) fn boot_time() -> Option<Utc> {
    system::boot_time()
}

/// Whether a time service keeps the clock right; `None` where that is not known.
pub(crate) fn clock_synchronised() -> Option<bool> {
    system::clock_synchronised()
}
