//! What the tree has not yet reached: old phrases, and sentences that are not in `src/text`.
//!
//! Each list may only shrink. An entry that is no longer true is a fault, so that a list says what is left to do.

use super::language::Phrase;

/// Phrases, with how often each occurs.
pub(super) const PHRASES: [(Phrase, usize); 8] = [
    (&[&["is", "are", "was", "were", "be", "been"], &["told"]], 88),
    (&[&["tells"], &["of"]], 8),
    (&[&["held"], &["against"]], 11),
    (&[&["stands"], &["in", "at", "beside", "below", "on"]], 64),
    (&[&["gives"], &["out"]], 0),
    (&[&["fires"], &["on"]], 3),
    (&[&["of"], &["one's"], &["own"]], 1),
    (&[&["had"], &["of"]], 0),
];

/// Literals that are no sentences for people, or are not moved yet: their file, and how they begin.
pub(super) const SENTENCES: [(&str, &str); 25] = [
    // Names of fields, files and specimens.
    ("src/bundle/receipt/mod.rs", "--- veldkit receipt 1 ---"),
    ("src/cli/inventory/csv.rs", "external address"),
    ("src/cli/inventory/csv.rs", "internal address"),
    ("src/cli/inventory/csv.rs", "operating system"),
    ("src/cli/verify.rs", "seal code"),
    ("src/cli/verify.rs", "signed receipt"),
    ("src/kit/keys.rs", "# created"),
    ("src/kit/keys.rs", "veldkit signing key"),
    ("src/kit/selftest/mod.rs", "a name longer than eight"),
    ("src/kit/selftest/mod.rs", "trailing dot."),
    ("src/kit/selftest/mod.rs", "een map met een lange naam"),
    ("src/kit/selftest/mod.rs", "veldkit selftest"),
    ("src/kit/selftest/mod.rs", "the end of it"),
    // Reasons in a bundle, which are in English there.
    ("src/cli/collect/planning.rs", "--no-sweep leaves it out"),
    ("src/cli/collect/planning.rs", "with --no-scan nothing is swept"),
    ("src/cli/collect/report/mod.rs", "interrupted by the operator"),
    ("src/cli/collect/report/mod.rs", "the operator's time limit was reached"),
    ("src/cli/collect/report/mod.rs", "the operator's size limit was reached"),
    ("src/cli/collect/report/mod.rs", "nothing was collected"),
    ("src/cli/collect/report/mod.rs", "{} items failed"),
    ("src/cli/collect/report/mod.rs", "not on the target"),
    ("src/cli/collect/report/mod.rs", "{unusable} rule files"),
    // Causes of errors of other rooms.
    ("src/cli/collect/mod.rs", "its compiler failed"),
    ("src/cli/recipients.rs", "not a text file"),
    ("src/kit/carried.rs", "more bytes"),
    // Refusals of an option's value, which clap prints.
];
