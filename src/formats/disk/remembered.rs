//! Remembers the directories of a walk, so that a path is looked up from the nearest of them instead of the root: a
//! directory with 65,000 subdirectories is then not read again for each of them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Maximum number of directories: a walk is in one, below its parents.
const MOST: usize = 64;

/// The directories that were listed or entered last.
#[derive(Debug, Default)]
pub(crate) struct Remembered(Mutex<VecDeque<(Vec<u8>, u64)>>);

impl Remembered {
    /// Adds a directory; its path has no slash at either end.
    pub(crate) fn keep(&self, directory: &[u8], reference: u64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(path, _)| path != directory);
        if kept.len() >= MOST {
            kept.pop_front();
        }
        kept.push_back((directory.to_vec(), reference));
    }

    /// Returns the nearest remembered directory at or above a path, and the rest of the path below it.
    pub(crate) fn nearest<'p>(&self, path: &'p [u8]) -> Option<(u64, &'p [u8])> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let below = |(directory, reference): &(Vec<u8>, u64)| {
            let rest = path.strip_prefix(directory.as_slice())?;
            (rest.is_empty() || rest.starts_with(b"/")).then_some((*reference, rest))
        };
        kept.iter().filter_map(below).min_by_key(|(_, rest)| rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_directory_above_a_path_is_found_and_no_other() {
        let kept = Remembered::default();
        assert_eq!(kept.nearest(b"a/b"), None);
        for (path, reference) in [("a", 1), ("a/b", 2), ("a/bc", 3), ("a/b", 4)] {
            kept.keep(path.as_bytes(), reference);
        }
        assert_eq!(kept.nearest(b"a/b/c/d"), Some((4, b"/c/d".as_slice())));
        assert_eq!(kept.nearest(b"a/b"), Some((4, b"".as_slice())));
        assert_eq!(kept.nearest(b"a/bcd"), Some((1, b"/bcd".as_slice())));
        assert_eq!(kept.nearest(b"ab"), None);
        for number in 0..100_u64 {
            kept.keep(format!("x/{number}").as_bytes(), number);
        }
        assert_eq!(kept.nearest(b"a/b"), None);
        assert_eq!(kept.0.lock().unwrap().len(), MOST);
    }
}
