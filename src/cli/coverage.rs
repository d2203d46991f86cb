//! Which kinds of indicators were matched against what in a scan or a collection, and which could not match anything: a scan of
//! files sees no mutex.
//!
//! In: the kinds in use, and whether live state was scanned. Out: lines for a person and an object for a program.

use serde_json::{Map, Value, json};

use crate::scan::indicators::Indicators;
use crate::text::coverage as text;
use crate::text::{Language, Sentence};

/// Returns what a kind is matched against; `None` where a run of this sort sees none of it.
fn places(kind: &str, rows: bool) -> Option<Sentence> {
    match kind {
        "md5" | "sha1" | "sha256" => Some(text::whole_files()),
        "path" => Some(text::names_and_paths()),
        "address" | "domain" | "url" if rows => Some(text::rows_and_logs()),
        "address" | "domain" | "url" => Some(text::logs()),
        "pipe" | "mutex" | "registry" if rows => Some(text::rows()),
        _ => None,
    }
}

/// Returns one line per kind for a person.
pub(super) fn lines(indicators: &Indicators, rows: bool) -> Vec<Sentence> {
    let kinds = indicators.kinds().into_iter();
    kinds
        .map(|(kind, count)| match places(kind, rows) {
            Some(against) => text::matched(count, kind, &against),
            None => text::not_matched(count, kind),
        })
        .collect()
}

/// Returns the same for a program.
pub(super) fn object(indicators: &Indicators, rows: bool) -> Value {
    let kinds = indicators.kinds().into_iter().map(|(kind, count)| {
        let against = places(kind, rows);
        let against = against.as_ref().map(|against| against.in_language(Language::En));
        (kind.to_owned(), json!({ "in_use": count, "matched_against": against }))
    });
    Value::Object(kinds.collect::<Map<_, _>>())
}
