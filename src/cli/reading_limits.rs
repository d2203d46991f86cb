//! The limits that `verify`, `list` and `unpack` keep to, as options: what is inside a bundle is hostile until checked, and
//! an honest one that is larger than anybody thought must still be readable.

use clap::Args;

use super::quantity::{size, whole};
use crate::bundle::limits::{EXPANSION_ALLOWANCE, MAX_ENTRIES, MAX_EXPANSION, ReadLimits};

/// Limits that an option raises.
#[derive(Debug, Args)]
pub(super) struct ReadingLimits {
    #[arg(long, default_value_t = MAX_ENTRIES, value_parser = whole::<u64>)]
    max_entries: u64,
    #[arg(long, default_value_t = MAX_EXPANSION, value_parser = whole::<u64>)]
    max_expansion: u64,
    #[arg(long, value_parser = size)]
    expansion_allowance: Option<u64>,
}

impl ReadingLimits {
    /// The limits in force.
    pub(super) fn read(&self) -> ReadLimits {
        ReadLimits {
            entries: self.max_entries,
            expansion: self.max_expansion,
            allowance: self.expansion_allowance.unwrap_or(EXPANSION_ALLOWANCE),
            ..ReadLimits::default()
        }
    }
}
