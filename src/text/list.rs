//! Sentences of `veldkit list`.

use super::phrases::Phrase;
use super::sentence::sentences;
use super::{ByteSize, Sentence};

sentences! {
    /// The bundle is damaged.
    bundle_not_whole {
        nl: "de bundel is niet compleet; de lijst is wat nog te lezen was",
        en: "the bundle is not whole; the list is what could still be read",
    }
    /// The size of what is stored of an item.
    size(size: ByteSize) { nl: "{size}", en: "{size}" }
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
