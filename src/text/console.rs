//! The words around every message, and texts that come from elsewhere in the program.

use super::Sentence;
use super::phrases::Phrase;
use super::sentence::sentences;

sentences! {
    /// Before a warning.
    warning { nl: "let op", en: "warning" }
    /// Before what went wrong.
    error { nl: "fout", en: "error" }
    /// Before why it went wrong.
    caused_by { nl: "oorzaak", en: "caused by" }
    /// Before the one next step.
    hint { nl: "advies", en: "hint" }
    /// A word and what it announces.
    announced(word: &Sentence, text: &Sentence) { nl: "{word}: {text}", en: "{word}: {text}" }
    /// A text that another part of the program made, such as an error or a reason.
    reported(text: Phrase<'_>) { nl: "{text}", en: "{text}" }
    /// The results of a command are not all where the operator wanted them.
    not_printed { nl: "kan niet naar de standaarduitvoer schrijven", en: "cannot write to standard output" }
    /// What to do about it.
    space_for_output {
        nl: "is er nog ruimte op de plek waar de uitvoer heen gaat? Wat daar staat, is niet volledig",
        en: "is there space where the output goes? What is there is not complete",
    }
}
