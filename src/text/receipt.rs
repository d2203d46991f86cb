//! The custody receipt: the page that a person prints, signs and keeps. Its block for programs is the same in every language
//! and is not here.

use std::fmt;

use super::phrases::Phrase;
use super::sentence::sentences;
use super::{Language, Localized, Sentence};
use crate::evidence::Digest;

/// The size of the file: millions of bytes with one decimal, rounded up, so that no file shows as 0.
#[derive(Debug, Clone, Copy)]
pub struct Megabytes(pub u64);

impl Localized for Megabytes {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.0.div_ceil(100_000);
        let point = match language {
            Language::Nl => ',',
            Language::En => '.',
        };
        write!(f, "{}{point}{} MB", (tenths / 10).written(language), tenths % 10)
    }
}

sentences! {
    /// The beginning of the page.
    introduction {
        nl: "ONTVANGSTBEWIJS DIGITAAL ONDERZOEK\n\
             ==================================\n\n\
             Met het programma veldkit is van een computer een kopie gemaakt van gegevens die nodig zijn om een\n\
             beveiligingsincident te onderzoeken. De computer zelf is niet meegenomen en er is niets gewist.\n\
             De kopie is één versleuteld bestand. Alleen wie de sleutel heeft, kan het lezen.\n",
        en: "RECEIPT FOR DIGITAL EVIDENCE\n\
             ============================\n\n\
             The program veldkit copied from a computer the data that is needed to investigate a security incident.\n\
             The computer itself was not taken away and nothing was erased.\n\
             The copy is one encrypted file. Only those who have the key can read it.\n",
    }
    /// A row of the page.
    row(label: &Sentence, value: &Sentence) { nl: "{label:<21}{value}", en: "{label:<21}{value}" }
    /// What was not given, in the place of what would be.
    not_given { nl: "niet opgegeven", en: "not given" }
    /// Label: the case.
    case { nl: "Zaak", en: "Case" }
    /// Label: the number of the piece of evidence.
    evidence_number { nl: "Nummer bewijsstuk", en: "Evidence number" }
    /// Label: the host.
    host { nl: "Computer", en: "Computer" }
    /// Label: who collected.
    collected_by { nl: "Verzameld door", en: "Collected by" }
    /// Label: the start of the run.
    started { nl: "Begin", en: "Start" }
    /// Label: the end of the run.
    ended { nl: "Einde", en: "End" }
    /// Label: a place to be filled in with a pen.
    place { nl: "Plaats", en: "Place" }
    /// What is filled in with a pen.
    to_fill_in { nl: "______________________\n", en: "______________________\n" }
    /// Label: the name of the bundle.
    file { nl: "Bestand", en: "File" }
    /// Label: its size.
    size { nl: "Grootte", en: "Size" }
    /// Label: how many parts it has.
    parts { nl: "Delen", en: "Parts" }
    /// The parts by their ends.
    parts_from_to(count: usize, last: &str) {
        nl: "{count} (.001 tot en met .{last})",
        en: "{count} (.001 to .{last})",
    }
    /// Label: items by what became of them.
    items { nl: "Onderdelen", en: "Items" }
    /// The first line of them.
    items_read(whole: u64, partial: u64, denied: u64) {
        nl: "{whole} verzameld, {partial} gedeeltelijk, {denied} geweigerd,",
        en: "{whole} collected, {partial} partial, {denied} denied,",
    }
    /// The second line of them.
    items_not_read(failed: u64, skipped: u64, missing: u64) {
        nl: "{failed} mislukt, {skipped} overgeslagen, {missing} afwezig",
        en: "{failed} failed, {skipped} skipped, {missing} missing",
    }
    /// Label: items with hits.
    hits { nl: "Treffers", en: "Hits" }
    /// How many.
    items_with_hits(count: u64) {
        nl: ["in {count} onderdeel", "in {count} onderdelen"],
        en: ["in {count} item", "in {count} items"],
    }
    /// Label: whether all was done.
    all_done { nl: "Opdracht voltooid", en: "Complete" }
    /// It was.
    yes { nl: "ja\n", en: "yes\n" }
    /// It was not.
    no { nl: "nee\n", en: "no\n" }
    /// Why not.
    not_all_done(reason: Phrase<'_>) { nl: "Niet voltooid: {reason}\n", en: "Not complete: {reason}\n" }
    /// Label: the code to read out.
    seal_code { nl: "ZEGELCODE", en: "SEAL CODE" }
    /// What to do with it.
    about_the_code(sha256: Digest) {
        nl: "\n\
             Deze code hoort bij precies dit bestand. Lees de code nu voor aan IBD-CERT, telefoon 070 204 55 11\n\
             (dag en nacht), of schrijf hem op het bewijsformulier. Wie het bestand later vervangt of wijzigt,\n\
             krijgt een andere code. De volledige controlewaarde (SHA-256) is:\n\n\
             {sha256}\n",
        en: "\n\
             This code belongs to exactly this file. Read it out now to IBD-CERT, telephone +31 70 204 55 11 (day\n\
             and night), or write it on the custody form. Whoever replaces or changes the file later gets another\n\
             code. The full check value (SHA-256) is:\n\n\
             {sha256}\n",
    }
    /// Heading: who can read the bundle.
    readers { nl: "WIE DIT KAN LEZEN", en: "WHO CAN READ IT" }
    /// One of them.
    reader(recipient: &str) { nl: "- {recipient}", en: "- {recipient}" }
    /// Those who know the passphrase.
    by_passphrase { nl: "- wie de wachtwoordzin kent", en: "- whoever knows the passphrase" }
    /// Those past the first ones.
    more_readers(count: usize) {
        nl: ["- en {count} ander", "- en {count} anderen"],
        en: ["- and {count} other", "- and {count} others"],
    }
    /// What to do with their words.
    about_the_words {
        nl: "Lees ook deze woorden voor aan IBD-CERT. Kent men ze daar niet, dan is de sleutel op de stick\n\
             verwisseld: geef het bestand dan aan niemand.",
        en: "Read out these words to IBD-CERT as well. If they are not known there, the key on the stick was swapped:\n\
             then hand the file over to nobody.",
    }
    /// Heading: what is in the bundle.
    contents { nl: "WAT ER IN ZIT", en: "WHAT IS IN IT" }
    /// A kind of evidence with its number of items.
    kind(name: &str, items: u64) { nl: "{name}: {items}", en: "{name}: {items}" }
    /// Kinds past the first ones.
    more_kinds(count: usize) {
        nl: ["+ {count} andere soort gegevens", "+ {count} andere soorten gegevens"],
        en: ["+ {count} more kind of evidence", "+ {count} more kinds of evidence"],
    }
    /// Heading: files from outside of the program.
    outside {
        nl: "GEBRUIKTE BESTANDEN VAN BUITEN HET PROGRAMMA",
        en: "FILES FROM OUTSIDE THE PROGRAM",
    }
    /// One of them, and its digest.
    outside_file(role: &Sentence, brought_by: &Sentence, name: &str, sha256: Digest) {
        nl: "- {role} ({brought_by}): {name}\n  SHA-256 {sha256}",
        en: "- {role} ({brought_by}): {name}\n  SHA-256 {sha256}",
    }
    /// Those past the first ones.
    more_outside(count: usize) {
        nl: ["- nog {count}, genoemd in de bundel zelf", "- nog {count}, genoemd in de bundel zelf"],
        en: ["- {count} more, listed in the bundle itself", "- {count} more, listed in the bundle itself"],
    }
    /// The end of the page, with room for two signatures.
    handing_over {
        nl: "De kopie kan persoonsgegevens bevatten en is alleen bedoeld voor het onderzoek van dit incident.\n\n\
             WAT U HIERMEE DOET\n\
             - Bewaar dit ontvangstbewijs bij de zaak, los van de stick of schijf met het bestand.\n\
             - Geef het bestand alleen af tegen een handtekening hieronder.\n\
             - Vragen? Bel IBD-CERT, 070 204 55 11, dag en nacht.\n\n\
             Overgedragen door                       Ontvangen door\n\n\
             Naam          ______________________    Naam          ______________________\n\n\
             Organisatie   ______________________    Organisatie   ______________________\n\n\
             Datum, tijd   ______________________    Datum, tijd   ______________________\n\n\
             Handtekening  ______________________    Handtekening  ______________________\n\n\
             Controle door een deskundige: sha256sum van het bestand (van delen: cat BESTAND.* | sha256sum).",
        en: "The copy may hold personal data. It is meant for the investigation of this incident alone.\n\n\
             WHAT TO DO WITH IT\n\
             - Keep this receipt with the case, apart from the stick or disk that holds the file.\n\
             - Hand the file over only against a signature below.\n\
             - Questions? Call IBD-CERT, +31 70 204 55 11, day and night.\n\n\
             Handed over by                          Received by\n\n\
             Name          ______________________    Name          ______________________\n\n\
             Organisation  ______________________    Organisation  ______________________\n\n\
             Date, time    ______________________    Date, time    ______________________\n\n\
             Signature     ______________________    Signature     ______________________\n\n\
             To check, as a specialist: sha256sum of the file (of parts: cat FILE.* | sha256sum).",
    }
    /// The receipt has a signature.
    signed(key: &str) {
        nl: "Ondertekend met minisign-sleutel {key}\n",
        en: "Signed with minisign key {key}\n",
    }
    /// The receipt has none.
    not_signed {
        nl: "Niet ondertekend met een sleutel: alleen wie de zegelcode nu noteert, kan later nagaan dat het\n\
             bestand hetzelfde is.\n",
        en: "Not signed with a key: only those who note the seal code now can tell later that the file is\n\
             the same.\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_never_shown_as_empty() {
        for (bytes, nl, en) in [
            (1, "0,1 MB", "0.1 MB"),
            (338_400_000, "338,4 MB", "338.4 MB"),
            (9_407_000_001, "9.407,1 MB", "9,407.1 MB"),
        ] {
            assert_eq!(Megabytes(bytes).written(Language::Nl), nl);
            assert_eq!(Megabytes(bytes).written(Language::En), en);
        }
    }
}
