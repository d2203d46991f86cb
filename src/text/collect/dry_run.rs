//! Sentences of `collect --dry-run`.

use std::time::Duration;

use crate::text::phrases::Phrase;
use crate::text::sentence::sentences;
use crate::text::{ByteSize, Sentence};

sentences! {
    /// Heading of the column of artifacts.
    artifact { nl: "artefact", en: "artifact" }
    /// Heading of the column with how many items an artifact has.
    items { nl: "onderdelen", en: "items" }
    /// Heading of the column with how large they are.
    size { nl: "grootte", en: "size" }
    /// Heading of the column with the class of personal data.
    personal_data { nl: "persoonsgegevens", en: "personal data" }
    /// A row of the table, its heading included.
    row(artifact: &Sentence, items: &Sentence, size: &Sentence, class: &Sentence) {
        nl: "{artifact:<44} {items:>10} {size:>12}  {class}",
        en: "{artifact:<44} {items:>10} {size:>12}  {class}",
    }
    /// An artifact that would not be collected.
    left_out(artifact: &Sentence, reason: Phrase<'_>) {
        nl: "{artifact:<44} niet verzameld: {reason}",
        en: "{artifact:<44} not collected: {reason}",
    }
    /// What sweeps would scan.
    swept(items: u64, size: ByteSize) {
        nl: [
            "gescand, en alleen bij een treffer verzameld: {items} onderdeel, {size}",
            "gescand, en alleen bij een treffer verzameld: {items} onderdelen, {size}",
        ],
        en: [
            "scanned, and collected only where a rule matches: {items} item, {size}",
            "scanned, and collected only where a rule matches: {items} items, {size}",
        ],
    }
    /// The last line.
    together(items: u64, size: ByteSize, expected: Duration) {
        nl: [
            "samen {items} onderdeel, {size}; duurt naar verwachting ongeveer {expected}, als de stick snel genoeg is",
            "samen {items} onderdelen, {size}; duurt naar verwachting ongeveer {expected}, als de stick snel genoeg is",
        ],
        en: [
            "together {items} item, {size}; expected to take about {expected}, if the stick keeps up",
            "together {items} items, {size}; expected to take about {expected}, if the stick keeps up",
        ],
    }
}
