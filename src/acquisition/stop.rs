//! Why a run collects nothing more: the first reason is kept.

use std::sync::atomic::{AtomicU8, Ordering};

/// Why a run collects nothing more.
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

/// How soon a stopped run must be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Haste {
    /// No worker is waited for any more: only delivered items are written.
    Abandon,
    /// Only records are written: the seal must come now.
    Seal,
}

/// A flag that any thread may set once and all threads check, and how soon the run must be sealed.
#[derive(Debug, Default)]
pub struct Stop {
    reason: AtomicU8,
    haste: AtomicU8,
}

impl Stop {
    /// Makes a flag that is not set.
    #[must_use]
    pub const fn new() -> Self {
        Self { reason: AtomicU8::new(0), haste: AtomicU8::new(0) }
    }

    /// Sets the flag; the first reason is kept. Returns whether it was the first.
    pub fn set(&self, reason: StopReason) -> bool {
        let code = match reason {
            StopReason::Interrupted => 1,
            StopReason::TimeLimit => 2,
            StopReason::SizeLimit => 3,
        };
        self.reason.compare_exchange(0, code, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Why to stop, if at all.
    #[must_use]
    pub fn reason(&self) -> Option<StopReason> {
        match self.reason.load(Ordering::Relaxed) {
            1 => Some(StopReason::Interrupted),
            2 => Some(StopReason::TimeLimit),
            3 => Some(StopReason::SizeLimit),
            _ => None,
        }
    }

    /// Makes the run seal sooner than its items end; an earlier request is not withdrawn. Without effect until the
    /// flag is set.
    pub fn hasten(&self, haste: Haste) {
        let code = match haste {
            Haste::Abandon => 1,
            Haste::Seal => 2,
        };
        self.haste.fetch_max(code, Ordering::Relaxed);
    }

    /// How soon the run must be sealed, where it was stopped and its items are not waited for.
    #[must_use]
    pub fn haste(&self) -> Option<Haste> {
        self.reason()?;
        match self.haste.load(Ordering::Relaxed) {
            1 => Some(Haste::Abandon),
            2 => Some(Haste::Seal),
            _ => None,
        }
    }
}
