//! Finds a Windows system in a tree: in the folder itself, or in folders named after its drives.

use std::path::{Path, PathBuf};

use super::{guard, sys, walk};
use crate::evidence::Kind;

/// The drives of a Windows tree; none where it is no Windows.
pub(super) fn drives(root: &Path) -> Vec<(char, PathBuf)> {
    if holds_windows(root) {
        return vec![('C', root.to_owned())];
    }
    let letters: Vec<_> = walk::list(root, false, guard::LIMIT)
        .flatten()
        .filter(|entry| entry.kind == Kind::Directory)
        .filter_map(|entry| {
            let name = String::from_utf8(entry.name).ok()?;
            let letter = name.strip_suffix(':').unwrap_or(&name);
            let letter = letter.chars().next().filter(|c| letter.len() == 1 && c.is_ascii_alphabetic())?;
            Some((letter.to_ascii_uppercase(), root.join(&name)))
        })
        .collect();
    if letters.iter().any(|(_, path)| holds_windows(path)) { letters } else { Vec::new() }
}

/// Whether a folder is the root of a Windows system: `Windows\System32` in any case.
pub(super) fn holds_windows(root: &Path) -> bool {
    let below = |folder: &Path, name: &str| {
        let entry = walk::list(folder, false, guard::LIMIT)
            .flatten()
            .find(|entry| entry.kind == Kind::Directory && entry.name.eq_ignore_ascii_case(name.as_bytes()));
        entry.map(|entry| folder.join(sys::path_of(&entry.name)))
    };
    below(root, "Windows").and_then(|windows| below(&windows, "System32")).is_some()
}
