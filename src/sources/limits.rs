//! The playbook's limits on one step, kept where they cost nothing: before an item is opened.

use crate::evidence::{Outcome, ReasonCode, Utc};
use crate::playbook::Limits;

use super::found::{Found, Unread};

/// Files left out by the limits of one step that have a record each. A messy `/tmp` has hundreds of thousands; what comes
/// after these is counted, and one record tells the count.
const NAMED: u64 = 1_000;

/// How much of a step was let through.
pub(crate) struct Meter {
    limits: Limits,
    start: Option<Utc>,
    files: u64,
    bytes: u64,
    /// Files that a limit left out, and their bytes.
    left_out: (u64, u64),
}

impl Meter {
    pub(crate) fn new(limits: Limits, start: Option<Utc>) -> Self {
        Self { limits, start, files: 0, bytes: 0, left_out: (0, 0) }
    }

    /// Lets a file through, or gives the gap that a limit leaves. A file older than the step asks for is neither: it
    /// is not what was asked for.
    pub(crate) fn pass(&mut self, found: Found) -> Option<Result<Found, Box<Unread>>> {
        if !self.recent(&found) {
            return None;
        }
        let size = found.metadata.size.unwrap_or(0);
        // Of a file with holes its data counts.
        let size = found.allocated.map_or(size, |allocated| size.min(allocated));
        if let Some(most) = self.limits.max_file_size
            && size > most
        {
            let detail = format!("{size} bytes, the playbook allows {most}");
            return self.leave_out(found, size, ReasonCode::SizeLimit, detail);
        }
        if let Some(most) = self.limits.max_files
            && self.files >= most
        {
            let detail = format!("the playbook allows {most} files of this artifact");
            return self.leave_out(found, size, ReasonCode::ArtifactLimit, detail);
        }
        if let Some(most) = self.limits.max_bytes
            && self.bytes.saturating_add(size) > most
        {
            let detail = format!("the playbook allows {most} bytes of this artifact");
            return self.leave_out(found, size, ReasonCode::ArtifactLimit, detail);
        }
        self.files = self.files.saturating_add(1);
        self.bytes = self.bytes.saturating_add(size);
        Some(Ok(found))
    }

    fn leave_out(
        &mut self,
        found: Found,
        size: u64,
        code: ReasonCode,
        detail: String,
    ) -> Option<Result<Found, Box<Unread>>> {
        let (files, bytes) = self.left_out;
        self.left_out = (files.saturating_add(1), bytes.saturating_add(size));
        (files < NAMED).then(|| Err(Box::new(Unread::of_found(found, Outcome::Skipped, code, detail))))
    }

    /// What to say of the files that were left out without a record of their own; `None` where there are none.
    pub(crate) fn unnamed(&self) -> Option<String> {
        let (files, bytes) = self.left_out;
        let more = files.checked_sub(NAMED).filter(|more| *more > 0)?;
        Some(format!(
            "{more} more files are left out by the playbook's limits, without a record for each; with the {NAMED} that have \
             one they are {bytes} bytes"
        ))
    }

    fn recent(&self, found: &Found) -> bool {
        let (Some(days), Some(start)) = (self.limits.changed_within_days, self.start) else { return true };
        let newest = [found.metadata.modified, found.metadata.changed, found.metadata.born]
            .into_iter()
            .flatten()
            .max();
        let age = |then: Utc| {
            let seconds =
                start.date_time().unix_timestamp().saturating_sub(then.date_time().unix_timestamp());
            seconds.saturating_div(86_400)
        };
        newest.is_none_or(|newest| age(newest) < i64::from(days))
    }
}
