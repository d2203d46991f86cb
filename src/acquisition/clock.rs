//! The only clock: the moment a run began, and the moments since.
//!
//! UTC is read once and advanced by the monotonic clock, so that somebody who sets the host's clock during a run
//! does not disorder the record; the custody log says how far it was set.

use std::time::Duration;

use crate::evidence::Utc;
use crate::sys::Stopwatch;

/// A clock that started with the run.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Utc,
    watch: Stopwatch,
}

impl Clock {
    /// Starts the clock now.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the one place where the clock is read")]
    pub fn start() -> Self {
        Self { start: Utc::new(time::OffsetDateTime::now_utc()), watch: Stopwatch::start() }
    }

    /// The moment the run began.
    #[must_use]
    pub const fn started(&self) -> Utc {
        self.start
    }

    /// How long the run has been going on.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.watch.elapsed()
    }

    /// How far the host's clock was set since the start: what it says now, less what it would say untouched.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the one place where the clock is read")]
    pub fn offset(&self) -> time::Duration {
        let nanoseconds = |at: time::OffsetDateTime| at.unix_timestamp_nanos();
        let set =
            nanoseconds(time::OffsetDateTime::now_utc()).saturating_sub(nanoseconds(self.now().date_time()));
        time::Duration::nanoseconds(i64::try_from(set).unwrap_or(i64::MAX))
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Utc {
        let elapsed = time::Duration::try_from(self.elapsed()).unwrap_or(time::Duration::ZERO);
        self.start.date_time().checked_add(elapsed).map_or(self.start, Utc::new)
    }
}
