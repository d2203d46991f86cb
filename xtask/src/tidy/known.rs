//! What the tree has not yet reached: old phrases.
//!
//! Each list may only shrink. An entry that is no longer true is a fault, so that a list says what is left to do.

use super::language::Phrase;

/// Phrases, with how often each occurs.
pub(super) const PHRASES: [(Phrase, usize); 8] = [
    (&[&["is", "are", "was", "were", "be", "been"], &["told"]], 187),
    (&[&["tells"], &["of"]], 16),
    (&[&["held"], &["against"]], 32),
    (&[&["stands"], &["in", "at", "beside", "below", "on"]], 162),
    (&[&["gives"], &["out"]], 0),
    (&[&["fires"], &["on"]], 15),
    (&[&["of"], &["one's"], &["own"]], 5),
    (&[&["had"], &["of"]], 2),
];
