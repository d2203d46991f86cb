//! Golden files: what a person reads, kept in `tests/golden` so that a change is seen in review.
//!
//! `UPDATE_GOLDEN=1` rewrites those that differ; then look at `git diff tests/golden`.

use std::fs;
use std::path::{Path, PathBuf};

/// The directory of all golden files.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Whether a text is that of its golden file; rewrites the file where that is asked for.
pub fn is(name: &str, text: &str) -> bool {
    let path = directory().join(name);
    let same = fs::read_to_string(&path).is_ok_and(|golden| golden == text);
    if !same && std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        return true;
    }
    same
}
