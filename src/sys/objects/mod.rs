//! Names in the namespace of Windows' kernel: mutexes, events, sections and other objects, and named pipes.
//! Listing them opens none.

#[cfg_attr(windows, allow(dead_code, reason = "compiled everywhere, so that it stays right"))]
mod unsupported;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(not(windows))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

use std::io;

#[cfg(windows)]
pub(super) use windows::each_object;

/// A named object of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KernelObject {
    /// The kernel's own name of its type: `Mutant`, `Section` …
    pub(crate) kind: String,
    pub(crate) name: String,
    /// The object directory: `\BaseNamedObjects` for all sessions, `\Sessions\1\BaseNamedObjects` for one.
    pub(crate) directory: String,
}

/// A named pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedPipe {
    /// Without `\\.\pipe\` in front.
    pub(crate) name: String,
    /// The number of open instances.
    pub(crate) instances: Option<u64>,
}

/// Lists the named objects of all sessions that this process may look into.
pub(crate) fn named_objects() -> io::Result<Vec<KernelObject>> {
    system::named_objects()
}

/// Lists the named pipes of this machine.
pub(crate) fn named_pipes() -> io::Result<Vec<NamedPipe>> {
    system::named_pipes()
}
