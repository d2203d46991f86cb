//! How the format's own JSON is spelled: entries for people to read too, and lines.

use super::Error;

/// A whole entry: indented, with a line break at its end. `what` is what an error calls it.
pub(super) fn json(what: &'static str, value: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|source| Error::Json { what, source })?;
    text.push(b'\n');
    Ok(text)
}

/// One line.
pub(super) fn json_line(what: &'static str, value: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    let mut text = serde_json::to_vec(value).map_err(|source| Error::Json { what, source })?;
    text.push(b'\n');
    Ok(text)
}
