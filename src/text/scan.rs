//! The end of `veldkit scan`, as a person reads it; its labels are those of a collection.

use super::Sentence;
use super::sentence::sentences;

sentences! {
    /// An item with hits.
    item(level: &Sentence, score: u32, path: &str) {
        nl: "{level:<12} {score:>3}  {path}",
        en: "{level:<12} {score:>3}  {path}",
    }
    /// Why it is shown.
    reason(text: &Sentence) { nl: "                  {text}", en: "                  {text}" }
    /// The rule or indicator that matched, and what it counts.
    matched(rule: &str, score: u32) { nl: "{rule} ({score})", en: "{rule} ({score})" }
    /// The file inside an archive in which it did.
    inside(text: &Sentence, inner: &str) { nl: "{text} !{inner}", en: "{text} !{inner}" }
    /// The row in which it did.
    in_row(text: &Sentence, row: &Sentence) { nl: "{text} {row}", en: "{text} {row}" }
    /// Label: what was not scanned.
    not_seen { nl: "niet gescand", en: "not scanned" }
    /// What was not scanned of items, why, and one of them.
    gap(count: u64, reason: &Sentence, example: &str) {
        nl: "{count} × {reason}, zoals {example}",
        en: "{count} × {reason}, such as {example}",
    }
    /// Reasons past those that are counted one by one.
    other_reasons { nl: "(andere redenen)", en: "(other reasons)" }
    /// Label: why a scan ended early.
    stopped { nl: "gestopt", en: "stopped" }
    /// Ctrl-C.
    interrupted { nl: "onderbroken", en: "interrupted" }
    /// `--time-limit`.
    time_limit { nl: "tijdlimiet bereikt", en: "time limit reached" }
    /// A limit on size.
    size_limit { nl: "limiet op de grootte bereikt", en: "size limit reached" }
    /// Label: items with hits past those shown.
    not_shown { nl: "niet getoond", en: "not shown" }
    /// How many they are.
    items_in_json(count: u64) { nl: "{count} (--json)", en: "{count} (--json)" }
    /// A path or process that was given and is not there.
    not_there(place: &str) { nl: "niet aanwezig: {place}", en: "not there: {place}" }
    /// Nothing was scanned.
    nothing_scanned {
        nl: "er is niets gescand: kloppen de paden, en mag dit programma ze lezen?",
        en: "nothing was scanned: are the paths right, and may this program read them?",
    }
    /// The bundle is damaged.
    bundle_not_whole {
        nl: "de bundel is niet compleet; gescand is wat nog te lezen was",
        en: "the bundle is not whole; what could still be read was scanned",
    }
}
