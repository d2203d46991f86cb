//! Systems that report nothing of the kind.

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
