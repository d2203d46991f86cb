//! Sentences about how scanning went: shared by the ends of `collect` and `scan`.

use super::sentence::sentences;

sentences! {
    /// Files that were scanned inside archives, in addition to the items.
    members(count: u64) {
        nl: ["+ {count} bestand in archieven", "+ {count} bestanden in archieven"],
        en: ["+ {count} file inside archives", "+ {count} files inside archives"],
    }
    /// Files inside archives that were not scanned.
    not_opened(count: u64) {
        nl: ["{count} bestand in archieven niet geopend", "{count} bestanden in archieven niet geopend"],
        en: ["{count} file inside archives not opened", "{count} files inside archives not opened"],
    }
}
