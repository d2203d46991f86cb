//! Why a run takes nothing more: the first reason stays.

use std::sync::atomic::{AtomicU8, Ordering};

/// Why a run takes nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum StopReason {
    /// Ctrl-C, SIGTERM or a closed console.
    Interrupted,
    /// The operator's time limit.
    TimeLimit,
    /// The operator's limit on the size of the bundle.
    SizeLimit,
}

/// A flag that anybody may set once and everybody looks at.
#[derive(Debug, Default)]
pub struct Stop(AtomicU8);

impl Stop {
    /// Makes a flag that is not set.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU8::new(0))
    }

    /// Sets the flag; the first reason stays. Safe to call in a signal handler. Returns whether it was the first.
    pub fn set(&self, reason: StopReason) -> bool {
        let code = match reason {
            StopReason::Interrupted => 1,
            StopReason::TimeLimit => 2,
            StopReason::SizeLimit => 3,
        };
        self.0.compare_exchange(0, code, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Why to stop, if at all.
    #[must_use]
    pub fn reason(&self) -> Option<StopReason> {
        match self.0.load(Ordering::Relaxed) {
            1 => Some(StopReason::Interrupted),
            2 => Some(StopReason::TimeLimit),
            3 => Some(StopReason::SizeLimit),
            _ => None,
        }
    }
}
