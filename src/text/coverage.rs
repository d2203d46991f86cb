//! Sentences about which indicators were matched against what.

use super::Sentence;
use super::sentence::sentences;

sentences! {
    /// Where digests are looked for.
    whole_files { nl: "hele bestanden, ook in zip, gzip en tar", en: "whole files, also inside zip, gzip and tar" }
    /// Where names of files are looked for.
    names_and_paths { nl: "namen en paden, ook in zip, gzip en tar", en: "names and paths, also inside zip, gzip and tar" }
    /// Where addresses, domains and URLs are looked for in a run that reads live state.
    rows_and_logs {
        nl: "verbindingen en andere rijen, hosts, en tekst van logs en geschiedenissen (niet ingepakt, niet evtx)",
        en: "connections and other rows, hosts, and text of logs and histories (not packed, not evtx)",
    }
    /// Where addresses, domains and URLs are looked for in a scan of files.
    logs {
        nl: "hosts, en tekst van logs en geschiedenissen (niet ingepakt, niet evtx)",
        en: "hosts, and text of logs and histories (not packed, not evtx)",
    }
    /// Where pipes, mutexes and registry keys are looked for.
    rows { nl: "de rijen in de bundel", en: "the rows in the bundle" }
    /// One kind of indicator with what it was matched against.
    matched(count: u64, kind: &str, against: &Sentence) {
        nl: "{count} {kind}: vergeleken met {against}",
        en: "{count} {kind}: matched against {against}",
    }
    /// One kind of indicator that nothing in this run can match.
    not_matched(count: u64, kind: &str) {
        nl: "{count} {kind}: niet vergeleken: deze run leest niets waarin ze voorkomen",
        en: "{count} {kind}: not matched: this run reads nothing that has them",
    }
}
