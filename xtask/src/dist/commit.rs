//! The commit that a program is built from, for `veldkit --version`.
//!
//! In: the tree. Out: the short hash of its commit, which the compiler takes from [`VARIABLE`]; with `-changed` where files
//! differ from it, and nothing where it is no checkout of git. The program then says "unknown".

use std::path::Path;
use std::process::Command;

use crate::process::output;

/// The variable that `src/cli/version.rs` reads while it is compiled.
pub(super) const VARIABLE: &str = "VELDKIT_COMMIT";

/// Digits of the hash: as long for everyone, whatever their git is set to.
const DIGITS: &str = "--short=12";

/// The commit of a tree.
pub(super) fn of(root: &Path) -> String {
    let git = |arguments: &[&str]| output(Command::new("git").args(arguments).current_dir(root));
    let Ok(hash) = git(&["rev-parse", DIGITS, "HEAD"]) else { return String::new() };
    let changed =
        git(&["status", "--porcelain", "--untracked-files=no"]).is_ok_and(|changes| !changes.is_empty());
    named(hash.trim(), changed)
}

/// A hash, and whether the tree is still that of the commit.
fn named(hash: &str, changed: bool) -> String {
    if changed { format!("{hash}-changed") } else { hash.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{named, of};

    #[test]
    fn a_tree_that_was_changed_is_not_its_commit() {
        assert_eq!(named("0123456789ab", false), "0123456789ab");
        assert_eq!(named("0123456789ab", true), "0123456789ab-changed");
    }

    #[test]
    fn a_tree_that_is_no_checkout_has_no_commit() {
        let outside = std::env::temp_dir().join(format!("veldkit-xtask-commit-{}", std::process::id()));
        std::fs::create_dir_all(&outside).unwrap();
        assert_eq!(of(&outside), "");
        std::fs::remove_dir_all(&outside).unwrap();
    }
}
