//! Opens an item and reads it piece by piece.
//!
//! In: a job, then the opened item and a buffer. Out: bytes, and at the end an [`Ending`]. A failure of the target is
//! not an error here: it becomes a record of why the item was not read, or the reason why it is cut.

use std::io;

use super::context::RunContext;
use super::job::Job;
use super::left_out::left_out;
use crate::evidence::{Item, Outcome, Reason, ReasonCode};
use crate::sources::rows::gap_reason;
use crate::sources::{Closed, Opened, Unread};
use crate::sys;

/// How reading ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// At the item's end.
    Whole,
    /// Where the rules see no more, on purpose.
    HeadOnly,
    /// Before its end, for this reason.
    Cut(Reason),
}

impl Ending {
    /// Returns an ending before the end where there is a reason.
    pub(super) fn cut(reason: Option<Reason>) -> Self {
        reason.map_or(Self::Whole, Self::Cut)
    }

    /// Returns the reason why an item is incomplete although reading came to its end, or this ending.
    pub(super) fn unless(self, closed: &Closed) -> Self {
        match (self, &closed.shortfall) {
            (Self::Whole | Self::HeadOnly, Some(reason)) => Self::Cut(reason.clone()),
            (ending, _) => ending,
        }
    }
}

/// Opens an item to collect it, or returns the record of why it is not collected.
pub(super) fn open(run: &RunContext<'_>, job: &Job) -> Result<Opened, Box<Item>> {
    within_limits(run, job, run.target.open(&job.found))
}

/// Opens an item to inspect it; files that another program has locked are not opened.
pub(super) fn open_shared(run: &RunContext<'_>, job: &Job) -> Result<Opened, Box<Item>> {
    within_limits(run, job, run.target.open_shared(&job.found))
}

/// Converts a gap, or an item that is larger than the operator allows, to its record.
fn within_limits(
    run: &RunContext<'_>,
    job: &Job,
    opened: Result<Opened, Box<Unread>>,
) -> Result<Opened, Box<Item>> {
    let opened = opened.map_err(|gap| Box::new(job.unread(*gap, run)))?;
    let (Some(limit), Some(size)) = (run.settings.max_file_size, opened.stored_size) else {
        return Ok(opened);
    };
    if size <= limit {
        return Ok(opened);
    }
    let mut item = job.item(run.clock);
    let detail = format!("{size} bytes to read, --max-file-size allows {limit}");
    left_out(&mut item, Outcome::Skipped, ReasonCode::OperatorLimit, detail);
    item.metadata.clone_from(&opened.metadata);
    item.notes.clone_from(&job.found.notes);
    run.judge_place(&mut item);
    Err(Box::new(item))
}

/// Reads until the buffer is full or the item ends. Returns how much came, and how it ended if it did.
pub(super) fn fill(run: &RunContext<'_>, opened: &mut Opened, buffer: &mut [u8]) -> (usize, Option<Ending>) {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..)
        && !rest.is_empty()
    {
        match opened.read(rest) {
            Ok(0) => return (filled, Some(Ending::Whole)),
            Ok(count) => {
                run.progress.read(count);
                filled = filled.saturating_add(count);
            }
            // No bytes for a moment, as while rows are made: time to check for a stop.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                if let Some(reason) = run.cut() {
                    return (filled, Some(Ending::Cut(reason)));
                }
            }
            Err(error) => return (filled, Some(Ending::cut(read_failure(&error)))),
        }
    }
    (filled, None)
}

fn read_failure(error: &io::Error) -> Option<Reason> {
    let code = match error.kind() {
        // A process that ended while its files in /proc were read is not a failure.
        _ if sys::is_gone(error) => ReasonCode::Vanished,
        _ if sys::is_in_use(error) => ReasonCode::InUse,
        _ if sys::is_blocked_by_antivirus(error) => ReasonCode::BlockedByAntivirus,
        io::ErrorKind::TimedOut => ReasonCode::Timeout,
        io::ErrorKind::PermissionDenied => ReasonCode::PermissionDenied,
        _ => ReasonCode::ReadError,
    };
    gap_reason(code, format!("reading: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acquisition::fixture::Fixture;
    use crate::acquisition::stop::StopReason;

    #[test]
    fn an_item_above_the_operators_limit_is_skipped_with_its_size() {
        let mut fixture = Fixture::of(b"0123456789");
        let (job, _) = fixture.job();
        for (limit, skipped) in [(9, true), (10, false)] {
            fixture.max_file_size = Some(limit);
            let opened = open(&fixture.run(), &job);
            assert_eq!(opened.is_err(), skipped);
            if let Err(item) = opened {
                assert_eq!((item.outcome, item.metadata.size), (Outcome::Skipped, Some(10)));
                assert_eq!(item.reason.unwrap().detail, "10 bytes to read, --max-file-size allows 9");
            }
        }
    }

    #[test]
    fn a_buffer_is_filled_and_the_end_of_the_item_ends_the_reading() {
        let fixture = Fixture::of(b"0123456789");
        let (run, (job, _)) = (fixture.run(), fixture.job());
        let mut opened = open(&run, &job).unwrap();
        let mut buffer = [0; 6];
        assert_eq!(fill(&run, &mut opened, &mut buffer), (6, None));
        assert_eq!(&buffer, b"012345");
        assert_eq!(fill(&run, &mut opened, &mut buffer), (4, Some(Ending::Whole)));
        assert_eq!(run.progress.snapshot().bytes_read, 10);
    }

    #[test]
    fn a_stopped_run_cuts_with_the_reason_of_the_stop() {
        for (stop, code) in [
            (StopReason::Interrupted, ReasonCode::Interrupted),
            (StopReason::TimeLimit, ReasonCode::OperatorLimit),
            (StopReason::SizeLimit, ReasonCode::OperatorLimit),
        ] {
            let fixture = Fixture::of(b"");
            assert_eq!(fixture.run().cut(), None);
            fixture.stop.set(stop);
            assert_eq!(fixture.run().cut().map(|reason| reason.code), Some(code));
        }
    }
}
