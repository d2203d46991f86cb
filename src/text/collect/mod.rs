//! Sentences of `veldkit collect`, by what they are about.

use super::Sentence;
use super::sentence::sentences;

pub mod destination;
pub mod dry_run;
pub mod keys;
pub mod plan;
pub mod report;
pub mod rights;

sentences! {
    /// `--vss` was asked for, and there is nothing to read.
    no_shadow_copies {
        nl: "er zijn hier geen schaduwkopieën om te lezen (--vss)",
        en: "there are no shadow copies to read here (--vss)",
    }
    /// The image cannot be read, or has no such partition.
    list_the_volumes {
        nl: "'veldkit list-volumes BESTAND' laat zien welke volumes erop staan",
        en: "'veldkit list-volumes FILE' lists the volumes on it",
    }
    /// The system that runs cannot be examined.
    choose_a_root {
        nl: "koppel het systeem aan en geef die map op met --root MAP",
        en: "mount the system and give that directory with --root DIR",
    }
    /// A note of a playbook for the operator.
    note(playbook: &str, text: &Sentence) { nl: "[{playbook}] {text}", en: "[{playbook}] {text}" }
}
