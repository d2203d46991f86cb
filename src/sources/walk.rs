//! Lists folders: sorted where they are small enough, as they come where they are not, and with a time limit where
//! the file system may hang. walkdir does the listing, one folder at a time.

use std::io;
use std::path::Path;
use std::time::Duration;

use super::guard;
use super::sys;
use crate::evidence::Kind;

/// Folders with more entries are taken in the order of the file system: sorting needs all names at once.
const MAX_SORTED: usize = 10_000;

/// Entries taken of a guarded folder: they are listed as a whole, and so need a limit.
const MAX_GUARDED: usize = 100_000;

/// One entry of a folder.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its name, as bytes.
    pub(super) name: Vec<u8>,
    /// What the folder says it is; a link is a link.
    pub(super) kind: Kind,
}

/// An entry, or why there is none.
pub(super) type Listed = io::Result<Entry>;

/// Gives the entries of a folder.
pub(super) fn list(folder: &Path, guarded: bool, limit: Duration) -> Box<dyn Iterator<Item = Listed>> {
    if !guarded {
        return sorted(entries(folder));
    }
    let folder = folder.to_owned();
    match guard::within(limit, move || Ok(entries(&folder).take(MAX_GUARDED).collect::<Vec<_>>())) {
        Ok(listed) => sorted(listed.into_iter()),
        Err(error) => Box::new(std::iter::once(Err(error))),
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = Listed> + use<> {
    walkdir::WalkDir::new(folder)
        .follow_links(false)
        .follow_root_links(false)
        .min_depth(1)
        .max_depth(1)
        .into_iter()
        .map(|entry| {
            let entry = entry.map_err(io::Error::from)?;
            let kind = match entry.file_type() {
                kind if kind.is_symlink() => Kind::Link,
                kind if kind.is_dir() => Kind::Directory,
                kind if kind.is_file() => Kind::File,
                _ => Kind::Unknown,
            };
            Ok(Entry { name: sys::name_bytes(entry.file_name()).to_vec(), kind })
        })
}

fn sorted(mut entries: impl Iterator<Item = Listed> + 'static) -> Box<dyn Iterator<Item = Listed>> {
    let mut first: Vec<Listed> = entries.by_ref().take(MAX_SORTED).collect();
    // A failure stands last: what was listed before it is there.
    first.sort_by(|one, other| match (one, other) {
        (Ok(one), Ok(other)) => one.name.cmp(&other.name),
        (one, other) => one.is_err().cmp(&other.is_err()),
    });
    Box::new(first.into_iter().chain(entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_listed_by_name_and_a_missing_one_is_an_error() {
        let dir = tempfile::TempDir::new().unwrap();
        for name in ["b", "a", "c"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        for guarded in [false, true] {
            let names: Vec<_> =
                list(dir.path(), guarded, guard::LIMIT).map(|entry| entry.unwrap().name).collect();
            assert_eq!(names, [b"a", b"b", b"c"]);
            let missing = list(&dir.path().join("no"), guarded, guard::LIMIT).next().unwrap();
            assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
        }
    }
}
