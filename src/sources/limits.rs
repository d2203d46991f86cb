//! The playbook's limits on one step, kept where they cost nothing: before an item is opened.

use crate::evidence::{Outcome, ReasonCode, Utc};
use crate::playbook::Limits;

use super::item::{Found, Gap};

/// How much of a step was let through.
pub(super) struct Meter {
    limits: Limits,
    start: Option<Utc>,
    files: u64,
    bytes: u64,
}

impl Meter {
    pub(super) fn new(limits: Limits, start: Option<Utc>) -> Self {
        Self { limits, start, files: 0, bytes: 0 }
    }

    /// Lets a file through, or gives the gap that a limit leaves. A file older than the step asks for is neither: it
    /// is not what was asked for.
    pub(super) fn pass(&mut self, found: Found) -> Option<Result<Found, Box<Gap>>> {
        if !self.recent(&found) {
            return None;
        }
        let size = found.metadata.size.unwrap_or(0);
        // Of a file with holes its data counts.
        let size = found.allocated.map_or(size, |allocated| size.min(allocated));
        let skip =
            |found, code, detail| Some(Err(Box::new(Gap::of_found(found, Outcome::Skipped, code, detail))));
        if let Some(most) = self.limits.max_file_size
            && size > most
        {
            return skip(found, ReasonCode::SizeLimit, format!("{size} bytes, the playbook allows {most}"));
        }
        if let Some(most) = self.limits.max_files
            && self.files >= most
        {
            return skip(
                found,
                ReasonCode::ArtifactLimit,
                format!("the playbook allows {most} files of this artifact"),
            );
        }
        if let Some(most) = self.limits.max_bytes
            && self.bytes.saturating_add(size) > most
        {
            return skip(
                found,
                ReasonCode::ArtifactLimit,
                format!("the playbook allows {most} bytes of this artifact"),
            );
        }
        self.files = self.files.saturating_add(1);
        self.bytes = self.bytes.saturating_add(size);
        Some(Ok(found))
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
