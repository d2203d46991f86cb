//! Names in the namespace of Windows' kernel: mutexes, events, sections and other objects, and named pipes.

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
