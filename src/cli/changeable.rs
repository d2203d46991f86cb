//! Files and directories that steer a run and that others can change: refused where the run has all rights.
//!
//! In: a path that the operator named, or a kit. Out: nothing, a line for a volume that keeps no owners, or a refusal. Without elevated
//! rights whoever can change the file can do no more by it than the user himself.

use std::path::Path;

use super::{Console, Failure};
use crate::sys;
use crate::sys::OtherWriters;
use crate::text::changeable as text;
use crate::text::phrases::Phrase;

/// With root's or an administrator's rights, refuses a file or directory that steers the run and that others can change: they would
/// decide what is run and what is found. A volume that keeps no owners, as a stick has, is reported and not refused.
///
/// # Errors
/// Exit code 2: others can change it, or its rights cannot be read.
pub(super) fn refuse_if_changeable(path: &Path, console: &mut Console<'_>) -> Result<(), Failure> {
    // What is not there is reported by whoever reads it.
    if !sys::privileged() || !path.exists() {
        return Ok(());
    }
    let refused = match sys::other_writers_at(path) {
        Ok(None | Some(OtherWriters::Group)) => return Ok(()),
        Ok(Some(OtherWriters::Unowned)) => {
            console.say(&text::no_owners(path));
            return Ok(());
        }
        Ok(Some(OtherWriters::Everybody)) => text::by_everybody(path),
        Ok(Some(OtherWriters::Others)) => text::by_others(path),
        Err(error) => return Err(Failure::refused(text::rights_unknown(path, Phrase(&error.to_string())))),
    };
    Err(Failure::refused(refused).hint(text::for_administrators_only()))
}
