//! Writes the JSON of the format: whole entries, indented for people, and single lines.

use super::Error;

/// Writes a whole entry: indented, with a final line break. `what` is its name in errors.
pub(super) fn json(what: &'static str, value: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|source| Error::Json { what, source })?;
    text.push(b'\n');
    Ok(text)
}

/// Writes one line.
pub(super) fn json_line(what: &'static str, value: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    let mut text = serde_json::to_vec(value).map_err(|source| Error::Json { what, source })?;
    text.push(b'\n');
    Ok(text)
}
