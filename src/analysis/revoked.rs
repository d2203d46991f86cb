//! Keys that no longer prove anything: the CERT's list of signing keys that were lost, copied or withdrawn.
//!
//! In: a text file with one key per line: its id as minisign prints it, the time from which it is revoked
//! (`2026-12-01`, or RFC 3339), and any note. Blank lines and lines that begin with `#` are skipped. Out: the time
//! per key. A malformed line is an error: a list that is read only in part would accept a revoked key.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::evidence::Utc;

/// Largest list in bytes: 1 MiB is about 20,000 keys.
const LIST_LIMIT: u64 = 1 << 20;
/// Hexadecimal digits of a key id.
const ID_DIGITS: usize = 16;

/// Revoked keys, each with the time from which it is revoked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RevokedKeys(BTreeMap<String, Utc>);

/// Why a list of revoked keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevokedKeysError {
    /// The file cannot be read.
    #[error("cannot read the list of revoked keys '{}'", .path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: std::io::Error,
    },
    /// It is too large.
    #[error("the list of revoked keys '{}' is larger than 1 MiB", .0.display())]
    TooLarge(PathBuf),
    /// A line is neither a comment nor a key id and a time.
    #[error("'{}' line {line}: expected a key id of 16 hexadecimal digits and a date", .path.display())]
    Line {
        /// Path of the file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
    },
}

impl RevokedKeys {
    /// Reads a list.
    ///
    /// # Errors
    ///
    /// [`RevokedKeysError`].
    pub fn read(path: &Path) -> Result<Self, RevokedKeysError> {
        let failed = |source| RevokedKeysError::Read { path: path.to_owned(), source };
        let file = std::fs::File::open(path).map_err(failed)?;
        let mut text = String::new();
        let read = file.take(LIST_LIMIT.saturating_add(1)).read_to_string(&mut text).map_err(failed)?;
        if u64::try_from(read).unwrap_or(u64::MAX) > LIST_LIMIT {
            return Err(RevokedKeysError::TooLarge(path.to_owned()));
        }
        Self::parse(&text).map_err(|line| RevokedKeysError::Line { path: path.to_owned(), line })
    }

    /// Parses the text of a list; the error is a line number.
    fn parse(text: &str) -> Result<Self, usize> {
        let mut keys = BTreeMap::new();
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let mut fields = line.split_whitespace();
            let Some(id) = fields.next().filter(|id| !id.starts_with('#')) else { continue };
            let from = fields.next().and_then(moment);
            let (true, Some(from)) = (is_id(id), from) else { return Err(number.saturating_add(1)) };
            keys.entry(id.to_ascii_uppercase())
                .and_modify(|earlier: &mut Utc| *earlier = from.min(*earlier))
                .or_insert(from);
        }
        Ok(Self(keys))
    }

    /// Returns the time from which the key with this id is revoked.
    pub(super) fn since(&self, key_id: &str) -> Option<Utc> {
        self.0.get(key_id).copied()
    }
}

fn is_id(text: &str) -> bool {
    text.len() == ID_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Parses a time, or a date, which means its first moment in UTC.
fn moment(text: &str) -> Option<Utc> {
    let whole = if text.contains(['T', 't']) { text.to_owned() } else { format!("{text}T00:00:00Z") };
    Utc::try_from(whole).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_gives_the_earliest_moment_of_each_key_and_a_bad_line_its_number() {
        let list = "# lost\n\n00ff00ff00ff00ff 2026-12-01 stick left in a taxi\r\n\
                    00FF00FF00FF00FF 2026-11-30T12:00:00+01:00\n0123456789ABCDEF 2027-01-01\n";
        let keys = RevokedKeys::parse(list).unwrap();
        assert_eq!(keys.since("00FF00FF00FF00FF").unwrap().to_string(), "2026-11-30T11:00:00Z");
        assert_eq!(keys.since("0123456789ABCDEF").unwrap().to_string(), "2027-01-01T00:00:00Z");
        assert_eq!(keys.since("0000000000000000"), None);
        for wrong in
            ["00FF00FF00FF00FF", "00FF 2026-12-01", "00FF00FF00FF00FF soon", "00FF00FF00FF00FG 2026-12-01"]
        {
            assert_eq!(RevokedKeys::parse(&format!("# x\n{wrong}\n")), Err(2), "{wrong}");
        }
    }
}
