//! The words for what became of an item, how well it is proved, and what personal data it may hold.

use super::Sentence;
use crate::evidence::{Outcome, PersonalData};

/// What became of an item.
#[must_use]
pub const fn outcome(outcome: Outcome) -> Sentence {
    match outcome {
        Outcome::Collected => Sentence::fixed("verzameld", "collected"),
        Outcome::Partial => Sentence::fixed("gedeeltelijk", "partial"),
        Outcome::Missing => Sentence::fixed("afwezig", "missing"),
        Outcome::Denied => Sentence::fixed("geweigerd", "denied"),
        Outcome::Failed => Sentence::fixed("mislukt", "failed"),
        Outcome::Skipped => Sentence::fixed("overgeslagen", "skipped"),
    }
}

/// How much personal data an artifact holds.
#[must_use]
pub const fn personal_data(class: PersonalData) -> Sentence {
    match class {
        PersonalData::None => Sentence::fixed("geen", "none"),
        PersonalData::Low => Sentence::fixed("laag", "low"),
        PersonalData::High => Sentence::fixed("hoog", "high"),
    }
}
