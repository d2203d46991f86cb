//! The exit codes of the tool, and the one place that decides between them.
//!
//! In: the facts that a command found out, each with the code it asks for. Out: the one that holds. Which commands end with
//! which codes is the table in [`super`]; a test runs at least one command line for each of its cells.

use std::process::ExitCode;

/// The exit codes of the tool, weakest first: where several hold, the strongest is the one. The README has the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All that was asked was done, hits or not.
    Done,
    /// Hits, where `--exit-on-hit` asked.
    Hits,
    /// A sealed bundle or a result exists, but items failed, a limit cut it, or part of what was named could not be used.
    Partial,
    /// Truncated or tampered, or authorship refuted.
    NotProved,
    /// Interrupted; what was acquired so far is sealed and marked.
    Interrupted,
    /// Collection ended unsealed; what was flushed is salvageable.
    Unsealed,
    /// Nothing usable was produced.
    Failure,
    /// Wrong command line.
    Usage,
}

/// What a command leaves behind besides its standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// Nothing: what it prints is all there is.
    Nothing,
    /// A result of its own: a bundle, unpacked files, a key.
    Result,
    /// A verdict, which its exit code says as well.
    Verdict,
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

    /// The code of a command of which these facts hold or not: the strongest of those that hold, else [`Exit::Done`].
    #[must_use]
    pub fn of(facts: impl IntoIterator<Item = (bool, Self)>) -> Self {
        facts.into_iter().filter_map(|(holds, exit)| holds.then_some(exit)).max().unwrap_or(Self::Done)
    }

    /// Whether all that was asked was done: what JSON and the receipt call `complete`.
    #[must_use]
    pub const fn is_complete(self) -> bool {
        matches!(self, Self::Done | Self::Hits)
    }

    /// The code of `verify` for several bundles: 4 if any is 4, else 1 if any could not be opened, else the strongest.
    #[must_use]
    pub fn of_verdicts(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().fold(Self::Done, |worst, one| match (worst, one) {
            (Self::NotProved, _) | (_, Self::NotProved) => Self::NotProved,
            (worst, one) => worst.max(one),
        })
    }

    /// The code of a command that would have ended with this one and whose standard output could not be written.
    #[must_use]
    pub fn unprinted(self, leaves: Leaves) -> Self {
        match (leaves, self) {
            (Leaves::Verdict, Self::NotProved) => self,
            (Leaves::Nothing | Leaves::Verdict, _) => self.max(Self::Failure),
            (Leaves::Result, _) => self.max(Self::Partial),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_several_hold_it_is_the_first_of_2_1_6_130_4_3_5_0() {
        use Exit::{Done, Failure, Hits, Interrupted, NotProved, Partial, Unsealed, Usage};
        let order = [Usage, Failure, Unsealed, Interrupted, NotProved, Partial, Hits, Done];
        assert_eq!(order.map(Exit::code), [2, 1, 6, 130, 4, 3, 5, 0]);
        for (index, exit) in order.into_iter().enumerate() {
            let weaker = order.into_iter().skip(index).rev();
            assert_eq!(Exit::of(weaker.map(|weaker| (true, weaker))), exit);
            assert_eq!(exit.is_complete(), matches!(exit.code(), 0 | 5));
        }
        assert_eq!(Exit::of([(false, Failure), (false, Partial)]), Done);
    }

    #[test]
    fn of_many_verdicts_one_that_is_refuted_counts_before_one_that_could_not_be_had() {
        use Exit::{Done, Failure, NotProved};
        assert_eq!(Exit::of_verdicts([Failure, NotProved, Done]), NotProved);
        assert_eq!(Exit::of_verdicts([Done, Failure]), Failure);
        assert_eq!(Exit::of_verdicts([Done, Done]), Done);
    }

    #[test]
    fn output_that_could_not_be_written_is_partial_where_a_result_is_left_and_else_a_failure() {
        use Exit::{Done, Failure, Hits, NotProved, Partial, Unsealed};
        for (leaves, exit, unprinted) in [
            (Leaves::Nothing, Done, Failure),
            (Leaves::Nothing, NotProved, Failure),
            (Leaves::Result, Done, Partial),
            (Leaves::Result, Hits, Partial),
            (Leaves::Result, Unsealed, Unsealed),
            (Leaves::Verdict, Done, Failure),
            (Leaves::Verdict, NotProved, NotProved),
        ] {
            assert_eq!(exit.unprinted(leaves), unprinted, "{leaves:?} {exit:?}");
        }
    }
}
