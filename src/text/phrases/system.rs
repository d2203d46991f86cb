//! Errors of the operating system and of Rust's library, which no source text of this program has.
//!
//! Linux writes them in English. Windows writes them in its own language, so they are known by their number, and a person
//! reads a German host's errors in Dutch or English. Records keep what the host wrote.

use crate::text::Language;

/// Code, texts of musl and glibc, and Dutch.
const LINUX: &[(i32, &[&str], &str)] = &[
    (1, &["Operation not permitted"], "dit mag niet"),
    (2, &["No such file or directory"], "dit bestand of deze map bestaat niet"),
    (3, &["No such process"], "dit proces bestaat niet"),
    (4, &["Interrupted system call"], "onderbroken"),
    (5, &["I/O error", "Input/output error"], "lees- of schrijffout van het apparaat"),
    (6, &["No such device or address"], "dit apparaat of adres bestaat niet"),
    (11, &["Resource temporarily unavailable"], "even niet beschikbaar"),
    (12, &["Out of memory", "Cannot allocate memory"], "te weinig geheugen"),
    (13, &["Permission denied"], "geen toegang"),
    (16, &["Resource busy", "Device or resource busy"], "in gebruik"),
    (17, &["File exists"], "dit bestand bestaat al"),
    (18, &["Cross-device link", "Invalid cross-device link"], "dit ligt op een ander volume"),
    (19, &["No such device"], "dit apparaat bestaat niet"),
    (20, &["Not a directory"], "dit is geen map"),
    (21, &["Is a directory"], "dit is een map"),
    (22, &["Invalid argument"], "ongeldig argument"),
    (23, &["Too many open files in system"], "te veel open bestanden op dit systeem"),
    (24, &["No file descriptors available", "Too many open files"], "te veel open bestanden"),
    (26, &["Text file busy"], "dit programma draait"),
    (27, &["File too large"], "het bestand is te groot"),
    (28, &["No space left on device"], "de schijf is vol"),
    (30, &["Read-only file system"], "dit volume is alleen te lezen"),
    (32, &["Broken pipe"], "de ontvanger is weg"),
    (36, &["Filename too long", "File name too long"], "de naam is te lang"),
    (38, &["Function not implemented"], "deze kernel kan dit niet"),
    (39, &["Directory not empty"], "de map is niet leeg"),
    (40, &["Symbolic link loop", "Too many levels of symbolic links"], "te veel koppelingen achter elkaar"),
    (61, &["No data available"], "geen gegevens"),
    (
        75,
        &["Value too large for data type", "Value too large for defined data type"],
        "het getal is te groot",
    ),
    (95, &["Not supported", "Operation not supported"], "dit kan hier niet"),
    (110, &["Operation timed out", "Connection timed out"], "het duurde te lang"),
    (116, &["Stale file handle"], "het bestand is weg van de server"),
    (122, &["Quota exceeded", "Disk quota exceeded"], "het quotum is op"),
    (123, &["No medium found"], "er zit geen schijf in"),
    (126, &["Required key not available"], "de sleutel is er niet"),
    (129, &["Key was rejected by service"], "de sleutel is geweigerd"),
];

/// Code, Dutch and English.
const WINDOWS: &[(i32, &str, &str)] = &[
    (2, "het bestand bestaat niet", "the file does not exist"),
    (3, "de map bestaat niet", "the directory does not exist"),
    (5, "geen toegang", "access is denied"),
    (6, "de handle is ongeldig", "the handle is invalid"),
    (8, "te weinig geheugen", "not enough memory"),
    (13, "de gegevens zijn ongeldig", "the data is invalid"),
    (15, "het station bestaat niet", "the drive does not exist"),
    (19, "de schijf is tegen schrijven beveiligd", "the medium is write-protected"),
    (21, "het apparaat is niet gereed", "the device is not ready"),
    (23, "de gegevens zijn beschadigd (CRC)", "the data is damaged (CRC)"),
    (27, "de sector is niet gevonden", "the sector was not found"),
    (31, "het apparaat werkt niet", "the device does not work"),
    (32, "een ander programma gebruikt het bestand", "another program uses the file"),
    (
        33,
        "een ander programma heeft een deel van het bestand vergrendeld",
        "another program has locked a part of the file",
    ),
    (38, "het einde van het bestand is bereikt", "the end of the file was reached"),
    (39, "de schijf is vol", "the disk is full"),
    (50, "dit kan hier niet", "this is not supported"),
    (53, "de server is niet gevonden", "the server was not found"),
    (55, "de netwerkbron is er niet meer", "the network resource is gone"),
    (64, "de netwerkschijf is er niet meer", "the network drive is gone"),
    (67, "de netwerknaam is niet gevonden", "the network name was not found"),
    (80, "het bestand bestaat al", "the file exists already"),
    (87, "een argument is ongeldig", "an argument is invalid"),
    (109, "de ontvanger is weg", "the receiver is gone"),
    (112, "de schijf is vol", "the disk is full"),
    (121, "het duurde te lang", "it took too long"),
    (123, "de naam is ongeldig", "the name is invalid"),
    (145, "de map is niet leeg", "the directory is not empty"),
    (170, "in gebruik", "in use"),
    (183, "het bestand bestaat al", "the file exists already"),
    (206, "de naam is te lang", "the name is too long"),
    (225, "een virusscanner houdt het bestand tegen", "an anti-virus program blocks the file"),
    (226, "een virusscanner heeft het bestand verwijderd", "an anti-virus program deleted the file"),
    (299, "er is maar een deel gelezen", "only a part was read"),
    (303, "het bestand wordt al verwijderd", "the file is being deleted"),
    (
        362,
        "de dienst voor bestanden in de cloud draait niet",
        "the service for files in the cloud does not run",
    ),
    (995, "het lezen is afgebroken", "reading was aborted"),
    (998, "dit geheugen is niet te lezen", "this memory cannot be read"),
    (
        1005,
        "het volume heeft geen bekend bestandssysteem",
        "the volume has no file system that Windows knows",
    ),
    (1117, "lees- of schrijffout van het apparaat", "the device failed to read or write"),
    (1314, "dit account heeft dat recht niet", "this account does not have that right"),
    (1392, "het bestand of de map is beschadigd", "the file or directory is damaged"),
    (1393, "de structuur van de schijf is beschadigd", "the structure of the disk is damaged"),
    (1450, "Windows heeft te weinig middelen", "Windows is short of resources"),
    (1920, "het bestand is niet te openen", "the file cannot be opened"),
    (1921, "de naam van de koppeling is niet te volgen", "the link cannot be followed"),
    (4390, "het is geen koppeling", "it is not a link"),
    (6000, "het bestand is versleuteld", "the file is encrypted"),
];

/// Texts of Rust's library, and Dutch.
const LIBRARY: &[(&str, &str)] = &[
    ("entity not found", "bestaat niet"),
    ("permission denied", "geen toegang"),
    ("entity already exists", "bestaat al"),
    ("timed out", "het duurde te lang"),
    ("invalid data", "ongeldige gegevens"),
    ("invalid input parameter", "ongeldige invoer"),
    ("operation interrupted", "onderbroken"),
    ("unexpected end of file", "het houdt te vroeg op"),
    ("unsupported", "dit kan hier niet"),
    ("out of memory", "te weinig geheugen"),
    ("no storage space", "de schijf is vol"),
    ("failed to fill whole buffer", "het houdt te vroeg op"),
    ("failed to write whole buffer", "niet alles kon worden geschreven"),
    ("stream did not contain valid UTF-8", "het is geen tekst in UTF-8"),
];

/// An error of the system in a language; `None` where it is none that is known, or is in that language.
pub(super) fn translated(text: &str, language: Language) -> Option<String> {
    if let Some((_, dutch)) = LIBRARY.iter().find(|(known, _)| *known == text) {
        return (language == Language::Nl).then(|| (*dutch).to_owned());
    }
    let (said, code) = numbered(text)?;
    if let Some((_, _, dutch)) = LINUX.iter().find(|(of, texts, _)| *of == code && texts.contains(&said)) {
        return (language == Language::Nl).then(|| format!("{dutch} (os error {code})"));
    }
    if LINUX.iter().any(|(_, texts, _)| texts.contains(&said)) {
        return None;
    }
    let (_, dutch, english) = WINDOWS.iter().find(|(of, ..)| *of == code)?;
    Some(format!(
        "{} (os error {code})",
        match language {
            Language::Nl => dutch,
            Language::En => english,
        }
    ))
}

/// Whether a text is an error of the system that has a translation.
pub(super) fn is_known(text: &str) -> bool {
    translated(text, Language::Nl).is_some()
}

/// The system's words and number of `No such file or directory (os error 2)`. Words with a mark in them that joins
/// texts are no system's.
fn numbered(text: &str) -> Option<(&str, i32)> {
    let (said, code) = text.strip_suffix(')')?.rsplit_once(" (os error ")?;
    let alone = !said.contains(": ") && !said.contains("; ") && !said.contains("(os error");
    alone.then_some((said, code.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_linux_are_known_by_their_text_and_those_of_windows_by_their_number() {
        let both = |text| (translated(text, Language::Nl), translated(text, Language::En));
        let some = |text: &str| Some(text.to_owned());
        for (text, nl, en) in [
            (
                "No such file or directory (os error 2)",
                some("dit bestand of deze map bestaat niet (os error 2)"),
                None,
            ),
            ("Permission denied (os error 13)", some("geen toegang (os error 13)"), None),
            (
                "Zugriff verweigert (os error 5)",
                some("geen toegang (os error 5)"),
                some("access is denied (os error 5)"),
            ),
            (
                "Input/output error (os error 5)",
                some("lees- of schrijffout van het apparaat (os error 5)"),
                None,
            ),
            ("Der Text (os error 31337)", None, None),
            ("a: Permission denied (os error 13)", None, None),
            ("disk on fire", None, None),
            (" (os error )", None, None),
        ] {
            assert_eq!(both(text), (nl, en), "{text}");
        }
    }

    #[test]
    fn this_systems_own_texts_are_in_the_table() {
        // Of the C library that the tests run with; the program carries another, whose texts are in the table as well.
        let said = |code| std::io::Error::from_raw_os_error(code).to_string();
        if said(1).starts_with("Operation not permitted") {
            for (code, texts, _) in LINUX {
                let known = texts.iter().any(|text| said(*code) == format!("{text} (os error {code})"));
                assert!(known, "{}", said(*code));
            }
        }
    }
}
