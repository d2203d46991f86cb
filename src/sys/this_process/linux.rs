//! Linux: `/proc/self/status`, and what becomes of memory after a crash.

use std::io;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{Resource, getrlimit};
use signal_hook::consts::signal::SIGXFSZ;

pub(super) use super::unsupported::{backup_privilege, integrity, restrict_libraries, ui_language};

/// Descriptor 1 itself. The standard library takes one that is not open for writing for one that swallows all.
pub(super) struct StandardOutput;

impl Write for StandardOutput {
    #[allow(clippy::disallowed_methods, reason = "the one place where standard output is opened")]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if super::closed_output::was_closed() {
            return Err(rustix::io::Errno::BADF.into());
        }
        Ok(rustix::io::retry_on_intr(|| rustix::io::write(io::stdout(), bytes))?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A handler, and not the signal ignored: that would be passed on to programs that this one starts.
pub(super) fn outlive_file_size_limit() -> io::Result<()> {
    signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false))).map(drop)
}

pub(super) fn file_size_limit() -> Option<u64> {
    getrlimit(Resource::Fsize).current
}

pub(super) fn privileged() -> bool {
    rustix::process::geteuid().is_root()
}

pub(super) fn effective_capabilities() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("CapEff:")).map(|value| value.trim().to_owned())
}

/// No core dump, whoever handles it: the limit alone does not keep a program of `core_pattern` from getting one. A process
/// that is not dumpable cannot be traced by its own user either. Its files in `/proc` belong to root from then on: `status`,
/// which is read here, is readable by all, `auxv`, `maps` and the like are only read of other processes.
pub(super) fn keep_memory_private() {
    use rustix::process::{DumpableBehavior, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

pub(super) fn keep_out_of_swap(memory: &std::ops::Range<usize>) {
    let start = std::ptr::without_provenance_mut(memory.start);
    // SAFETY: the kernel neither reads nor changes what is locked, and refuses addresses that are not this process's.
    let _ = unsafe { rustix::mm::mlock(start, memory.len()) };
}

pub(super) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_core_is_dumped_and_what_is_read_of_this_process_stays_readable() {
        use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
        keep_memory_private();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
        assert!(peak_memory().is_some() && effective_capabilities().is_some());
        assert!(std::env::current_exe().and_then(std::fs::read).is_ok());
        assert!(std::fs::read("/proc/self/mountinfo").is_ok());
    }
}
