//! The errors of a hive, and the account of the cells that were left out because of them.
//!
//! In: errors with their keys. Out: [`UnreadCells`]. A lookup that touches many keys, or the same key again, counts
//! each fault once until the account is taken.

use std::collections::BTreeSet;
use std::io;

use crate::evidence::Exact;

/// Maximum number of faults that are kept with their reason; further ones are counted.
const MAX_UNREAD: usize = 64;

/// Maximum number of places that are remembered as counted.
const MAX_KNOWN: usize = 1 << 16;

/// An error in a hive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HiveError {
    /// The file could not be read.
    #[error("cannot read the hive")]
    Read(#[from] io::Error),
    /// The first block is not that of a hive.
    #[error("not a registry hive")]
    NoHive,
    /// A cell does not contain the expected structure.
    #[error("the cell at {offset:#x} is damaged: {expected} expected")]
    Cell {
        /// Offset from the beginning of the bins.
        offset: u32,
        /// The expected structure.
        expected: &'static str,
    },
    /// A key has more of something than the limit.
    #[error("the key has more than {most} {what}: the others are not read")]
    Limit {
        /// The limit.
        most: usize,
        /// What is limited.
        what: &'static str,
    },
    /// A key is in its own list, or in that of a key below it.
    #[error("the key at {offset:#x} contains itself")]
    Loop {
        /// Offset from the beginning of the bins.
        offset: u32,
    },
    /// A key has more or fewer members than it states.
    #[error("the key at {key:#x} states {said} {what}, but its list has {found}")]
    Count {
        /// Offset of the key from the beginning of the bins.
        key: u32,
        /// Number stated by the key.
        said: usize,
        /// Number in its list.
        found: usize,
        /// Which members.
        what: &'static str,
    },
    /// A key states another parent than the key that lists it.
    #[error("the key at {key:#x} states {parent:#x} as its parent, but is in the list of another key")]
    Parent {
        /// Offset of the key from the beginning of the bins.
        key: u32,
        /// Offset of the parent that the key states.
        parent: u32,
    },
    /// The file ends before the hive does.
    #[error("the file is cut short: {missing} of {length} bytes are missing")]
    Short {
        /// Number of missing bytes.
        missing: u64,
        /// Size of the hive in bytes, from its first block.
        length: u64,
    },
    /// The checksum of the hive's first block is wrong.
    #[error("the checksum of the hive's first block is wrong")]
    Checksum,
    /// The hive is dirty, and no log has the missing changes.
    #[error("the hive was being written, and no transaction log completes it")]
    Dirty,
    /// Some logs cannot be used.
    #[error("{count} transaction logs were not applied: their beginning is damaged, or they are too large")]
    Logs {
        /// Number of logs.
        count: usize,
    },
    /// Some log entries that are newer than the hive were not applied.
    #[error("{count} entries of the transaction logs were not applied: they are damaged or out of sequence")]
    Entries {
        /// Number of entries.
        count: usize,
    },
}

/// The cells that were left out because they cannot be read.
#[derive(Debug, Default)]
pub struct UnreadCells {
    /// The key of each list or value, and the reason; the first `MAX_UNREAD` of them.
    pub first: Vec<(Exact, HiveError)>,
    /// Total number.
    pub count: usize,
}

/// The account of one hive.
#[derive(Debug, Default)]
pub(super) struct Faults {
    unread: UnreadCells,
    known: BTreeSet<String>,
}

impl Faults {
    /// Counts `left_out` items of a key as left out, with the reason.
    pub(super) fn add(&mut self, key: &Exact, error: HiveError, left_out: usize) {
        if self.known.len() < MAX_KNOWN && !self.known.insert(format!("{}: {error}", key.text())) {
            return;
        }
        self.unread.count = self.unread.count.saturating_add(left_out);
        if self.unread.first.len() < MAX_UNREAD {
            self.unread.first.push((key.clone(), error));
        }
    }

    /// Returns the account since it was last taken, and resets it.
    pub(super) fn take(&mut self) -> UnreadCells {
        self.known.clear();
        std::mem::take(&mut self.unread)
    }
}
