//! Systems of which only the start is known.

use crate::evidence::Utc;

pub(super) fn boot_time() -> Option<Utc> {
    let seconds = i64::try_from(sysinfo::System::boot_time().ok()?).ok()?;
    Utc::from_unix(seconds, 0)
}

pub(super) const fn clock_synchronised() -> Option<bool> {
    None
}
