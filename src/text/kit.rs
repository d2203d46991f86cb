//! Sentences about the kit that a program uses.

use std::path::Path;

use super::Sentence;
use super::sentence::sentences;
use crate::evidence::Digest;

sentences! {
    /// A kit that is used without a question.
    trusted(name: &str, words: &str) {
        nl: "kit '{name}', ondertekend met een vertrouwde sleutel ({words})",
        en: "kit '{name}', signed by a trusted key ({words})",
    }
    /// What to do where a kit cannot be used.
    stop_using {
        nl: "gebruik deze stick niet meer, en bel wie hem gemaakt heeft; zonder kit verzamelen kan met een andere stick en --no-kit",
        en: "stop using this stick, and call whoever made it; to collect without a kit, use another stick and --no-kit",
    }
    /// Something next to the program looks as if it were used.
    not_used(path: &str, option: &str) {
        nl: "'{path}' naast het programma wordt niet gebruikt, want het hoort niet bij een kit. Wilt u het toch \
             gebruiken, geef het dan op met {option}",
        en: "'{path}' next to the program is not used, since it is not part of a kit. To use it, give it with {option}",
    }
    /// A kit that is refused, and why it is not trusted.
    refused(directory: &Path, worth: &Sentence, why: &Sentence) {
        nl: "de kit in '{directory}' wordt niet gebruikt: {worth}, en {why}",
        en: "the kit in '{directory}' is not used: {worth}, and {why}",
    }
    /// Why nobody was asked.
    no_terminal {
        nl: "er is geen terminal om hem te bevestigen",
        en: "there is no terminal to confirm it at",
    }
    /// The answer was not yes.
    not_confirmed { nl: "hij is niet bevestigd", en: "it was not confirmed" }
    /// What to do about it.
    confirm_or_without {
        nl: "start veldkit zelf in een opdrachtvenster, vergelijk de woorden die het toont en typ 'ja', of werk zonder kit met --no-kit",
        en: "start veldkit in a terminal, compare the words that it shows and type 'yes', or work without a kit with --no-kit",
    }
    /// The question.
    compare_the_words {
        nl: "Vergelijk de woorden achter 'ondertekend door' en 'leesbaar voor' met die bij de kit, of bel wie hem gemaakt \
             heeft. Typ 'ja' om de kit te gebruiken:",
        en: "Compare the words after 'signed by' and 'readable by' with those that came with the kit, or call whoever made \
             it. Type 'yes' to use the kit:",
    }
    /// A key that was compiled in has signed it.
    signed_by_trusted { nl: "hoewel een vertrouwde sleutel hem heeft ondertekend, moet hij worden bevestigd", en: "although a trusted key has signed it, it must be confirmed" }
    /// Another key has signed it.
    signed_by_unknown {
        nl: "hij is ondertekend met een sleutel die dit programma niet kent",
        en: "it is signed by a key that this program does not know",
    }
    /// The signature is of other bytes.
    signature_wrong {
        nl: "de handtekening klopt niet: de kit is gewijzigd, of door iemand anders gemaakt",
        en: "its signature is wrong, so the kit was changed or made by somebody else",
    }
    /// There is no signature.
    not_signed { nl: "hij is niet ondertekend", en: "it is not signed" }
    /// The first line of what is shown of a kit.
    heading(name: &str, directory: &Path, worth: &Sentence) {
        nl: "kit '{name}' ({directory}): {worth}",
        en: "kit '{name}' ({directory}): {worth}",
    }
    /// Label: whose key signed it.
    signed_by { nl: "ondertekend door", en: "signed by" }
    /// The words of a key, and whose it says that it is.
    signer(words: &str, comment: &str) { nl: "{words} ({comment})", en: "{words} ({comment})" }
    /// No key signed it.
    nobody { nl: "niemand", en: "nobody" }
    /// Label: a recipient.
    readable_by { nl: "leesbaar voor", en: "readable by" }
    /// The words of a recipient, and the end of it.
    recipient(words: &str, end: &str) { nl: "{words} (…{end})", en: "{words} (…{end})" }
    /// Label: a file that is used.
    file { nl: "bestand", en: "file" }
    /// A file with its digest.
    file_with_digest(path: &str, sha256: Digest) { nl: "{path} sha256 {sha256}", en: "{path} sha256 {sha256}" }
}
