//! Destinations that others can change are refused where the run has all rights.

use std::path::Path;

use super::arguments::Collect;
use crate::cli::{Console, Failure};
use crate::sys;
use crate::text::Sentence;
use crate::text::changeable as text;

/// With root's or an administrator's rights, a bundle in a directory that others can change is theirs to move or replace, and so is its
/// receipt. A volume that keeps no access rights, as a stick has, is anybody's: that is reported and not refused, since whoever
/// has the stick in hand can do the same.
pub(super) fn refuse_shared(
    arguments: &Collect,
    folder: &Path,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    if arguments.destination.allow_shared_destination || !sys::privileged() {
        return Ok(());
    }
    let choose = || {
        if sys::IS_WINDOWS { text::choose_another_windows() } else { text::choose_another_linux() }
    };
    if !sys::keeps_rights(folder).map_err(|error| Failure::new(error).hint(choose()))? {
        console.say(&text::destination_without_rights(folder));
        return Ok(());
    }
    let open = sys::changed_by_others(folder).map_err(|error| Failure::new(error).hint(choose()))?;
    let Some(open) = open else { return Ok(()) };
    let shared: Sentence = if sys::IS_WINDOWS {
        text::destination_shared_windows(folder, &open)
    } else {
        text::destination_shared_linux(folder, &open)
    };
    Err(Failure::refused(shared).hint(choose()))
}
