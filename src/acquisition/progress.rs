//! Counters that workers and writer advance and the display reads; no decision depends on them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The counters of a run.
#[derive(Debug, Default)]
pub struct Progress {
    items: AtomicU64,
    bytes_read: AtomicU64,
    bytes_written: AtomicU64,
    hits: AtomicU64,
    artifact: Mutex<String>,
}

/// The counters at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Items whose record is written.
    pub items: u64,
    /// Bytes read from the target.
    pub bytes_read: u64,
    /// Bytes of the bundle.
    pub bytes_written: u64,
    /// Hits.
    pub hits: u64,
    /// The artifact whose items are being written.
    pub artifact: String,
}

impl Progress {
    /// Reads the counters.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            items: self.items.load(Ordering::Relaxed),
            bytes_read: self.bytes_read.load(Ordering::Relaxed),
            bytes_written: self.bytes_written.load(Ordering::Relaxed),
            hits: self.hits.load(Ordering::Relaxed),
            artifact: self.artifact.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    pub(super) fn read(&self, bytes: usize) {
        self.bytes_read.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn kept(&self, hits: usize, bytes_written: u64) {
        self.items.fetch_add(1, Ordering::Relaxed);
        self.hits.fetch_add(u64::try_from(hits).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.bytes_written.store(bytes_written, Ordering::Relaxed);
    }

    pub(super) fn artifact(&self, name: &str) {
        let mut artifact = self.artifact.lock().unwrap_or_else(PoisonError::into_inner);
        artifact.clear();
        artifact.push_str(name);
    }
}
