//! The exit codes of the tool, as the README and ARCHITECTURE list them.

use std::process::ExitCode;

/// The exit codes of the tool; the README has the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All that was asked was done, hits or not.
    Done,
    /// Nothing usable was produced.
    Failure,
    /// Wrong command line.
    Usage,
    /// A sealed bundle exists, but items failed or a limit cut it.
    Partial,
    /// Truncated or tampered, or authorship refuted.
    NotProved,
    /// Hits, where `--exit-on-hit` asked.
    Hits,
    /// Collection ended unsealed; what was flushed is salvageable.
    Unsealed,
    /// Interrupted; what was acquired so far is sealed and marked.
    Interrupted,
}

impl Exit {
    /// The number the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::NotProved => 4,
            Self::Hits => 5,
            Self::Unsealed => 6,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
