//! Files of named directories and archives that are not read: counted, and the first of them named.

use serde::{Deserialize, Serialize};

/// Files of a folder that are skipped, by name; those past it are counted.
const SKIPPED_NAMES: usize = 100;

/// Files of named folders that are not read: they are no lists or rule files by their name, nor lists by their content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedFiles {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub names: Vec<String>,
}

impl SkippedFiles {
    pub(super) fn add(&mut self, name: &str) {
        self.count = self.count.saturating_add(1);
        if self.names.len() < SKIPPED_NAMES {
            self.names.push(name.to_owned());
        }
    }
}
