//! Windows, by its own functions. `sysinfo` is left out there: it imports pdh, powrprof, iphlpapi and netapi32, none of which is a
//! KnownDLL, and opens processes to read their memory.

use windows_sys::Win32::System::SystemInformation::{ComputerNamePhysicalDnsHostname, GetComputerNameExW};

use crate::sys::registry::registry_value;
use crate::sys::windows::text;

/// Units of the longest name: 63 for the DNS, and the zero.
const MAX_NAME: usize = 256;

pub(super) fn host_name() -> Option<String> {
    let mut name = [0_u16; MAX_NAME];
    let mut length = u32::try_from(name.len()).ok()?;
    // SAFETY: the buffer is as long as is said.
    let done =
        unsafe { GetComputerNameExW(ComputerNamePhysicalDnsHostname, name.as_mut_ptr(), &raw mut length) };
    (done != 0).then(|| text(&name))
}

pub(super) fn kernel_version() -> Option<String> {
    registry_value("SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "CurrentBuildNumber")?.text()
}
