//! Secrets that come from a file, since a command line is seen by every process.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use age::secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::Failure;
use crate::sys;
use crate::text::recipients as text;

/// Longest first line of a passphrase file.
const MAX_PASSPHRASE: u64 = 4096;

/// Room for it, and for what the standard library tries to read behind it.
const READ_AT_ONCE: usize = 8192;

/// The first line of a passphrase file, without its end of line.
pub(super) fn first_line(path: &Path) -> Result<SecretString, Failure> {
    let failed = |source| crate::bundle::Error::ReadKey { path: path.to_owned(), source };
    // Room for all of it at once, and no buffer besides: what is copied stays behind in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(READ_AT_ONCE));
    File::open(path).map_err(failed)?.take(MAX_PASSPHRASE).read_to_end(&mut bytes).map_err(failed)?;
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let wrong = |_| failed(std::io::Error::from(std::io::ErrorKind::InvalidData));
    let line = std::str::from_utf8(first).map_err(wrong)?;
    let line = line.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        return Err(Failure::refused(text::empty_first_line(path)).hint(text::on_the_first_line()));
    }
    Ok(kept(SecretString::from(line.to_owned())))
}

/// Keeps a passphrase out of swap. It is overwritten when it is given back.
pub(super) fn kept(passphrase: SecretString) -> SecretString {
    let bytes = passphrase.expose_secret().as_bytes().as_ptr_range();
    sys::keep_out_of_swap(&(bytes.start.addr()..bytes.end.addr()));
    passphrase
}
