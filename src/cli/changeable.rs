//! Files and directories that steer a run and that others can change: refused where the run has all rights.
//!
//! In: a path that the operator named, or a kit. Out: nothing, a line for a volume that keeps no owners, or a refusal. Without elevated
//! rights whoever can change the file can do no more by it than the user himself.

use std::path::Path;

use super::{Console, Failure};
use crate::evidence::Printable;
use crate::sys;
use crate::sys::OtherWriters;

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
    let name = path.display().to_string();
    let name = Printable(&name);
    let others = match sys::other_writers_at(path) {
        Ok(None | Some(OtherWriters::Group)) => return Ok(()),
        Ok(Some(OtherWriters::Unowned)) => {
            console.say(console.lang.pick(
                format!("elke gebruiker kan '{name}' wijzigen, want het volume kent geen eigenaars"),
                format!("every user can change '{name}', since its volume keeps no owners"),
            ));
            return Ok(());
        }
        Ok(Some(OtherWriters::Everybody)) => "every user",
        Ok(Some(OtherWriters::Others)) => "others than the administrators",
        Err(error) => return Err(Failure::usage(format!("cannot read who may change '{name}': {error}"))),
    };
    let text =
        format!("'{name}' is not used: {others} can change or replace it, and this run has all rights");
    Err(Failure::usage(text).hint(
        "zet het in een map waarin alleen beheerders (root) schrijven, of neem anderen het schrijfrecht af",
        "put it into a directory that administrators (root) alone can write to, or take the right to write from others",
    ))
}
