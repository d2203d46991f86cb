//! Sentences of `veldkit inventory`.

use super::sentence::sentences;

sentences! {
    /// The operating system gives no random bytes.
    no_random_bytes {
        nl: "het systeem geeft geen willekeurige bytes voor het nummer van het document",
        en: "the system gives no random bytes for the number of the document",
    }
}
