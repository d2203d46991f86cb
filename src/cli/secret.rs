//! Secrets that come from a file, since a command line is seen by every process.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use age::secrecy::SecretString;

use super::Failure;

/// Longest first line of a passphrase file.
const MAX_PASSPHRASE: u64 = 4096;

/// The first line of a passphrase file, without its end of line.
pub(super) fn first_line(path: &Path) -> Result<SecretString, Failure> {
    let failed = |source| crate::bundle::Error::ReadKey { path: path.to_owned(), source };
    let mut line = String::new();
    let file = File::open(path).map_err(failed)?;
    BufReader::new(file).take(MAX_PASSPHRASE).read_line(&mut line).map_err(failed)?;
    let line = line.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        let text = format!("the first line of '{}' is empty", path.display());
        return Err(Failure::usage(text)
            .hint("zet de wachtwoordzin op de eerste regel", "put the passphrase on the first line"));
    }
    Ok(SecretString::from(line.to_owned()))
}
