//! Sentences about the key that signs a bundle.

use crate::evidence::Utc;
use crate::text::sentence::sentences;

sentences! {
    /// The key is certified for another case.
    for_another_case(key: &str, case: &str) {
        nl: "sleutel {key} mag alleen tekenen voor zaak '{case}'",
        en: "the key {key} is certified for case '{case}' alone",
    }
    /// What to do about it.
    give_that_case(case: &str) {
        nl: "geef --case '{case}', of vraag IBD-CERT om een sleutel voor deze zaak",
        en: "give --case '{case}', or ask IBD-CERT for a key for this case",
    }
    /// The clock of the host is outside of the validity.
    not_valid_now(key: &str, from: Utc, until: Utc, now: Utc) {
        nl: "sleutel {key} is geldig van {from} tot {until}; volgens de klok van deze computer is het {now}. De \
             handtekening bewijst dan niets: lees de zegelcode voor",
        en: "the key {key} is valid from {from} until {until}; by the clock of this computer it is {now}. Its signature \
             then proves nothing: read out the seal code",
    }
}
