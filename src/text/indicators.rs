//! Sentences of `veldkit indicators check`, and of what is in use where a command scans.

use super::phrases::Phrase;
use super::sentence::sentences;
use super::{Items, Sentence};

sentences! {
    /// A list whose format nobody knows.
    unknown_format { nl: "onbekend formaat", en: "unknown format" }
    /// Kinds of indicators, and how many there are of each.
    kind(kind: &str, count: u64) { nl: "{kind} {count}", en: "{kind} {count}" }
    /// A list, and what of it is in use.
    list(name: &str, format: &Sentence, count: u64, kinds: Items<'_, Sentence>) {
        nl: "{name} ({format}): {count} in gebruik: {kinds}",
        en: "{name} ({format}): {count} in use: {kinds}",
    }
    /// A list of which nothing is in use.
    unused_list(name: &str, format: &Sentence) {
        nl: "{name} ({format}): 0 in gebruik",
        en: "{name} ({format}): 0 in use",
    }
    /// Lines of a list that are not in use, with one of them.
    unused(count: u64, what: Phrase<'_>, example: &str) {
        nl: "  niet gebruikt: {count} × {what}, zoals '{example}'",
        en: "  not used: {count} × {what}, such as '{example}'",
    }
    /// Lines of a list to think about, with one of them.
    remark(count: u64, what: Phrase<'_>, example: &str) {
        nl: "  let op: {count} × {what}, zoals '{example}'",
        en: "  note: {count} × {what}, such as '{example}'",
    }
    /// A list that is broken.
    not_to_its_end(reason: Phrase<'_>) {
        nl: "  niet tot het einde gelezen: {reason}",
        en: "  not read to its end: {reason}",
    }
    /// A list that is broken, where a command scans.
    list_not_to_its_end(list: &str, reason: Phrase<'_>) {
        nl: "indicatorlijst niet tot het einde gelezen: {list}: {reason}",
        en: "indicator list not read to its end: {list}: {reason}",
    }
    /// Files of directories that are no lists.
    no_lists(count: u64, first: &str) {
        nl: ["{count} bestand is geen lijst en is overgeslagen: '{first}'",
             "{count} bestanden zijn geen lijst en zijn overgeslagen, zoals '{first}'"],
        en: ["{count} file is no list and was skipped: '{first}'",
             "{count} files are no lists and were skipped, such as '{first}'"],
    }
    /// How many indicators there are.
    indicators(count: u64) {
        nl: ["{count} indicator", "{count} indicatoren"],
        en: ["{count} indicator", "{count} indicators"],
    }
    /// From how many lists.
    sum(lists: usize, indicators: &Sentence) {
        nl: ["{indicators} uit {lists} lijst", "{indicators} uit {lists} lijsten"],
        en: ["{indicators} from {lists} list", "{indicators} from {lists} lists"],
    }
    /// How many lists are broken.
    sum_with_broken(failed: usize, sum: &Sentence) {
        nl: ["{sum}, waarvan er {failed} niet tot het einde is gelezen",
             "{sum}, waarvan er {failed} niet tot het einde zijn gelezen"],
        en: ["{sum}, {failed} of which was not read to its end", "{sum}, {failed} of which were not read to their end"],
    }
    /// What is in use where a command scans.
    in_use(count: u64, unused: u64) {
        nl: ["{count} indicator in gebruik, {unused} niet; 'veldkit indicators check' laat zien waarom",
             "{count} indicatoren in gebruik, {unused} niet; 'veldkit indicators check' laat zien waarom"],
        en: ["{count} indicator in use, {unused} not; 'veldkit indicators check' shows why",
             "{count} indicators in use, {unused} not; 'veldkit indicators check' shows why"],
    }
}
