//! How scanning went and how bad the matches are: shared by the ends of `collect` and `scan`.

use super::phrases::Phrase;
use super::sentence::sentences;
use super::{Items, Sentence};
use crate::evidence::{Fate, Level};

sentences! {
    /// Files that were scanned inside archives, in addition to the items.
    members(count: u64) {
        nl: ["(+ {count} bestand in archieven)", "(+ {count} bestanden in archieven)"],
        en: ["(+ {count} file inside archives)", "(+ {count} files inside archives)"],
    }
    /// Files inside archives that were not scanned.
    not_opened(count: u64) {
        nl: ["({count} bestand in archieven niet geopend)", "({count} bestanden in archieven niet geopend)"],
        en: ["({count} file inside archives not opened)", "({count} files inside archives not opened)"],
    }
    /// The same with the most frequent reasons.
    not_opened_because(count: u64, reasons: Items<'_, Phrase<'_>>) {
        nl: ["({count} bestand in archieven niet geopend: {reasons})", "({count} bestanden in archieven niet geopend: {reasons})"],
        en: ["({count} file inside archives not opened: {reasons})", "({count} files inside archives not opened: {reasons})"],
    }
    /// Something with an addition in brackets.
    with(text: &Sentence, addition: &Sentence) { nl: "{text} {addition}", en: "{text} {addition}" }
}

/// What became of an item in the scan.
#[must_use]
pub const fn fate(fate: Fate) -> Sentence {
    match fate {
        Fate::Scanned => Sentence::fixed("gescand", "scanned"),
        Fate::Size => Sentence::fixed(
            "te groot (hoogstens het begin gescand)",
            "too large (at most the beginning scanned)",
        ),
        Fate::Type => Sentence::fixed("zonder inhoud", "without content"),
        Fate::Time => Sentence::fixed("niet op tijd klaar", "not finished in time"),
        Fate::Error => Sentence::fixed("niet leesbaar", "not readable"),
        Fate::Absent => Sentence::fixed("afwezig", "absent"),
        Fate::LeftOut => Sentence::fixed("overgeslagen", "left out"),
        Fate::Off => Sentence::fixed("niet gescand", "not scanned"),
    }
}

/// How bad an item is.
#[must_use]
pub const fn level(level: Level) -> Sentence {
    match level {
        Level::Alert => Sentence::fixed("alarm", "alert"),
        Level::Warning => Sentence::fixed("waarschuwing", "warning"),
        Level::Notice => Sentence::fixed("melding", "notice"),
        Level::Info => Sentence::fixed("info", "info"),
    }
}

/// How bad an item is, in capitals at the beginning of a line.
#[must_use]
pub const fn level_in_capitals(level: Level) -> Sentence {
    match level {
        Level::Alert => Sentence::fixed("ALARM", "ALERT"),
        Level::Warning => Sentence::fixed("WAARSCHUWING", "WARNING"),
        Level::Notice => Sentence::fixed("MELDING", "NOTICE"),
        Level::Info => Sentence::fixed("INFO", "INFO"),
    }
}

/// The one thing to do next, by the worst that was found.
#[must_use]
pub const fn next_step(worst: Option<Level>) -> Sentence {
    match worst {
        Some(Level::Alert) => Sentence::fixed(
            "Nu: laat het systeem aan, haal het van het netwerk, en bel IBD-CERT (070 204 55 11).",
            "Now: leave the system on, take it off the network, and call IBD-CERT (070 204 55 11).",
        ),
        Some(Level::Warning) => Sentence::fixed(
            "Bekijk deze bestanden vandaag samen met een analist. Verwijder niets, en verzamel ze met 'veldkit collect'.",
            "Inspect these files today together with an analyst. Remove nothing, and collect them with 'veldkit collect'.",
        ),
        Some(Level::Notice | Level::Info) => Sentence::fixed(
            "Ga na of deze bestanden hier horen. Alleen hieruit blijkt nog geen inbraak.",
            "Find out whether these files belong here. This alone is no sign of an intrusion.",
        ),
        None => Sentence::fixed(
            "Geen treffers: deze regels herkennen hier niets. Dat bewijst niet dat het systeem schoon is.",
            "No hits: these rules recognise nothing here. That does not prove that the system is clean.",
        ),
    }
}
