//! Systems that report nothing of the kind.

use std::io;
use std::io::Write;

/// Standard output as the standard library has it: on Windows it also writes to a console, in its own encoding.
pub(super) struct StandardOutput;

impl Write for StandardOutput {
    #[allow(clippy::disallowed_methods, reason = "the one place where standard output is opened")]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stdout().write(bytes)
    }

    #[allow(clippy::disallowed_methods, reason = "the one place where standard output is opened")]
    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

#[allow(clippy::unnecessary_wraps, reason = "other systems can refuse")]
pub(super) const fn outlive_file_size_limit() -> io::Result<()> {
    Ok(())
}

pub(super) const fn file_size_limit() -> Option<u64> {
    None
}

pub(super) const fn privileged() -> bool {
    false
}

pub(super) const fn effective_capabilities() -> Option<String> {
    None
}

pub(super) const fn integrity() -> Option<String> {
    None
}

pub(super) const fn backup_privilege() -> Option<bool> {
    None
}

pub(super) const fn peak_memory() -> Option<u64> {
    None
}

pub(super) const fn restrict_libraries() {}

pub(super) const fn ui_language() -> Option<String> {
    None
}

pub(super) const fn keep_memory_private() {}

pub(super) const fn keep_out_of_swap(_memory: &std::ops::Range<usize>) {}
