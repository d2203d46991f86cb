//! All spellings of a name in a directory of a Windows tree. On a case-sensitive file system several tools may each have made
//! their own (`windows` and `Windows`), and what is looked for may be in any of them.
//!
//! In: a directory and a name. Out: every entry that Windows would take for it, the exact one first. The names of the directories
//! asked last are kept, since patterns go down the same ways again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Directories whose names are kept.
const MAX_DIRECTORIES: usize = 32;

/// Most names of a directory that is kept; a larger one is listed each time.
const MAX_KEPT: usize = 10_000;

/// The names of a directory by their lower case.
type Names = BTreeMap<Vec<u8>, Vec<Vec<u8>>>;

/// The names of the directories of one volume that were asked last.
#[derive(Debug, Default)]
pub(crate) struct Spellings(Mutex<BTreeMap<Vec<u8>, Arc<Names>>>);

impl Spellings {
    /// The entries of `directory` that Windows takes for `name`; `list` has its names.
    pub(crate) fn of(
        &self,
        directory: &[u8],
        name: &[u8],
        list: impl FnOnce() -> Vec<Vec<u8>>,
    ) -> Vec<Vec<u8>> {
        let mut spellings = self.names(directory, list).get(&fold(name)).cloned().unwrap_or_default();
        spellings.sort_by_key(|spelling| spelling != name);
        spellings
    }

    fn names(&self, directory: &[u8], list: impl FnOnce() -> Vec<Vec<u8>>) -> Arc<Names> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(names) = kept().get(directory) {
            return Arc::clone(names);
        }
        let mut names = Names::new();
        let listed = list();
        let few = listed.len() <= MAX_KEPT;
        for name in listed {
            names.entry(fold(&name)).or_default().push(name);
        }
        let names = Arc::new(names);
        if few {
            let mut kept = kept();
            if kept.len() >= MAX_DIRECTORIES {
                kept.clear();
            }
            kept.insert(directory.to_vec(), Arc::clone(&names));
        }
        names
    }
}

/// A name in lower case, as near to Windows' own table as Unicode's is.
fn fold(name: &[u8]) -> Vec<u8> {
    match str::from_utf8(name) {
        Ok(name) => name.to_lowercase().into_bytes(),
        Err(_) => name.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(of: &[&str]) -> Vec<Vec<u8>> {
        of.iter().map(|name| name.as_bytes().to_vec()).collect()
    }

    #[test]
    fn every_spelling_is_found_the_exact_one_first_and_a_directory_is_listed_once() {
        let spellings = Spellings::default();
        let list = || names(&["WINDOWS", "Windows", "windows", "winnt", "GEMEENTË"]);
        assert_eq!(spellings.of(b"", b"windows", list), names(&["windows", "WINDOWS", "Windows"]));
        let again = || panic!("listed again");
        assert_eq!(spellings.of(b"", "gemeentë".as_bytes(), again), names(&["GEMEENTË"]));
        assert!(spellings.of(b"", b"users", again).is_empty());
        assert_eq!(spellings.of(b"other", b"a", || names(&["A"])), names(&["A"]));
    }

    #[test]
    fn what_is_kept_of_directories_is_limited() {
        let spellings = Spellings::default();
        for number in 0..10 * MAX_DIRECTORIES {
            spellings.of(format!("{number}").as_bytes(), b"a", || names(&["A"]));
        }
        spellings.of(b"large", b"a", || vec![b"A".to_vec(); MAX_KEPT + 1]);
        let kept = spellings.0.lock().unwrap();
        assert!(kept.len() <= MAX_DIRECTORIES && !kept.contains_key(&b"large"[..]));
    }
}
