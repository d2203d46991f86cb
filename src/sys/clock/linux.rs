//! Linux: `/proc/stat`, and the mark that systemd-timesyncd leaves.

use std::path::Path;

use crate::evidence::Utc;

pub(super) fn boot_time() -> Option<Utc> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let seconds = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    Utc::from_unix(seconds.trim().parse().ok()?, 0)
}

pub(super) fn clock_synchronised() -> Option<bool> {
    Some(Path::new("/run/systemd/timesync/synchronized").exists())
        .filter(|_| Path::new("/run/systemd/timesync").exists())
}
