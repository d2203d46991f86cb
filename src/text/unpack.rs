//! Sentences of `veldkit unpack`.

use std::path::Path;

use super::Sentence;
use super::sentence::sentences;

sentences! {
    /// The directory cannot be used.
    new_directory { nl: "kies een nieuwe map met --out", en: "choose a new directory with --out" }
    /// A pattern that nothing matches.
    nothing_matches(pattern: &str) {
        nl: "geen onderdeel van de bundel past bij --only '{pattern}'",
        en: "no entry of the bundle matches --only '{pattern}'",
    }
    /// How many files are unpacked, and where.
    files(count: u64, out: &Path) {
        nl: ["{count} bestand in '{out}'", "{count} bestanden in '{out}'"],
        en: ["{count} file in '{out}'", "{count} files in '{out}'"],
    }
    /// How many of them are not proved, and how many did not stay.
    sum(files: &Sentence, unproved: u64, removed: u64) {
        nl: "{files}, {unproved} niet bewezen, {removed} onjuist en weer verwijderd",
        en: "{files}, {unproved} not proved, {removed} wrong and removed again",
    }
    /// Files under another name.
    defanged(count: u64) {
        nl: ["{count} bestand kreeg een onschadelijke naam (.defanged); zie mapped.jsonl",
             "{count} bestanden kregen een onschadelijke naam (.defanged); zie mapped.jsonl"],
        en: ["{count} file was given a harmless name (.defanged); see mapped.jsonl",
             "{count} files were given a harmless name (.defanged); see mapped.jsonl"],
    }
    /// The end of the bundle is missing.
    truncated {
        nl: "het einde van de bundel ontbreekt; --salvage haalt ook terug wat niet bewezen is",
        en: "the bundle is truncated; --salvage also recovers what is not proved",
    }
}
