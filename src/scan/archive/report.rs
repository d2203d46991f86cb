//! The account of one archive: every file that was found in it was scanned, or was not opened for a reason that is counted.
//!
//! In: what became of each file. Out: the counts, which add up by construction, and sentences about what cannot be counted.

use std::collections::{BTreeMap, BTreeSet};

/// Sentences kept about what was not looked into, and reasons counted one by one.
const GAPS: usize = 6;
const REASONS: usize = 16;

/// What became of a file inside.
pub(super) enum MemberFate<'a> {
    /// The visitor saw its content, or the beginning of it.
    Scanned,
    /// Nobody saw its content, for this reason.
    NotOpened(&'a str),
}

/// What became of an archive.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::scan) struct Report {
    found: u64,
    not_opened: BTreeMap<String, u64>,
    /// What was not looked into, and why.
    pub(super) gaps: BTreeSet<String>,
}

impl Report {
    /// Counts files that were found inside.
    pub(super) fn count(&mut self, fate: &MemberFate<'_>, files: u64) {
        self.found = self.found.saturating_add(files);
        if let MemberFate::NotOpened(why) = fate {
            let known = self.not_opened.contains_key(*why) || self.not_opened.len() < REASONS;
            let why = if known { *why } else { "files in it were not opened for other reasons" };
            let count = self.not_opened.entry(why.to_owned()).or_default();
            *count = count.saturating_add(files);
        }
    }

    /// Says what cannot be counted.
    pub(super) fn gap(&mut self, text: impl Into<String>) {
        if self.gaps.len() < GAPS {
            self.gaps.insert(text.into());
        }
    }

    /// Files inside whose content nobody saw.
    pub(in crate::scan) fn not_opened(&self) -> u64 {
        self.not_opened.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Files inside that the visitor saw: all that were found, but for those that were not opened.
    pub(in crate::scan) fn scanned(&self) -> u64 {
        self.found.saturating_sub(self.not_opened())
    }

    /// All that was not seen as one sentence; nothing where all was.
    pub(in crate::scan) fn sentence(&self) -> Option<String> {
        let counted = self.not_opened.iter().map(|(why, count)| format!("{why} ({count})"));
        let all: Vec<String> = counted.chain(self.gaps.iter().cloned()).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}
