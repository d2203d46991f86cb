//! Sentences of `veldkit playbook list | show | check`.

use std::fmt;

use super::phrases::Phrase;
use super::sentence::sentences;
use super::{ByteSize, Language, Localized, Sentence};
use crate::evidence::Printable;

/// A size that somebody chose: without decimals where it is a whole number of its unit.
#[derive(Debug, Clone, Copy)]
pub struct RoundSize(pub u64);

impl Localized for RoundSize {
    fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
            let whole = self.0 >> shift;
            if whole > 0 && whole << shift == self.0 {
                return write!(f, "{} {unit}", whole.written(language));
            }
        }
        ByteSize(self.0).write(language, f)
    }
}

sentences! {
    /// `playbook show` of a file without a playbook.
    no_playbook(file: &str) {
        nl: "'{file}' bevat artefacten, maar geen playbook om te tonen",
        en: "'{file}' holds artifacts but no playbook to show",
    }
    /// What to do about it.
    check_or_collect {
        nl: "'veldkit playbook check BESTAND' controleert de artefacten, 'veldkit collect --playbook BESTAND --artifact \
             NAAM' verzamelt ze",
        en: "'veldkit playbook check FILE' checks the artifacts, 'veldkit collect --playbook FILE --artifact NAME' collects \
             them",
    }
    /// A kit has a playbook of a name that the program has too.
    another_name {
        nl: "geef het playbook een andere naam, of geef het bestand zelf op met --playbook BESTAND",
        en: "give the playbook another name, or give the file itself with --playbook FILE",
    }
    /// A file with several playbooks.
    several(file: &str, count: usize) {
        nl: "'{file}' bevat {count} playbooks, en het moet er één zijn",
        en: "'{file}' holds {count} playbooks, and it must be one",
    }
    /// What to do about it.
    one_per_file { nl: "zet elk playbook in een apart bestand", en: "put each playbook into a file by itself" }
    /// Playbooks that were checked.
    playbooks(count: usize) {
        nl: ["{count} playbook", "{count} playbooks"],
        en: ["{count} playbook", "{count} playbooks"],
    }
    /// Artifacts that were checked.
    artifacts(count: usize) {
        nl: ["{count} artefact", "{count} artefacten"],
        en: ["{count} artifact", "{count} artifacts"],
    }
    /// All of them can be used.
    no_faults(playbooks: &Sentence, artifacts: &Sentence) {
        nl: "{playbooks} en {artifacts}: geen fouten",
        en: "{playbooks} and {artifacts}: no faults",
    }
    /// Before the list of playbooks.
    list_of_playbooks {
        nl: "Playbooks (veldkit playbook show NAAM):",
        en: "Playbooks (veldkit playbook show NAME):",
    }
    /// Before the list of artifacts.
    list_of_artifacts {
        nl: "Artefacten (veldkit collect --artifact NAAM), met hun systemen en persoonsgegevens:",
        en: "Artifacts (veldkit collect --artifact NAME), with their systems and personal data:",
    }
    /// A playbook of the list, with the first sentence of its description.
    playbook(name: &Sentence, title: &Sentence, description: &Sentence) {
        nl: "  {name:<20} {title}: {description}",
        en: "  {name:<20} {title}: {description}",
    }
    /// Below the playbook that is never wrong.
    when_unsure {
        nl: "                       Weet u niet welk playbook past? Kies dit.",
        en: "                       Not sure which playbook fits? Choose this one.",
    }
    /// An artifact of the list.
    artifact(name: &Sentence, systems: &Sentence, class: &Sentence) {
        nl: "  {name:<44} {systems:<16} {class}",
        en: "  {name:<44} {systems:<16} {class}",
    }
    /// An artifact that a playbook must ask for.
    on_request(artifact: &Sentence) { nl: "{artifact}, alleen op verzoek", en: "{artifact}, only when asked for" }
    /// An artifact that consists of others.
    group { nl: "groep", en: "group" }
    /// A playbook that is shown.
    heading(name: &Sentence, title: &Sentence) { nl: "{name}: {title}", en: "{name}: {title}" }
    /// A target that is neither Linux nor Windows.
    other_system { nl: "een ander systeem", en: "another system" }
    /// Before the steps.
    on_system(count: usize, system: &Sentence) {
        nl: ["Op {system}: {count} artefact",
             "Op {system}: {count} artefacten, in deze volgorde (wat het eerst verdwijnt, komt eerst)"],
        en: ["On {system}: {count} artifact",
             "On {system}: {count} artifacts, in this order (what is lost first comes first)"],
    }
    /// A step.
    step(number: &Sentence, artifact: &Sentence, class: &Sentence) {
        nl: "{number:>4}  {artifact:<44} persoonsgegevens: {class}",
        en: "{number:>4}  {artifact:<44} personal data: {class}",
    }
    /// A step that collects matches alone.
    swept(places: &str) {
        nl: "wordt gescand, en alleen bij een treffer verzameld: {places}",
        en: "is scanned, and collected only where a rule matches: {places}",
    }
    /// What a step leaves out.
    except(places: &str) { nl: "behalve: {places}", en: "except: {places}" }
    /// Before what is left out.
    left_out { nl: "Met opzet niet verzameld", en: "Left out on purpose" }
    /// One artifact that is.
    left_out_because(artifact: &str, reason: Phrase<'_>) { nl: "  {artifact}: {reason}", en: "  {artifact}: {reason}" }
    /// Before the notes.
    for_the_operator { nl: "Voor de operator", en: "For the operator" }
    /// A note.
    note(text: &Sentence) { nl: "- {text}", en: "- {text}" }
    /// Limit: the size of a file.
    file_size(size: RoundSize) { nl: "hoogstens {size} per bestand", en: "at most {size} per file" }
    /// Limit: the size of all files.
    all_sizes(size: RoundSize) { nl: "hoogstens {size} samen", en: "at most {size} together" }
    /// Limit: the number of files.
    files(count: u64) {
        nl: ["hoogstens {count} bestand", "hoogstens {count} bestanden"],
        en: ["at most {count} file", "at most {count} files"],
    }
    /// Limit: how long ago it was changed.
    changed(days: u64) {
        nl: ["gewijzigd in de laatste dag", "gewijzigd in de laatste {days} dagen"],
        en: ["changed within the last day", "changed within the last {days} days"],
    }
    /// Limit: how deep.
    depth(levels: u64) {
        nl: ["tot {levels} map diep", "tot {levels} mappen diep"],
        en: ["down to {levels} directory", "down to {levels} directories"],
    }
    /// Volatility: what changes from second to second.
    tables {
        nl: "Wat het eerst verdwijnt: processen, verbindingen, sessies",
        en: "What vanishes first: processes, connections, sessions",
    }
    /// Volatility: memory.
    processes { nl: "Geheugen en processen", en: "Memory and processes" }
    /// Volatility: the network.
    network { nl: "Toestand van het netwerk", en: "State of the network" }
    /// Volatility: who is logged on.
    sessions { nl: "Sessies", en: "Sessions" }
    /// Volatility: the system's state.
    system { nl: "Toestand van het systeem", en: "State of the system" }
    /// Volatility: files that do not last.
    volatile_files { nl: "Vluchtige bestanden", en: "Volatile files" }
    /// Volatility: logs.
    logs { nl: "Logbestanden", en: "Logs" }
    /// Volatility: files.
    plain_files { nl: "Bestanden", en: "Files" }
    /// Volatility: configuration.
    configuration { nl: "Configuratie", en: "Configuration" }
    /// Volatility: what is large.
    bulk { nl: "Groot, en daarom het laatst", en: "Large, and last for that reason" }
}

/// A text that a playbook has in both languages.
#[must_use]
pub fn bilingual(nl: &str, en: &str) -> Sentence {
    Sentence::filled(Printable(nl).to_string(), Printable(en).to_string())
}
