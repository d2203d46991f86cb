//! No step leaves anything behind in the tree: what git shows after the steps is what it showed before.
//!
//! In: two answers of `git status`. Out: the lines that are new. A developer's own uncommitted work is in both.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::process::output;

/// What differs from the last commit at one moment.
pub(super) struct Status(BTreeSet<String>);

impl Status {
    /// Asks git.
    ///
    /// # Errors
    ///
    /// Git is missing, or the tree is no checkout.
    pub(super) fn now(root: &Path) -> Result<Self> {
        let status = ["status", "--porcelain", "--untracked-files=all"];
        let lines = output(Command::new("git").args(status).current_dir(root))?;
        Ok(Self(lines.lines().map(str::to_owned).collect()))
    }

    /// Compares with an earlier moment.
    ///
    /// # Errors
    ///
    /// Something differs now that did not then.
    pub(super) fn compare(&self, before: &Self) -> Result {
        let new: Vec<&str> = self.0.difference(&before.0).map(String::as_str).collect();
        if new.is_empty() {
            Ok(())
        } else {
            Err(format!("the steps changed the tree:\n{}", new.join("\n")).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn what_the_steps_leave_behind_is_an_error_and_earlier_work_is_not() {
        let status = |lines: &[&str]| Status(lines.iter().map(|line| (*line).to_owned()).collect());
        let before = status(&[" M src/lib.rs"]);
        assert!(status(&[" M src/lib.rs"]).compare(&before).is_ok());
        assert!(status(&[]).compare(&before).is_ok());
        let error = status(&[" M src/lib.rs", "?? tests/golden/new.txt"]).compare(&before).unwrap_err();
        assert_eq!(error.to_string(), "the steps changed the tree:\n?? tests/golden/new.txt");
        assert!(status(&["M  Cargo.lock"]).compare(&before).is_err());
    }
}
