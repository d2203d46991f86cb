//! The only clock: the time at which a run began, and the time since.
//!
//! UTC is read once and advanced by the monotonic clock, so that setting the host's clock during a run does not
//! disorder the record; the custody log states how far it was set.

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

    /// Returns the start time of the run.
    #[must_use]
    pub const fn started(&self) -> Utc {
        self.start
    }

    /// Returns the duration of the run so far.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.watch.elapsed()
    }

    /// Returns how far the host's clock was set since the start.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the one place where the clock is read")]
    pub fn offset(&self) -> time::Duration {
        let nanoseconds = |at: time::OffsetDateTime| at.unix_timestamp_nanos();
        let set =
            nanoseconds(time::OffsetDateTime::now_utc()).saturating_sub(nanoseconds(self.now().date_time()));
        time::Duration::nanoseconds(i64::try_from(set).unwrap_or(i64::MAX))
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> Utc {
        let elapsed = time::Duration::try_from(self.elapsed()).unwrap_or(time::Duration::ZERO);
        self.start.date_time().checked_add(elapsed).map_or(self.start, Utc::new)
    }
}
