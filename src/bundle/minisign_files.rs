//! Key ids and signature file names of minisign.

use std::path::{Path, PathBuf};

/// Returns the id of a key as minisign prints it: 16 hexadecimal digits, the last byte first.
#[must_use]
pub fn key_id(key: &minisign::PublicKey) -> String {
    let id = key.keynum().first_chunk().copied().unwrap_or_default();
    format!("{:016X}", u64::from_le_bytes(id))
}

/// Returns the path of a file's signature: `.minisig` is appended, where `minisign -V` expects it.
#[must_use]
pub fn signature_path(signed: &Path) -> PathBuf {
    let mut name = signed.as_os_str().to_owned();
    name.push(".minisig");
    PathBuf::from(name)
}
