//! Reading past the operating system: a file's bytes from the volume that it is on, by the volume's own structures.

use std::io::{self, Read as _};

use super::{CheckResult, MOST, PLAIN, Trying};
use crate::formats::disk::{Mounted as _, Seeker};
use crate::sources::host::privileges;
use crate::text::Sentence;
use crate::text::selftest_reasons as text;

/// Whether the volume that everything was made on can be read by its own structures.
pub(super) fn is_possible(trying: &Trying) -> Result<bool, CheckResult> {
    let place = trying.target.place_of(trying.found(PLAIN)?);
    Ok(privileges().privileged && place.is_some_and(|place| place.tree.raw().is_there()))
}

/// Why it cannot, where [`is_possible`] says so.
pub(super) fn refusal() -> Sentence {
    if privileges().privileged { text::no_ntfs() } else { text::volume_needs_rights() }
}

/// Reads a file that the self-test made, by its number and from the volume that holds it.
pub(super) fn read(trying: &Trying, name: &str) -> io::Result<Vec<u8>> {
    let Ok(found) = trying.found(name) else { return Err(io::ErrorKind::NotFound.into()) };
    let place = trying.target.place_of(found).ok_or(io::ErrorKind::NotFound)?;
    let volume = place.tree.raw().open()?;
    let reading = volume.open(found.metadata.inode.unwrap_or_default(), None)?;
    let mut content = Vec::new();
    Seeker::new(reading).take(u64::try_from(MOST).unwrap_or(u64::MAX)).read_to_end(&mut content)?;
    Ok(content)
}
