//! Sentences about rules and indicators that are used: shared by every command that scans.

use super::phrases::Phrase;
use super::sentence::sentences;

sentences! {
    /// `--scan-processes` with `--root`.
    no_processes_below_root {
        nl: "een systeem onder --root draait niet: het heeft geen processen om te scannen",
        en: "a system below --root does not run: it has no processes to scan",
    }
    /// What to do about it.
    root_or_processes {
        nl: "laat --root weg, of --scan-processes en --pid",
        en: "leave out --root, or --scan-processes and --pid",
    }
    /// A set of rules cannot be opened.
    give_the_rules_key {
        nl: "geef --rules-identity BESTAND of --rules-passphrase-file BESTAND",
        en: "give --rules-identity FILE or --rules-passphrase-file FILE",
    }
    /// Rules cannot be read.
    what_rules_are {
        nl: "klopt het pad? Geef een regelbestand, of een map of zip met bestanden die op .yar, .yara of .rule eindigen",
        en: "is the path right? Give a rule file, or a directory or zip of files that end in .yar, .yara or .rule",
    }
    /// Indicators cannot be read.
    what_lists_are {
        nl: "klopt het pad? Geef een lijst, een map met lijsten of een MISP-feed; dwing een formaat af met bijvoorbeeld \
             csv=BESTAND",
        en: "is the path right? Give a list, a directory of lists or a MISP feed; force a format as in csv=FILE",
    }
    /// A file of which nothing is in use.
    nothing_usable(file: &str) { nl: "{file}: niets hiervan is bruikbaar", en: "{file}: nothing of it can be used" }
    /// A rule file that does not compile.
    rule_file_left_out(file: &str, reason: Phrase<'_>) {
        nl: "regelbestand overgeslagen: {file}: {reason}",
        en: "rule file left out: {file}: {reason}",
    }
    /// Files of directories that are no rule files.
    no_rule_files(count: u64, first: &str) {
        nl: ["{count} bestand is geen regelbestand en is overgeslagen: '{first}'",
             "{count} bestanden zijn geen regelbestand en zijn overgeslagen, zoals '{first}'"],
        en: ["{count} file is no rule file and was skipped: '{first}'",
             "{count} files are no rule files and were skipped, such as '{first}'"],
    }
    /// A list of a kit is a directory.
    kit_lists_files {
        nl: "een lijst van de kit is een map, en een kit bevat alleen bestanden",
        en: "a list of the kit is a directory, and a kit lists files",
    }
}
