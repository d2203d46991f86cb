//! The receipt's section of who can read the bundle: each key by the four words of its fingerprint.
//!
//! In: a [`Receipt`]. Out: lines of at most 105 columns. Whoever holds the paper compares the words with those that
//! the CERT reads out; a key that was swapped on the stick has others.

use super::Receipt;
use crate::text::Sentence;
use crate::text::layout::empty;
use crate::text::receipt as text;

/// Recipients that are listed; the others are counted.
const LISTED: usize = 12;

impl Receipt<'_> {
    /// Returns the section; nothing where there are no recipients.
    pub(super) fn readers(&self) -> Vec<Sentence> {
        let all = &self.opening.recipient_fingerprints;
        if all.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![text::readers()];
        lines.extend(all.iter().take(LISTED).map(|recipient| match recipient.fingerprint {
            Some(_) => text::reader(&recipient.to_string()),
            None => text::by_passphrase(),
        }));
        let more = all.len().saturating_sub(LISTED);
        lines.extend((more > 0).then(|| text::more_readers(more)));
        let has_words = all.iter().any(|recipient| recipient.fingerprint.is_some());
        lines.extend(has_words.then(text::about_the_words));
        lines.push(empty());
        lines
    }
}
