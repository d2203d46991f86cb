//! What is wrong with a hive, and the account of what is left out of it for that.
//!
//! In: errors, with the key that they are of. Out: [`UnreadCells`]. What many keys are looked for by, and what a key is asked
//! for again, is counted once until the account is taken.

use std::collections::BTreeSet;
use std::io;

use crate::evidence::Exact;

/// Most places whose reason for being unread is kept; the rest are counted.
const MAX_UNREAD: usize = 64;

/// Most places that are known to be counted already.
const MAX_KNOWN: usize = 1 << 16;

/// What is wrong with a hive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HiveError {
    /// The file could not be read.
    #[error("cannot read the hive")]
    Read(#[from] io::Error),
    /// Its first block is not that of a hive.
    #[error("not a registry hive")]
    NoHive,
    /// A cell does not hold what points to it.
    #[error("the cell at {offset:#x} is no {expected}")]
    Cell {
        /// From the beginning of the bins.
        offset: u32,
        /// What was expected there.
        expected: &'static str,
    },
    /// There is more than is read.
    #[error("no more than {most} {what} of one key are read")]
    Limit {
        /// So many.
        most: usize,
        /// Of what.
        what: &'static str,
    },
    /// A key is in the list of a key below it, or in its own.
    #[error("the key at {offset:#x} contains itself")]
    Loop {
        /// From the beginning of the bins.
        offset: u32,
    },
    /// A key has more or fewer of something than it says.
    #[error("the key at {key:#x} says that it has {said} {what}, and {found} are in its list")]
    Count {
        /// The key, from the beginning of the bins.
        key: u32,
        /// So many by the key.
        said: usize,
        /// So many by its list.
        found: usize,
        /// Of what.
        what: &'static str,
    },
    /// A key is in the list of another key than it says.
    #[error(
        "the key at {key:#x} says that it is below the key at {parent:#x}, and is in the list of another"
    )]
    Parent {
        /// The key, from the beginning of the bins.
        key: u32,
        /// The key that it says it is below.
        parent: u32,
    },
    /// The file ends before the hive does.
    #[error("the file is cut short: {missing} of {length} bytes are not there")]
    Short {
        /// Bytes that are not there.
        missing: u64,
        /// Bytes that the hive has by its first block.
        length: u64,
    },
    /// The checksum of the hive's first block is wrong.
    #[error("the checksum of its first block is wrong")]
    Checksum,
    /// It has changes that none of its logs has.
    #[error("it was being written, and no transaction log completes it")]
    Dirty,
    /// Logs that cannot be used.
    #[error("{count} transaction logs are damaged at their beginning, or too large, and were not applied")]
    Logs {
        /// So many.
        count: usize,
    },
    /// Entries of logs that are newer than the hive and were not applied.
    #[error("{count} entries of its transaction logs are damaged or do not follow, and were not applied")]
    Entries {
        /// So many.
        count: usize,
    },
}

/// The cells that were left out because they cannot be read.
#[derive(Debug, Default)]
pub struct UnreadCells {
    /// The key whose list or value it is, and why; the first `MAX_UNREAD` of them.
    pub first: Vec<(Exact, HiveError)>,
    /// How many there are.
    pub count: usize,
}

/// The account of one hive.
#[derive(Debug, Default)]
pub(super) struct Faults {
    unread: UnreadCells,
    known: BTreeSet<String>,
}

impl Faults {
    /// Counts `left_out` things that are left out of a key, and why.
    pub(super) fn add(&mut self, key: &Exact, error: HiveError, left_out: usize) {
        if self.known.len() < MAX_KNOWN && !self.known.insert(format!("{}: {error}", key.text())) {
            return;
        }
        self.unread.count = self.unread.count.saturating_add(left_out);
        if self.unread.first.len() < MAX_UNREAD {
            self.unread.first.push((key.clone(), error));
        }
    }

    /// Takes the account since it was last taken.
    pub(super) fn take(&mut self) -> UnreadCells {
        self.known.clear();
        std::mem::take(&mut self.unread)
    }
}
