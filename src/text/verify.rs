//! The verdict on a bundle, as a person reads it.

use super::phrases::Phrase;
use super::sentence::sentences;
use super::{Items, Sentence};
use crate::evidence::Utc;

sentences! {
    /// Label: whether the bundle is as it was sealed.
    integrity { nl: "integriteit", en: "integrity" }
    /// It is.
    whole {
        nl: "HEEL: verzegeld, en alle controles kloppen",
        en: "WHOLE: sealed, and all checks passed",
    }
    /// Its end is missing.
    truncated {
        nl: "AFGEKAPT: het einde van het bestand ontbreekt; wat er is, klopt",
        en: "TRUNCATED: the end of the file is missing; what remains is correct",
    }
    /// It is not.
    tampered {
        nl: "AANGETAST: er is iets veranderd of beschadigd",
        en: "TAMPERED: something was changed or is damaged",
    }
    /// Label: parts of a split bundle that are not there.
    parts_missing { nl: "ontbreekt", en: "missing" }
    /// Label: the computer it is of.
    host { nl: "computer", en: "host" }
    /// Label: the case it belongs to.
    case { nl: "zaak", en: "case" }
    /// A case and the number of the piece of evidence.
    case_and_evidence(case: &str, number: &str) { nl: "{case}, bewijsstuk {number}", en: "{case}, evidence {number}" }
    /// Label: who collected it.
    examiner { nl: "onderzoeker", en: "examiner" }
    /// Label: when it was collected.
    collected { nl: "verzameld", en: "collected" }
    /// Begin and end.
    from_to(begin: Utc, end: Utc) { nl: "{begin} tot {end}", en: "{begin} to {end}" }
    /// Begin alone.
    from(begin: Utc) { nl: "vanaf {begin}", en: "from {begin}" }
    /// Label: the program that made it.
    tool { nl: "programma", en: "tool" }
    /// Its name and version.
    tool_version(name: &str, version: &str) { nl: "{name} {version}", en: "{name} {version}" }
    /// Label: the rights it had.
    rights { nl: "rechten", en: "rights" }
    /// It could read everything.
    all_rights { nl: "alle (beheerder of root)", en: "all (administrator or root)" }
    /// It could not.
    limited_rights { nl: "beperkt: geen beheerder", en: "limited: no administrator" }
    /// Label: whether all was done that was asked.
    task { nl: "opdracht", en: "task" }
    /// All was done.
    complete { nl: "voltooid", en: "complete" }
    /// Not all was done.
    incomplete { nl: "niet voltooid", en: "not complete" }
    /// Label: what rules and indicators matched.
    hits { nl: "treffers", en: "hits" }
    /// Items with hits.
    items_with_hits(count: u64) {
        nl: ["in {count} onderdeel", "in {count} onderdelen"],
        en: ["in {count} item", "in {count} items"],
    }
    /// Label: who made it.
    authorship { nl: "herkomst", en: "authorship" }
    /// It is from whom one believes.
    proved(by: Items<'_, Sentence>) { nl: "BEWEZEN met {by}", en: "PROVED by {by}" }
    /// It is not.
    refuted(why: Phrase<'_>) { nl: "WEERLEGD: {why}", en: "REFUTED: {why}" }
    /// Nothing was given to judge it by.
    not_checked {
        nl: "NIET GECONTROLEERD: iedereen met de publieke sleutel kan dit bestand gemaakt hebben; geef --signer of --seal",
        en: "NOT CHECKED: anyone with the public key could have made this file; give --signer or --seal",
    }
    /// What was given could not be used.
    not_checked_because(why: Phrase<'_>) {
        nl: "NIET GECONTROLEERD ({why}): iedereen met de publieke sleutel kan dit bestand gemaakt hebben; geef --signer of \
             --seal",
        en: "NOT CHECKED ({why}): anyone with the public key could have made this file; give --signer or --seal",
    }
    /// Proof: a signature.
    by_signature { nl: "de handtekening", en: "its signature" }
    /// Proof: the code that was read out.
    by_seal_code { nl: "de zegelcode", en: "its seal code" }
    /// Proof: a receipt with a signature.
    by_receipt { nl: "het ondertekende ontvangstbewijs", en: "its signed receipt" }
    /// The signature is by a key that was on the host.
    signed {
        nl: "ONDERTEKEND met de sleutel van de kit. Die sleutel was op de onderzochte computer: wie hem daar heeft \
             gekopieerd, kan dit ook. Het bewijs is de zegelcode die is voorgelezen: geef --seal",
        en: "SIGNED with the kit's key. That key was on the examined host: whoever copied it there can sign as well. The \
             proof is the seal code that was read out: give --seal",
    }
    /// The same with a certificate.
    signed_certified(terms: &Sentence) {
        nl: "ONDERTEKEND met de sleutel van de kit ({terms}). Die sleutel was op de onderzochte computer: wie hem daar \
             heeft gekopieerd, kan dit ook. Het bewijs is de zegelcode die is voorgelezen: geef --seal",
        en: "SIGNED with the kit's key ({terms}). That key was on the examined host: whoever copied it there can sign as \
             well. The proof is the seal code that was read out: give --seal",
    }
    /// What a certificate says.
    certified(until: Utc) { nl: "door CERT toegelaten tot {until}", en: "certified by the CERT until {until}" }
    /// What a certificate for one case says.
    certified_for(case: &str, until: Utc) {
        nl: "door CERT toegelaten voor zaak {case} tot {until}",
        en: "certified by the CERT for case {case} until {until}",
    }
    /// Label: items by how well they are proved.
    items { nl: "onderdelen", en: "items" }
    /// In a good checkpoint.
    items_proved { nl: "bewezen", en: "proved" }
    /// In a good checkpoint after a hole.
    items_relative {
        nl: "bewezen vanaf het eerste goede controlepunt na een gat",
        en: "proved relative to the first good checkpoint after a hole",
    }
    /// Recovered.
    items_unproved { nl: "teruggehaald maar niet bewezen", en: "recovered but not proved" }
    /// Recovered in part.
    items_partial { nl: "gedeeltelijk teruggehaald en niet bewezen", en: "recovered in part and not proved" }
    /// Lost.
    items_lost { nl: "verloren", en: "lost" }
    /// Not what their record says.
    items_refuted { nl: "weerlegd", en: "refuted" }
    /// One item, in a list of them: in a good checkpoint.
    trust_proved { nl: "bewezen", en: "proved" }
    /// In a good checkpoint after a hole.
    trust_relative { nl: "bewezen na een gat", en: "proved after a hole" }
    /// Recovered.
    trust_unproved { nl: "niet bewezen", en: "not proved" }
    /// Recovered in part.
    trust_partial { nl: "gedeeltelijk", en: "partial" }
    /// Lost.
    trust_lost { nl: "verloren", en: "lost" }
    /// Not what its record says.
    trust_refuted { nl: "weerlegd", en: "refuted" }
    /// Label: the code of the seal.
    seal_code { nl: "zegelcode", en: "seal code" }
    /// Something that is wrong.
    finding(on: &str, what: Phrase<'_>) { nl: "  - {on}: {what}", en: "  - {on}: {what}" }
    /// Things that are wrong past those shown.
    more_findings(count: u64) { nl: "  … +{count} (--json)", en: "  … +{count} (--json)" }
    /// A seal code with a misheard character.
    wrong_group(groups: &str) {
        nl: "de zegelcode kan niet kloppen: de controletekens passen niet in groep {groups}",
        en: "the seal code cannot be right: its check characters are wrong in group {groups}",
    }
    /// What to do about it.
    read_group_again(groups: &str) {
        nl: "laat groep {groups} nog een keer voorlezen",
        en: "have group {groups} read out once more",
    }
    /// `--seal` with several bundles.
    one_seal_code {
        nl: "een zegelcode hoort bij één bundel, en er zijn er meer opgegeven",
        en: "a seal code belongs to one bundle, and several are given",
    }
    /// What to do about it.
    one_by_one { nl: "controleer ze één voor één met --seal", en: "verify them one by one with --seal" }
    /// The file is no bundle.
    what_a_bundle_is {
        nl: "klopt het pad? Geef een bundel zoals 'collect' die schrijft (….zip.age); van een gesplitste bundel mag het elk \
             deel zijn",
        en: "is the path right? Give a bundle as 'collect' writes it (….zip.age); of a split one, any part",
    }
    /// The bundle cannot be opened.
    right_key {
        nl: "is het de juiste sleutel? Vraag wie de kit maakte voor welke ontvanger hij versleutelt",
        en: "is it the right key? Ask whoever made the kit to which recipient it encrypts",
    }
}
