//! Sentences of `veldkit --version`.

use super::sentence::sentences;

sentences! {
    /// The commit that the program was built from.
    commit(commit: &str) { nl: "commit: {commit}", en: "commit: {commit}" }
    /// Instead of a commit that was not recorded.
    unknown { nl: "onbekend", en: "unknown" }
    /// The kind of system that the program was built for.
    target(triple: &str) { nl: "doelsysteem: {triple}", en: "target: {triple}" }
    /// A key whose kits are used without a question, and its fingerprint.
    trusts(key: &str, fingerprint: &str) {
        nl: "vertrouwt kits die zijn ondertekend met {key} ({fingerprint})",
        en: "trusts kits signed by {key} ({fingerprint})",
    }
    /// No such key was built in.
    trusts_none { nl: "vertrouwt geen sleutel: elke kit moet worden bevestigd", en: "trusts no key: every kit has to be confirmed" }
    /// The date of the newest built-in rule.
    rules(date: &str) { nl: "ingebouwde regels: {date}", en: "built-in rules: {date}" }
}
