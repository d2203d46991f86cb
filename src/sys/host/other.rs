//! Every system but Windows, as `sysinfo` reports it.

pub(super) fn host_name() -> Option<String> {
    sysinfo::System::host_name().ok()
}

pub(super) fn kernel_version() -> Option<String> {
    sysinfo::System::kernel_version().ok()
}
