//! Lists directories: sorted where they are small enough, else in the order of the file system, and with a time limit
//! where the file system may hang. It is counted how many of them may have a new access time by that.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::evidence::Entry;
use crate::formats::disk::Mounted;
use crate::sys::{OpenDirectory, Root, time_limit};

/// Folders with more entries are taken in the order of the file system: sorting needs all names at once.
const MAX_SORTED: usize = 10_000;

/// Entries taken of a guarded folder: they are listed as a whole, and so need a limit.
const MAX_GUARDED: usize = 100_000;

/// Entries that are read in one go behind those that are sorted, where each such go has a time limit.
const WATCHED: usize = 1_000;

/// How many directories may have a new access time, because they were listed.
#[derive(Debug, Clone, Default)]
pub(crate) struct TouchedDirectories(Arc<AtomicU64>);

impl TouchedDirectories {
    /// How many there are until now.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, touched: bool) {
        self.0.fetch_add(u64::from(touched), Ordering::Relaxed);
    }
}

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
    opened(root, path, &TouchedDirectories::default()).map(listing)
}

/// Opens the directory at `path` below `root` and reads as many of its entries as are sorted.
pub(super) fn opened(
    root: &Root,
    path: &[u8],
    touched: &TouchedDirectories,
) -> io::Result<(Arc<OpenDirectory>, impl Iterator<Item = Listed> + Send + use<>)> {
    let folder = Arc::new(root.folder(path)?);
    let entries = folder.entries()?;
    touched.add(entries.touch());
    Ok((folder, sorted(entries)))
}

/// The listing of an open directory.
pub(super) fn listing(
    (folder, entries): (Arc<OpenDirectory>, impl Iterator<Item = Listed> + 'static),
) -> Listing {
    Listing { folder: Handle::Open(folder), entries: Box::new(entries) }
}

/// Entries of a local directory, each [`WATCHED`] of which may take `limit`: the last is then the failure.
pub(super) fn watched(
    entries: impl Iterator<Item = Listed> + Send + 'static,
    limit: Duration,
) -> impl Iterator<Item = Listed> {
    let mut rest = Some(entries);
    let mut ready = Vec::new().into_iter();
    std::iter::from_fn(move || {
        loop {
            if let Some(entry) = ready.next() {
                return Some(entry);
            }
            let mut entries = rest.take()?;
            let read = time_limit::watched(limit, move || {
                let some: Vec<Listed> = entries.by_ref().take(WATCHED).collect();
                Ok((entries, some))
            });
            match read {
                Ok((_, some)) if some.is_empty() => return None,
                Ok((entries, some)) => (rest, ready) = (Some(entries), some.into_iter()),
                Err(error) => return Some(Err(error)),
            }
        }
    })
}

/// Lists a directory on a file system that may hang.
///
/// # Errors
/// Where it cannot be opened; [`io::ErrorKind::TimedOut`] where it hangs.
pub(super) fn list_guarded(
    root: &Arc<Root>,
    path: Vec<u8>,
    limit: Duration,
    touched: &TouchedDirectories,
) -> io::Result<Listing> {
    let (root, touched) = (Arc::clone(root), touched.clone());
    let (folder, entries) = time_limit::within(limit, move || {
        let folder = root.folder(&path)?;
        let listed = folder.entries()?;
        touched.add(listed.touch());
        let mut entries: Vec<_> = listed.take(MAX_GUARDED + 1).collect();
        if entries.len() > MAX_GUARDED {
            entries.truncate(MAX_GUARDED);
            let text =
                format!("it has more than the {MAX_GUARDED} entries that are read where reading may hang");
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
    use crate::evidence::Kind;

    fn entry(number: usize) -> Entry {
        Entry { name: number.to_string().into_bytes(), kind: Kind::File, reference: None }
    }

    #[test]
    fn a_long_directory_that_stops_to_answer_ends_with_the_reason_and_keeps_what_came() {
        let all: Vec<_> = watched((0..2_500).map(|number| Ok(entry(number))), time_limit::LIMIT).collect();
        assert!(all.len() == 2_500 && all.iter().all(Result::is_ok));

        let (silent, speaking) = io::pipe().unwrap();
        let hanging = (0..2_500).map(move |number| {
            if number == 1_700 {
                io::read_to_string(&silent).unwrap();
            }
            Ok(entry(number))
        });
        let all: Vec<_> = watched(hanging, Duration::from_millis(50)).collect();
        drop(speaking);
        let kinds: Vec<_> = all.iter().map(|entry| entry.as_ref().map_err(io::Error::kind).is_ok()).collect();
        assert_eq!(kinds.iter().filter(|ok| **ok).count(), 1_000);
        assert_eq!(all.last().unwrap().as_ref().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

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
                    list_guarded(&root, path.to_vec(), time_limit::LIMIT, &TouchedDirectories::default())
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
