//! The line that shows how far a run is.

use super::sentence::sentences;
use super::{ByteSize, Sentence};

sentences! {
    /// Items so far.
    items(count: u64) { nl: ["{count} onderdeel", "{count} onderdelen"], en: ["{count} item", "{count} items"] }
    /// Hits so far.
    hits(count: u64) { nl: ["{count} treffer", "{count} treffers"], en: ["{count} hit", "{count} hits"] }
    /// The line.
    line(items: &Sentence, read: ByteSize, rate: ByteSize, written: ByteSize, hits: &Sentence, artifact: &str) {
        nl: "{items}, {read} gelezen ({rate}/s), {written} in de bundel, {hits} · {artifact}",
        en: "{items}, {read} read ({rate}/s), {written} in the bundle, {hits} · {artifact}",
    }
}
