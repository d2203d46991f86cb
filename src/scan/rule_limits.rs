//! Which files are rule files, how large one may be and how many there may be, in a directory as in a zip file.

use std::ffi::OsStr;
use std::path::Path;

/// Largest rule file: the largest public ones, all rules of a set in one file, have some 30 MB.
pub(super) const FILE_LIMIT: u64 = 64 << 20;

/// Most files of one directory: the largest public sets have some 5,000.
pub(super) const FILES_LIMIT: usize = 50_000;

/// Whether a file is a rule file by its extension.
pub(super) fn is_rule_file(path: &Path) -> bool {
    let extension = path.extension().map(OsStr::to_ascii_lowercase);
    extension.is_some_and(|extension| extension == "yar" || extension == "yara" || extension == "rule")
}
