//! Sentences about files and directories that others can change.

use std::path::Path;

use super::Sentence;
use super::phrases::Phrase;
use super::sentence::sentences;

sentences! {
    /// A file that steers the run is on a volume without owners.
    no_owners(path: &Path) {
        nl: "elke gebruiker kan '{path}' wijzigen, want het volume houdt geen eigenaars bij",
        en: "every user can change '{path}', since its volume keeps no owners",
    }
    /// A file that steers the run can be changed by every user.
    by_everybody(path: &Path) {
        nl: "'{path}' wordt niet gebruikt: elke gebruiker kan het wijzigen of vervangen, en deze run heeft alle rechten",
        en: "'{path}' is not used: every user can change or replace it, and this run has all rights",
    }
    /// A file that steers the run can be changed by others than administrators.
    by_others(path: &Path) {
        nl: "'{path}' wordt niet gebruikt: anderen dan de beheerders kunnen het wijzigen of vervangen, en deze run heeft alle rechten",
        en: "'{path}' is not used: others than the administrators can change or replace it, and this run has all rights",
    }
    /// The rights of a file cannot be read.
    rights_unknown(path: &Path, reason: Phrase<'_>) {
        nl: "kan niet lezen wie '{path}' mag wijzigen: {reason}",
        en: "cannot read who may change '{path}': {reason}",
    }
    /// What to do about it.
    for_administrators_only {
        nl: "zet het in een map waarin alleen beheerders (root) schrijven, of neem anderen het schrijfrecht af",
        en: "put it into a directory that only administrators (root) can write to, or take the right to write from others",
    }
    /// The volume of the destination keeps no rights.
    destination_without_rights(directory: &Path) {
        nl: "het volume van '{directory}' houdt geen toegangsrechten bij: wie op deze machine werkt kan de bundel wijzigen; 'veldkit verify' laat dat zien",
        en: "the volume of '{directory}' keeps no access rights: whoever works on this machine can change the bundle; 'veldkit verify' shows that",
    }
    /// Those who may change the destination, on Windows.
    administrators { nl: "beheerders", en: "administrators" }
    /// Those who may change the destination, on Linux.
    root { nl: "root", en: "root" }
    /// The destination is shared.
    destination_shared(others_than: &Sentence, directory: &Path, open: &Path) {
        nl: "de bundel gaat niet naar '{directory}': anderen dan {others_than} kunnen bestanden vervangen in '{open}'",
        en: "the bundle does not go to '{directory}': others than {others_than} can replace files in '{open}'",
    }
    /// What to do about it, on Windows.
    choose_another_windows {
        nl: "kies met --out een map waarin alleen beheerders schrijven, of geef --allow-shared-destination",
        en: "choose a directory with --out that only administrators can write to, or give --allow-shared-destination",
    }
    /// What to do about it, on Linux.
    choose_another_linux {
        nl: "kies met --out een map waarin alleen root schrijft, of geef --allow-shared-destination",
        en: "choose a directory with --out that only root can write to, or give --allow-shared-destination",
    }
    /// Recipients can be changed by others, and the run has no particular rights.
    recipients_by_others(file: &Path) {
        nl: "anderen dan u en de beheerders kunnen '{file}' ook wijzigen: vergelijk de vier woorden hieronder met die van IBD-CERT",
        en: "others than you and the administrators can change '{file}': compare the four words below with those of IBD-CERT",
    }
    /// Recipients can be changed by others, and the run has all rights.
    recipients_refused(file: &Path) {
        nl: "anderen dan u en de beheerders kunnen '{file}' wijzigen of vervangen, en daarmee bepalen wie de bundel kan lezen",
        en: "others than you and the administrators can change or replace '{file}', and with it who can read the bundle",
    }
    /// What to do about it.
    give_the_recipient {
        nl: "geef de ontvanger zelf met -r, of zet het bestand in een map waarin alleen beheerders schrijven",
        en: "give the recipient itself with -r, or put the file into a directory that only administrators can write to",
    }
}
