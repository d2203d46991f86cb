//! Sentences of `veldkit keygen`.

use std::path::Path;

use super::sentence::sentences;
use crate::evidence::Utc;

sentences! {
    /// A file cannot be written.
    new_file {
        nl: "kies een bestand dat nog niet bestaat, in een map waarin u kunt schrijven",
        en: "choose a file that does not exist yet, in a directory that you can write to",
    }
    /// The words of the new identity.
    fingerprint(words: &str) {
        nl: "vingerafdruk (schrijf deze vier woorden op; ze staan op elk ontvangstbewijs): {words}",
        en: "fingerprint (write down these four words; every receipt has them): {words}",
    }
    /// What to do with the new identity.
    keep_the_identity {
        nl: "de sleutel zelf blijft bij de analisten; neem alleen de regel die met age1 begint mee naar de locatie",
        en: "the identity itself stays with the analysts; take only the line that begins with age1 on site",
    }
    /// A certificate was made.
    certified(key: &str, until: Utc, certificate: &Path) {
        nl: "sleutel {key} mag ondertekenen tot {until}; neem '{certificate}' en '{certificate}.minisig' met de sleutel mee",
        en: "key {key} may sign until {until}; take '{certificate}' and '{certificate}.minisig' along with the key",
    }
    /// What to do with the public half of a key that signs.
    keep_the_public_key(file: &Path) {
        nl: "bewaar '{file}' bij het CERT: daarmee wordt de handtekening gecontroleerd",
        en: "keep '{file}' at the CERT: signatures are checked with it",
    }
    /// `--valid` leads past the calendar.
    too_late {
        nl: "het einde van de geldigheid is na het jaar 9999",
        en: "the end of the validity is after the year 9999",
    }
    /// What to do about it.
    shorter { nl: "geef een kortere duur met --valid", en: "give a shorter time with --valid" }
}
