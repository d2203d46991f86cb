//! Destinations that others can change are refused where the run has all rights.

use std::path::Path;

use super::arguments::Collect;
use crate::cli::{Console, Failure};
use crate::sys;

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
    let (administrators, administrator) =
        if sys::IS_WINDOWS { ("beheerders schrijven", "administrators") } else { ("root schrijft", "root") };
    let hint = |failure: Failure| {
        failure.hint(
            format!("kies met --out een map waarin alleen {administrators}, of geef --allow-shared-destination"),
            format!("choose a directory with --out that {administrator} alone can write to, or give --allow-shared-destination"),
        )
    };
    let shown = folder.display();
    if !sys::keeps_rights(folder).map_err(|error| hint(Failure::new(error)))? {
        console.say(console.lang.pick(
            format!("het volume van '{shown}' kent geen toegangsrechten: wie op deze machine werkt kan de bundel wijzigen, en 'veldkit verify' laat dat zien"),
            format!("the volume of '{shown}' keeps no access rights: who works on this machine can change the bundle, and 'veldkit verify' shows that"),
        ));
        return Ok(());
    }
    let open = sys::changed_by_others(folder).map_err(|error| hint(Failure::new(error)))?;
    let Some(open) = open else { return Ok(()) };
    let text = format!(
        "the bundle does not go to '{shown}': others than {administrator} can replace files in '{}'",
        open.display()
    );
    Err(hint(Failure::usage(text)))
}
