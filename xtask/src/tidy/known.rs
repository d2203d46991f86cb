//! What the tree has not yet reached: old phrases.
//!
//! Each list may only shrink. An entry that is no longer true is a fault, so that a list says what is left to do.

use super::language::Phrase;

/// Phrases, with how often each occurs.
pub(super) const PHRASES: [(Phrase, usize); 8] = [
    (&[&["is", "are", "was", "were", "be", "been"], &["told"]], 144),
    (&[&["tells"], &["of"]], 14),
    (&[&["held"], &["against"]], 23),
    (&[&["stands"], &["in", "at", "beside", "below", "on"]], 97),
    (&[&["gives"], &["out"]], 0),
    (&[&["fires"], &["on"]], 15),
    (&[&["of"], &["one's"], &["own"]], 4),
    (&[&["had"], &["of"]], 2),
];
