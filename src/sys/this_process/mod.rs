//! What this process may do, what it uses.

#[cfg(target_os = "linux")]
#[allow(
    unsafe_code,
    reason = "it is asked before the standard library hides it; each place says why it is right"
)]
mod closed_output;
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "the kernel is asked to lock memory; the call says why it is right")]
mod linux;
#[cfg_attr(
    any(target_os = "linux", windows),
    allow(dead_code, reason = "compiled everywhere, so that it stays right")
)]
mod unsupported;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(any(target_os = "linux", windows)))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

/// Standard output, line by line. Other than that of the standard library it reports every error, also that it is not open for
/// writing.
pub(crate) fn standard_output() -> impl std::io::Write + Send {
    std::io::LineWriter::new(system::StandardOutput)
}

/// Whether standard output is a terminal.
#[allow(clippy::disallowed_methods, reason = "it is asked, and nothing is written to it")]
pub(crate) fn standard_output_is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stdout())
}

/// Has a write past the limit on the size of files (`ulimit -f`) fail, where the system would end this process.
///
/// # Errors
/// The system refuses the handler.
pub(crate) fn outlive_file_size_limit() -> std::io::Result<()> {
    system::outlive_file_size_limit()
}

/// The limit on the size of a file that this process writes (`ulimit -f`), in bytes; `None` where there is none.
pub(crate) fn file_size_limit() -> Option<u64> {
    system::file_size_limit()
}

/// Whether this process may read everything: root, or an administrator's full rights.
pub(crate) fn privileged() -> bool {
    system::privileged()
}

/// The effective capabilities as the Linux kernel writes them.
pub(crate) fn effective_capabilities() -> Option<String> {
    system::effective_capabilities()
}

/// The name of the integrity level on Windows.
pub(crate) fn integrity() -> Option<String> {
    system::integrity()
}

/// Whether the right to make backups is held; `None` where there is no such right. The first call enables it. With it, files
/// are read whose permissions would refuse them.
pub(crate) fn backup_privilege() -> Option<bool> {
    system::backup_privilege()
}

/// The most memory that this process has had in RAM so far, in bytes.
pub(crate) fn peak_memory() -> Option<u64> {
    system::peak_memory()
}

/// Has Windows look for libraries in System32 alone, whatever is planted next to this program; elsewhere it does nothing, since
/// the program is static. The first thing that the program does.
pub(crate) fn restrict_libraries() {
    system::restrict_libraries();
}

/// The language of the user's system where it is not in the environment, as the beginning of a locale's name: `nl` or `en`.
pub(crate) fn ui_language() -> Option<String> {
    system::ui_language()
}

/// Keeps the memory of this process, which holds keys and evidence in plain text, out of core dumps and crash reports, and on
/// Linux from other programs of the same user. Best effort: what a system refuses stays as it is.
pub(crate) fn keep_memory_private() {
    system::keep_memory_private();
}

/// Keeps a range of this process's memory, from one address to another, out of swap and hibernation files as far as the system
/// does. Best effort: an unprivileged process may lock a few MiB.
pub(crate) fn keep_out_of_swap(memory: &std::ops::Range<usize>) {
    system::keep_out_of_swap(memory);
}
