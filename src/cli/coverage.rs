//! Which kinds of indicators were matched against what in a scan or a collection, and which could not match anything: a scan of
//! files sees no mutex.
//!
//! In: the kinds in use, and whether live state was scanned. Out: lines for a person and an object for a program.

use serde_json::{Map, Value, json};

use crate::scan::indicators::Indicators;
use crate::text::Language;

/// What a kind is matched against, in Dutch and English; nothing where a scan of this sort sees none of it.
const fn places(kind: &str, rows: bool) -> Option<(&'static str, &'static str)> {
    match kind.as_bytes() {
        b"md5" | b"sha1" | b"sha256" => {
            Some(("hele bestanden, ook in zip, gzip en tar", "whole files, also inside zip, gzip and tar"))
        }
        b"path" => Some((
            "namen en paden, ook in zip, gzip en tar",
            "names and paths, also inside zip, gzip and tar",
        )),
        b"address" | b"domain" | b"url" if rows => Some((
            "verbindingen en andere rijen, hosts, en tekst van logs en geschiedenissen (niet ingepakt, niet evtx)",
            "connections and other rows, hosts, and text of logs and histories (not packed, not evtx)",
        )),
        b"address" | b"domain" | b"url" => Some((
            "hosts, en tekst van logs en geschiedenissen (niet ingepakt, niet evtx)",
            "hosts, and text of logs and histories (not packed, not evtx)",
        )),
        b"pipe" | b"mutex" | b"registry" if rows => Some(("rijen van de bundel", "rows of the bundle")),
        _ => None,
    }
}

/// What a person is shown.
pub(super) fn lines(indicators: &Indicators, rows: bool, lang: Language) -> Vec<String> {
    let not = lang.pick("niet vergeleken: deze run ziet er geen", "not matched: this run sees none");
    let kinds = indicators.kinds().into_iter();
    kinds
        .map(|(kind, count)| {
            let against = lang.pick("vergeleken met", "matched against");
            match places(kind, rows) {
                Some((nl, en)) => format!("{count} {kind}: {against} {}", lang.pick(nl, en)),
                None => format!("{count} {kind}: {not}"),
            }
        })
        .collect()
}

/// What a program reads.
pub(super) fn object(indicators: &Indicators, rows: bool) -> Value {
    let kinds = indicators.kinds().into_iter().map(|(kind, count)| {
        let against = places(kind, rows).map(|(_, en)| en);
        (kind.to_owned(), json!({ "in_use": count, "matched_against": against }))
    });
    Value::Object(kinds.collect::<Map<_, _>>())
}
