//! What the tree has not yet reached: old phrases.
//!
//! Each list may only shrink. An entry that is no longer true is a fault, so that a list says what is left to do.

use super::language::Phrase;

/// Phrases, with how often each occurs.
pub(super) const PHRASES: [(Phrase, usize); 8] = [
    (&[&["is", "are", "was", "were", "be", "been"], &["told"]], 111),
    (&[&["tells"], &["of"]], 12),
    (&[&["held"], &["against"]], 15),
    (&[&["stands"], &["in", "at", "beside", "below", "on"]], 72),
    (&[&["gives"], &["out"]], 0),
    (&[&["fires"], &["on"]], 5),
    (&[&["of"], &["one's"], &["own"]], 2),
    (&[&["had"], &["of"]], 2),
];
