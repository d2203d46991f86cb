//! What a run has handed out, so that an item two steps ask for comes once.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

/// What was handed out: a 128-bit hash of each path, so that an item two steps ask for comes once. Two paths with the
/// same hash would cost one of them; with 2^20 items that is one run in 2^88.
#[derive(Default)]
pub(crate) struct Seen {
    paths: Mutex<BTreeSet<(u64, u64)>>,
    hashers: (RandomState, RandomState),
}

impl Seen {
    /// Remembers what stands at a path; whether it was not handed out before.
    pub(crate) fn first_time(&self, place: usize, path: &[u8]) -> bool {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner).insert(self.hash(place, path))
    }

    /// Whether it was handed out before.
    pub(crate) fn holds(&self, place: usize, path: &[u8]) -> bool {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner).contains(&self.hash(place, path))
    }

    fn hash(&self, place: usize, path: &[u8]) -> (u64, u64) {
        (self.hashers.0.hash_one((place, path)), self.hashers.1.hash_one((place, path)))
    }
}
