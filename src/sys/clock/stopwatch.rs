//! How long something took, for time limits: by the monotonic clock, which nobody sets.

use std::time::{Duration, Instant};

/// A stopwatch that runs from its creation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[allow(clippy::disallowed_methods, reason = "a time limit is measured; no time reaches the evidence")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// One that was started so long before now.
    #[cfg(test)]
    pub(crate) fn started_before(time: Duration) -> Self {
        Self(Instant::now().checked_sub(time).unwrap())
    }

    #[allow(clippy::disallowed_methods, reason = "a time limit is measured; no time reaches the evidence")]
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
