//! What this stage itself leaves out, or keeps less than all of, in an item's record.
//!
//! In: the record, what becomes of the item, and why. Out: the record with its outcome and reason, which the summary counts
//! and the exit code follows. All such places go through here, so that `cargo xtask gaps` finds them.

use crate::evidence::{Item, Outcome, Reason, ReasonCode};

/// Records that an item is not collected, or not all of it: lower case, no full stop.
#[cfg_attr(feature = "drop-gaps", track_caller)]
pub(super) fn left_out(item: &mut Item, outcome: Outcome, code: ReasonCode, detail: impl Into<String>) {
    // A gap that is lost on purpose is one that makes nothing partial.
    let lost = (Outcome::Missing, Reason::new(ReasonCode::NotFound, ""));
    let kept = (outcome, Reason::new(code, detail));
    let (outcome, reason) = if crate::sys::gap_is_lost() { lost } else { kept };
    (item.outcome, item.reason) = (outcome, Some(reason));
}
