//! Windows: a time service that is set to keep no time says so in the registry.

use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::SystemInformation::{GetSystemTimeAsFileTime, GetTickCount64};

use crate::evidence::Utc;
use crate::sys::layouts;
use crate::sys::registry::registry_value;
use crate::sys::windows::ticks;

pub(super) fn boot_time() -> Option<Utc> {
    let mut now = FILETIME::default();
    // SAFETY: `now` is of the call's type.
    unsafe { GetSystemTimeAsFileTime(&raw mut now) };
    // SAFETY: it takes nothing and gives a number.
    let running = unsafe { GetTickCount64() };
    let start = ticks(now).checked_sub(running.checked_mul(10_000)?)?;
    // The clock is adjusted all the time, so nothing below a second is sure.
    layouts::filetime(start.saturating_sub(start % 10_000_000))
}

pub(super) fn clock_synchronised() -> Option<bool> {
    let kind = registry_value("SYSTEM\\CurrentControlSet\\Services\\W32Time\\Parameters", "Type")?.text()?;
    kind.eq_ignore_ascii_case("NoSync").then_some(false)
}
