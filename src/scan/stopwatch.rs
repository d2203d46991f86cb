//! How long rules take: the only clock of scanning. It measures spans and decides about limits; no time in a record
//! comes from it.

use std::time::{Duration, Instant};

/// A span that began when it was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    #[allow(
        clippy::disallowed_methods,
        reason = "limits on time need the time; nothing recorded depends on it"
    )]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "limits on time need the time; nothing recorded depends on it"
    )]
    pub(super) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
