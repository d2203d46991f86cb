//! Windows: a time service that is set to keep no time says so in the registry.

use crate::evidence::Utc;
use crate::sys::registry::registry_value;

pub(super) fn boot_time() -> Option<Utc> {
    let seconds = i64::try_from(sysinfo::System::boot_time().ok()?).ok()?;
    Utc::from_unix(seconds, 0)
}

pub(super) fn clock_synchronised() -> Option<bool> {
    let kind = registry_value("SYSTEM\\CurrentControlSet\\Services\\W32Time\\Parameters", "Type")?.text()?;
    kind.eq_ignore_ascii_case("NoSync").then_some(false)
}
