//! Sentences of `veldkit rules check | list | pack`.

use std::path::Path;

use super::Sentence;
use super::phrases::Phrase;
use super::sentence::sentences;

sentences! {
    /// A rule whose condition is never true.
    never_matches(file: &str, rule: &str, reason: Phrase<'_>) {
        nl: "{file}: regel {rule} kan nooit treffen: {reason}",
        en: "{file}: rule {rule} can never match: {reason}",
    }
    /// A file that does not compile.
    failed(file: &str, reason: Phrase<'_>) { nl: "{file}: {reason}", en: "{file}: {reason}" }
    /// How many rules there are.
    rules(count: usize) { nl: ["{count} regel", "{count} regels"], en: ["{count} rule", "{count} rules"] }
    /// In how many files.
    in_files(files: usize, rules: &Sentence) {
        nl: ["{rules} in {files} bestand", "{rules} in {files} bestanden"],
        en: ["{rules} in {files} file", "{rules} in {files} files"],
    }
    /// There is no rule.
    nothing_usable(found: &Sentence) { nl: "{found}: niets bruikbaar", en: "{found}: nothing can be used" }
    /// All files compile.
    all_usable(found: &Sentence) { nl: "{found}: allemaal bruikbaar", en: "{found}: all can be used" }
    /// Some files do not compile.
    some_usable(failed: usize, found: &Sentence) {
        nl: ["{found} bruikbaar, {failed} bestand niet; een run slaat dat over en gebruikt de rest",
             "{found} bruikbaar, {failed} bestanden niet; een run slaat die over en gebruikt de rest"],
        en: ["{found} can be used, {failed} file cannot; a run leaves it out and uses the rest",
             "{found} can be used, {failed} files cannot; a run leaves them out and uses the rest"],
    }
    /// Heading of the column of rules.
    rule { nl: "regel", en: "rule" }
    /// Heading of the column of scores.
    score { nl: "score", en: "score" }
    /// Heading of the column of descriptions.
    description { nl: "beschrijving", en: "description" }
    /// A row of the table, its heading included.
    columns(rule: &Sentence, score: &Sentence, description: &Sentence) {
        nl: "{rule:<40} {score:>5}  {description}",
        en: "{rule:<40} {score:>5}  {description}",
    }
    /// The packed file cannot be written.
    new_file {
        nl: "kies een bestand dat nog niet bestaat, in een map waarin u kunt schrijven",
        en: "choose a file that does not exist yet, in a directory that you can write to",
    }
    /// The packed file is written.
    packed(files: usize, out: &Path) {
        nl: ["{files} regelbestand in '{out}'; neem het mee, en geef op locatie --rules met --rules-identity of \
              --rules-passphrase-file",
             "{files} regelbestanden in '{out}'; neem het mee, en geef op locatie --rules met --rules-identity of \
              --rules-passphrase-file"],
        en: ["{files} rule file in '{out}'; take it along, and on site give --rules with --rules-identity or \
              --rules-passphrase-file",
             "{files} rule files in '{out}'; take it along, and on site give --rules with --rules-identity or \
              --rules-passphrase-file"],
    }
}
