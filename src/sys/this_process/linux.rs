//! Linux: `/proc/self/status`.

pub(super) use super::unsupported::{backup_privilege, integrity, restrict_libraries, ui_language};

pub(super) fn privileged() -> bool {
    rustix::process::geteuid().is_root()
}

pub(super) fn effective_capabilities() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("CapEff:")).map(|value| value.trim().to_owned())
}

pub(super) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}
