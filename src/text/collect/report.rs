//! The end of a collection, as a person reads it.

use std::time::Duration;

use crate::text::sentence::sentences;
use crate::text::{ByteSize, Sentence};

sentences! {
    /// Label: items by what became of them.
    items { nl: "onderdelen", en: "items" }
    /// Label: bytes read from the target.
    read { nl: "gelezen", en: "read" }
    /// Label: when the most volatile items were written.
    most_volatile { nl: "vluchtigste deel", en: "most volatile" }
    /// When they were.
    written_after(time: Duration) { nl: "weggeschreven na {time}", en: "written after {time}" }
    /// Label: the file.
    bundle { nl: "bundel", en: "bundle" }
    /// The file and its size.
    file(name: &str, size: ByteSize) { nl: "{name} ({size})", en: "{name} ({size})" }
    /// The first and the last of its parts.
    parts(first: &str, last: &str, size: ByteSize) {
        nl: "{first} … {last} ({size})",
        en: "{first} … {last} ({size})",
    }
    /// Label: rules and indicators that matched.
    hits { nl: "treffers", en: "hits" }
    /// A rule and how often it matched.
    rule(rule: &str, count: u64) { nl: "{rule} ({count})", en: "{rule} ({count})" }
    /// Label: items by how bad they are.
    severity { nl: "ernst", en: "severity" }
    /// Label: items by how they were scanned.
    scan { nl: "scan", en: "scan" }
    /// Label: indicators and what they were matched against.
    indicators { nl: "indicatoren", en: "indicators" }
    /// Label: what sweeps scanned.
    swept { nl: "doorzocht", en: "swept" }
    /// How many items sweeps scanned, and how that went.
    swept_items(count: u64, fates: &Sentence) { nl: "{count}: {fates}", en: "{count}: {fates}" }
    /// Label: rules that took too long.
    too_slow { nl: "te traag", en: "too slow" }
    /// Label: why not all was done.
    incomplete { nl: "onvolledig", en: "incomplete" }
    /// Label: a recipient.
    readable_by { nl: "leesbaar voor", en: "readable by" }
    /// Label: the digest of the bundle.
    sha256 { nl: "sha256", en: "sha256" }
    /// Label: the code to read out.
    seal_code { nl: "zegelcode", en: "seal code" }
    /// A place that was given and is not there.
    not_there(place: &str) { nl: "niet aanwezig: {place}", en: "not there: {place}" }
    /// A run without anything in its bundle.
    nothing_collected {
        nl: "er is niets verzameld: klopt --root, en passen de gekozen artefacten bij dit systeem? 'veldkit list --missing' toont \
             waarnaar is gezocht",
        en: "nothing was collected: is --root right, and do the chosen artifacts fit this system? 'veldkit list --missing' shows \
             what was looked for",
    }
    /// The bundle has no receipt beside it.
    no_receipt {
        nl: "het ontvangstbewijs of de handtekening kan niet worden geschreven",
        en: "the receipt or its signature could not be written",
    }
    /// What to do about it.
    write_down_the_code {
        nl: "de bundel zelf is compleet en verzegeld; schrijf de zegelcode over",
        en: "the bundle itself is whole and sealed; write down the seal code",
    }
    /// An encrypted volume that is open.
    do_not_shut_down(volumes: &str) {
        nl: "Zet deze computer nu niet uit: {volumes} is versleuteld en nu open. Na het uitzetten is er zonder sleutel \
             niets meer van te lezen; bel eerst IBD-CERT (070 204 55 11).",
        en: "Do not switch this computer off now: {volumes} is encrypted and open at present. After a shutdown it cannot \
             be read without its key; call IBD-CERT first (070 204 55 11).",
    }
    /// The one next step.
    read_out_the_code {
        nl: "Lees de zegelcode nu voor aan IBD-CERT (070 204 55 11), of schrijf hem op het bewijsformulier.",
        en: "Now read the seal code to IBD-CERT (070 204 55 11), or write it on the custody form.",
    }
}
