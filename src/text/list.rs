//! Sentences of `veldkit list`.

use super::Sentence;
use super::phrases::Phrase;
use super::sentence::sentences;

sentences! {
    /// The bundle is damaged.
    bundle_not_whole {
        nl: "de bundel is niet compleet; de lijst is wat nog te lezen was",
        en: "the bundle is not whole; the list is what could still be read",
    }
    /// The heading of the list.
    header { nl: "uitkomst         grootte  plaats", en: "outcome           size  origin" }
    /// The heading of the long list.
    long_header {
        nl: "uitkomst         grootte  gewijzigd                artefact                         SHA-256                                                           plaats",
        en: "outcome           size  modified                 artifact                         SHA-256                                                           origin",
    }
    /// An item with more facts.
    long_item(outcome: &Sentence, size: &Sentence, modified: &Sentence, artifact: &Sentence, digest: &Sentence, origin: &str) {
        nl: "{outcome:<12} {size:>11}  {modified:<23}  {artifact:<32} {digest:<64}  {origin}",
        en: "{outcome:<10} {size:>11}  {modified:<23}  {artifact:<32} {digest:<64}  {origin}",
    }
    /// The number of items listed.
    items_listed(count: u64) { nl: ["{count} onderdeel", "{count} onderdelen"], en: ["{count} item", "{count} items"] }
    /// Items that are hidden.
    not_there(count: u64) {
        nl: ["en {count} onderdeel dat er niet is (--missing toont het)", "en {count} onderdelen die er niet zijn (--missing toont ze)"],
        en: ["and {count} item that is not there (--missing lists it)", "and {count} items that are not there (--missing lists them)"],
    }
    /// An item.
    item(outcome: &Sentence, size: &Sentence, origin: &str) {
        nl: "{outcome:<12} {size:>11}  {origin}",
        en: "{outcome:<10} {size:>11}  {origin}",
    }
    /// Why it is not simply collected.
    with_reason(item: &Sentence, reason: Phrase<'_>) { nl: "{item}  ({reason})", en: "{item}  ({reason})" }
    /// What matched in it.
    with_hit(item: &Sentence, rule: &str) { nl: "{item}  [{rule}]", en: "{item}  [{rule}]" }
    /// What matched in a row of it.
    with_hit_in_row(item: &Sentence, rule: &str, row: &Sentence) {
        nl: "{item}  [{rule} ({row})]",
        en: "{item}  [{rule} ({row})]",
    }
    /// How well it is proved, where it is not.
    with_trust(item: &Sentence, trust: &Sentence) { nl: "{item}  <{trust}>", en: "{item}  <{trust}>" }
}
