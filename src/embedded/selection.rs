//! Selects the embedded files of the source tree: those directly in these directories, by suffix.
//!
//! In: the root of the source tree. Out: the paths to embed. Used by `build.rs`, which embeds them, and by the tests
//! of this module. Everything else in these directories (a README, drafts, editor files) is left out.

use std::io;
use std::path::{Path, PathBuf};

/// The directories that are embedded under one name, each with the suffix of its files.
pub(super) type Directories = [(&'static str, &'static str)];

/// Artifact definitions, handlings and playbooks.
pub(super) const PLAYBOOKS: &Directories = &[("playbooks", "yaml"), ("playbooks/artifacts", "yaml")];

/// Rules.
pub(super) const RULES: &Directories = &[("rules", "yar")];

/// The texts of errors and reasons in both languages.
#[cfg_attr(test, allow(dead_code, reason = "`build.rs` alone reads them by this name"))]
pub(super) const PHRASES: &Directories = &[("src/text/phrases", "txt")];

/// Returns the files to embed, sorted by path. Links and files whose name begins with a dot are left out.
///
/// # Errors
///
/// A directory cannot be listed.
pub(super) fn files(root: &Path, directories: &Directories) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for (directory, ending) in directories {
        for entry in std::fs::read_dir(root.join(directory))? {
            let entry = entry?;
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let fits = path.extension().is_some_and(|extension| extension == *ending);
            if fits && !hidden && entry.file_type()?.is_file() {
                paths.push(path);
            }
        }
    }
    paths.sort();
    Ok(paths)
}
