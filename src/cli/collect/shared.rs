//! Destinations that others can change are refused where the run has all rights.

use std::path::Path;

use super::arguments::Collect;
use crate::cli::{Console, Failure};
use crate::sys;
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
    let (who, choose) = if sys::IS_WINDOWS {
        (text::administrators(), text::choose_another_windows())
    } else {
        (text::root(), text::choose_another_linux())
    };
    let failed = |error| Failure::new(error).hint(choose.clone());
    if !sys::keeps_rights(folder).map_err(failed)? {
        console.say(&text::destination_without_rights(folder));
        return Ok(());
    }
    let Some(open) = sys::changed_by_others(folder).map_err(failed)? else { return Ok(()) };
    Err(Failure::refused(text::destination_shared(&who, folder, &open)).hint(choose))
}
