//! Finds a Windows system in a tree: in the folder itself, or in folders named after its drives.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::tree::list;
use crate::evidence::Kind;
use crate::sys;
use crate::sys::Root;

/// The drives of a Windows tree; none where it is no Windows.
pub(crate) fn drives(path: &Path) -> io::Result<Vec<(char, PathBuf)>> {
    let root = Arc::new(Root::open(path)?);
    let list = |path: &[u8]| folders(&root, path).collect();
    if holds_windows(&list, b"") {
        return Ok(vec![('C', path.to_owned())]);
    }
    let folders: Vec<_> = folders(&root, b"").collect();
    let letters = folders.iter().filter_map(|name| Some((letter(name)?, name)));
    if !letters.clone().any(|(_, name)| holds_windows(&list, name)) {
        return Ok(Vec::new());
    }
    Ok(letters.map(|(letter, name)| (letter, path.join(sys::path_of(name)))).collect())
}

/// Whether a folder is the root of a Windows system: `Windows\System32` in any case. `folders` names those in a folder.
pub(crate) fn holds_windows(folders: &dyn Fn(&[u8]) -> Vec<Vec<u8>>, path: &[u8]) -> bool {
    let below = |path: &[u8], wanted: &[u8]| -> Vec<Vec<u8>> {
        let names = folders(path).into_iter().filter(|name| name.eq_ignore_ascii_case(wanted));
        names.map(|name| if path.is_empty() { name } else { [path, b"/", &name].concat() }).collect()
    };
    below(path, b"Windows").iter().any(|windows| !below(windows, b"System32").is_empty())
}

/// The letter of a folder named `C` or `C:`.
fn letter(name: &[u8]) -> Option<char> {
    match name.strip_suffix(b":").unwrap_or(name) {
        [letter] if letter.is_ascii_alphabetic() => Some(char::from(letter.to_ascii_uppercase())),
        _ => None,
    }
}

/// The folders in a folder; none where it cannot be listed.
fn folders(root: &Arc<Root>, path: &[u8]) -> impl Iterator<Item = Vec<u8>> + use<> {
    let entries = list(root, path).map(|listing| listing.entries);
    let entries = entries.into_iter().flatten().flatten();
    entries.filter(|entry| entry.kind == Kind::Directory).map(|entry| entry.name)
}
