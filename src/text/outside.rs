//! Files from outside of the program that steer a run: on the screen and on the receipt.

use super::Sentence;
use super::sentence::sentences;
use crate::evidence::Digest;

sentences! {
    /// The description of a kit.
    kit { nl: "kit", en: "kit" }
    /// A playbook file.
    playbook { nl: "playbook", en: "playbook" }
    /// A rule file.
    rules { nl: "regels", en: "rules" }
    /// A list of indicators.
    indicators { nl: "indicatoren", en: "indicators" }
    /// A list of known files.
    known_good { nl: "bekende bestanden", en: "known files" }
    /// A file of recipients.
    recipients { nl: "ontvangers", en: "recipients" }
    /// A program that is run.
    tool { nl: "hulpprogramma", en: "tool" }
    /// Something that a newer program uses.
    other { nl: "anders", en: "other" }
    /// Used because the operator gave it.
    by_operator { nl: "op verzoek", en: "given by the operator" }
    /// Used because a trusted key signed the kit that holds it.
    of_trusted_kit { nl: "uit een vertrouwde kit", en: "from a trusted kit" }
    /// Used because the operator confirmed the kit that holds it.
    of_confirmed_kit { nl: "uit een bevestigde kit", en: "from a confirmed kit" }
    /// Why it is used is not known.
    unknown { nl: "onbekend", en: "unknown" }
    /// One file on the screen.
    file(role: &Sentence, brought_by: &Sentence, name: &str, sha256: Digest) {
        nl: "{role} ({brought_by}): {name} sha256 {sha256}",
        en: "{role} ({brought_by}): {name} sha256 {sha256}",
    }
    /// Files past the first ones, before a collection.
    more_in_bundle(count: usize) {
        nl: ["+ {count} bestand, genoemd in de bundel", "+ {count} bestanden, genoemd in de bundel"],
        en: ["+ {count} file, listed in the bundle", "+ {count} files, listed in the bundle"],
    }
    /// Files past the first ones, in a scan.
    more_in_json(count: usize) {
        nl: ["+ {count} bestand (--json)", "+ {count} bestanden (--json)"],
        en: ["+ {count} file (--json)", "+ {count} files (--json)"],
    }
}
