//! Sentences of `veldkit --version`.

use super::sentence::sentences;

sentences! {
    /// The commit that the program was built from.
    commit(commit: &str) { nl: "commit: {commit}", en: "commit: {commit}" }
    /// Instead of a commit that was not recorded.
    unknown { nl: "onbekend", en: "unknown" }
    /// The kind of system that the program was built for.
    target(triple: &str) { nl: "doelsysteem: {triple}", en: "target: {triple}" }
    /// The date of the newest built-in rule.
    rules(date: &str) { nl: "ingebouwde regels: {date}", en: "built-in rules: {date}" }
}
