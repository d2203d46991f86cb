//! The limits that `verify`, `list` and `unpack` keep to, as options: what is inside a bundle is hostile until checked, and
//! an honest one that is larger than anybody thought must still be readable.

use clap::Args;

use super::quantity::size;
use crate::bundle::limits::{EXPANSION_ALLOWANCE, MAX_ENTRIES, MAX_EXPANSION, ReadLimits};

/// Limits that an option raises.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct ReadingLimits {
    /// Entries that a bundle may have
    #[arg(long, value_name = "N", default_value_t = MAX_ENTRIES)]
    max_entries: u64,
    /// How many times its own size a bundle may unpack to, beyond --expansion-allowance
    #[arg(long, value_name = "N", default_value_t = MAX_EXPANSION)]
    max_expansion: u64,
    /// What may come out of a bundle before --max-expansion counts [default: 8G]
    #[arg(long, value_name = "SIZE", value_parser = size)]
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
