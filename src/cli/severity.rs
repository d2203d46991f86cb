//! How scanning went and how bad what fired is, in words: shared by the ends of `collect` and `scan`.

use indicatif::HumanCount;
use serde_json::{Map, Value, json};

use crate::evidence::{Fate, Level, Printable, ScanCounts};
use crate::text::Language;
use crate::text::severity as text;

/// Reasons for files that were not opened that a person is shown.
const SHOWN: usize = 3;

/// What became of all items, in numbers that add up to them.
pub(super) fn fates(counts: &ScanCounts, lang: Language) -> String {
    let parts: Vec<_> = Fate::ALL
        .into_iter()
        .filter(|fate| counts.of(*fate) > 0)
        .map(|fate| format!("{} {}", HumanCount(counts.of(fate)), fate_word(fate, lang)))
        .collect();
    let mut line = if parts.is_empty() { "0".to_owned() } else { parts.join(", ") };
    if counts.members > 0 {
        line = format!("{line} ({})", text::members(counts.members).in_language(lang));
    }
    if counts.not_opened > 0 {
        let mut reasons: Vec<_> = counts.not_opened_why.iter().collect();
        reasons.sort_by(|one, other| other.1.cmp(one.1));
        let more = if reasons.len() > SHOWN { ", …" } else { "" };
        let shown: Vec<_> = reasons.iter().take(SHOWN).map(|(why, _)| Printable(why).to_string()).collect();
        let between = if shown.is_empty() { "" } else { ": " };
        let count = text::not_opened(counts.not_opened);
        line = format!("{line} ({}{between}{}{more})", count.in_language(lang), shown.join(", "));
    }
    line
}

/// The same for a program: every kind is there, whether it occurred or not.
pub(super) fn fates_object(counts: &ScanCounts) -> Value {
    let mut object: Map<_, _> =
        Fate::ALL.into_iter().map(|fate| (fate.word().to_owned(), json!(counts.of(fate)))).collect();
    object.insert("items".to_owned(), json!(counts.items));
    object.insert("members".to_owned(), json!(counts.members));
    object.insert("members_not_opened".to_owned(), json!(counts.not_opened));
    object.insert("not_opened_why".to_owned(), json!(counts.not_opened_why));
    Value::Object(object)
}

/// How many items are how bad, the worst first; nothing where nothing fired.
pub(super) fn levels(counts: &ScanCounts, lang: Language) -> Option<String> {
    let parts: Vec<_> = Level::ALL
        .into_iter()
        .filter(|level| counts.at(*level) > 0)
        .map(|level| format!("{} {}", HumanCount(counts.at(level)), level_word(level, lang)))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The same for a program.
pub(super) fn levels_object(counts: &ScanCounts) -> Value {
    let levels = Level::ALL.into_iter().map(|level| (level.word().to_owned(), json!(counts.at(level))));
    Value::Object(levels.collect())
}

/// The word for a level.
pub(super) const fn level_word(level: Level, lang: Language) -> &'static str {
    match (lang, level) {
        (Language::En, level) => level.word(),
        (Language::Nl, Level::Alert) => "alarm",
        (Language::Nl, Level::Warning) => "waarschuwing",
        (Language::Nl, Level::Notice) => "melding",
        (Language::Nl, Level::Info) => "info",
    }
}

/// The one thing to do next, by the worst that was found.
pub(super) const fn next_step(worst: Option<Level>, lang: Language) -> &'static str {
    match (worst, lang) {
        (Some(Level::Alert), Language::Nl) => {
            "Nu: laat het systeem aan, haal het van het netwerk, en bel IBD-CERT (070 204 55 11)."
        }
        (Some(Level::Alert), Language::En) => {
            "Now: leave the system on, take it off the network, and call IBD-CERT (070 204 55 11)."
        }
        (Some(Level::Warning), Language::Nl) => {
            "Bekijk deze bestanden vandaag met een analist; verwijder niets, en verzamel ze met 'veldkit collect'."
        }
        (Some(Level::Warning), Language::En) => {
            "Look at these files today with an analyst; remove nothing, and collect them with 'veldkit collect'."
        }
        (Some(Level::Notice | Level::Info), Language::Nl) => {
            "Ga na of deze bestanden hier horen; dit alleen is geen teken van een inbraak."
        }
        (Some(Level::Notice | Level::Info), Language::En) => {
            "Find out whether these files belong here; this alone is no sign of an intrusion."
        }
        (None, Language::Nl) => {
            "Geen treffers: deze regels kennen hier niets van. Dat bewijst niet dat het systeem schoon is."
        }
        (None, Language::En) => {
            "No hits: these rules know nothing of what is here. That does not prove the system clean."
        }
    }
}

const fn fate_word(fate: Fate, lang: Language) -> &'static str {
    match (lang, fate) {
        (Language::En, Fate::Scanned) => "scanned",
        (Language::En, Fate::Size) => "not or only the beginning (size)",
        (Language::En, Fate::Type) => "without content (type)",
        (Language::En, Fate::Time) => "not in time",
        (Language::En, Fate::Error) => "not readable (error)",
        (Language::En, Fate::Absent) => "absent",
        (Language::En, Fate::LeftOut) => "left out",
        (Language::En, Fate::Off) => "not scanned",
        (Language::Nl, Fate::Scanned) => "gescand",
        (Language::Nl, Fate::Size) => "niet of alleen het begin (grootte)",
        (Language::Nl, Fate::Type) => "zonder inhoud (soort)",
        (Language::Nl, Fate::Time) => "niet op tijd",
        (Language::Nl, Fate::Error) => "niet leesbaar (fout)",
        (Language::Nl, Fate::Absent) => "afwezig",
        (Language::Nl, Fate::LeftOut) => "weggelaten",
        (Language::Nl, Fate::Off) => "niet gescand",
    }
}
