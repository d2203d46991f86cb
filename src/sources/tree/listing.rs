//! Lists directories: sorted where they are small enough, else in the order of the file system, and with a time limit
//! where the file system may hang.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::evidence::Entry;
use crate::formats::disk::Mounted;
use crate::sys::{OpenDirectory, Root, time_limit};

/// Folders with more entries are taken in the order of the file system: sorting needs all names at once.
const MAX_SORTED: usize = 10_000;

/// Entries taken of a guarded folder: they are listed as a whole, and so need a limit.
const MAX_GUARDED: usize = 100_000;

/// An entry, or why there is none.
pub(crate) type Listed = io::Result<Entry>;

/// A folder that was listed: what stands in it is asked of it.
#[derive(Clone)]
pub(crate) enum Handle {
    /// Held open, so that it stays the same folder.
    Open(Arc<OpenDirectory>),
    /// In an image, where nothing changes.
    Image,
}

/// A folder and what stands in it.
pub(crate) struct Listing {
    /// The folder.
    pub(crate) folder: Handle,
    /// Its entries.
    pub(crate) entries: Box<dyn Iterator<Item = Listed>>,
}

/// Lists the directory at `path` below `root`.
///
/// # Errors
/// Where it cannot be opened.
pub(crate) fn list(root: &Root, path: &[u8]) -> io::Result<Listing> {
    opened(root, path).map(listing)
}

/// Opens the directory at `path` below `root` and reads as many of its entries as are sorted.
pub(super) fn opened(
    root: &Root,
    path: &[u8],
) -> io::Result<(Arc<OpenDirectory>, impl Iterator<Item = Listed> + Send + use<>)> {
    let folder = Arc::new(root.folder(path)?);
    let entries = sorted(folder.entries()?);
    Ok((folder, entries))
}

/// The listing of an open directory.
pub(super) fn listing(
    (folder, entries): (Arc<OpenDirectory>, impl Iterator<Item = Listed> + 'static),
) -> Listing {
    Listing { folder: Handle::Open(folder), entries: Box::new(entries) }
}

/// Lists a directory on a file system that may hang.
///
/// # Errors
/// Where it cannot be opened; [`io::ErrorKind::TimedOut`] where it hangs.
pub(super) fn list_guarded(root: &Arc<Root>, path: Vec<u8>, limit: Duration) -> io::Result<Listing> {
    let root = Arc::clone(root);
    let (folder, entries) = time_limit::within(limit, move || {
        let folder = root.folder(&path)?;
        let mut entries: Vec<_> = folder.entries()?.take(MAX_GUARDED + 1).collect();
        if entries.len() > MAX_GUARDED {
            entries.truncate(MAX_GUARDED);
            let text =
                format!("it has more than the {MAX_GUARDED} entries that are taken where reading may hang");
            entries.push(Err(io::Error::other(text)));
        }
        Ok((folder, entries))
    })?;
    Ok(listing((Arc::new(folder), sorted(entries.into_iter()))))
}

/// Lists a folder of an image.
///
/// # Errors
/// Where it is damaged, or no folder.
pub(crate) fn list_mounted(volume: &dyn Mounted, path: &[u8]) -> io::Result<Listing> {
    Ok(Listing { folder: Handle::Image, entries: Box::new(sorted(volume.list(path)?)) })
}

fn sorted<I: Iterator<Item = Listed>>(mut entries: I) -> impl Iterator<Item = Listed> + use<I> {
    let mut first: Vec<Listed> = entries.by_ref().take(MAX_SORTED).collect();
    // A failure stands last: what was listed before it is there.
    first.sort_by(|one, other| match (one, other) {
        (Ok(one), Ok(other)) => one.name.cmp(&other.name),
        (one, other) => one.is_err().cmp(&other.is_err()),
    });
    first.into_iter().chain(entries)
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
        let root = Arc::new(Root::open(dir.path()).unwrap());
        for guarded in [false, true] {
            let list = |path: &[u8]| {
                if guarded {
                    list_guarded(&root, path.to_vec(), time_limit::LIMIT)
                } else {
                    list(&root, path)
                }
            };
            let listing = list(b"").unwrap();
            let names: Vec<_> = listing.entries.map(|entry| entry.unwrap().name).collect();
            assert_eq!(names, [b"a", b"b", b"c"]);
            let missing = list(b"no").err().unwrap();
            assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        }
    }
}
