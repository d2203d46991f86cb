//! The program itself, and arguments that several commands have.

use super::{Argument, ArgumentGroup, CommandText, Sentence, example, option, switch};

/// `veldkit` without a command.
pub(super) static PROGRAM: CommandText = CommandText {
    path: "",
    about: Sentence::fixed(
        "Verzamel bewijs van een getroffen computer in één verzegelde, versleutelde bundel, en lees die weer uit",
        "Collect evidence from an affected host into one sealed, encrypted bundle, and read it back",
    ),
    groups: &[],
    examples: &[
        example(
            "veldkit keygen --out key.txt",
            "Maak een age-identiteit: de geheime sleutel die bundels opent",
            "Make an age identity: the private key that opens bundles",
        ),
        example(
            "veldkit collect --recipients-file recipients.txt --out bundles/",
            "Verzamel bewijs van deze computer",
            "Collect evidence from this host",
        ),
        example("veldkit verify bundle.age --identity key.txt", "Controleer de bundel", "Verify the bundle"),
        example(
            "veldkit unpack bundle.age --identity key.txt --out files/",
            "Pak de bundel uit",
            "Unpack the bundle",
        ),
    ],
    codes: &[0, 1, 2, 3, 4, 5, 6, 130],
};

/// Arguments that every command has; only the program itself has `version`.
pub static COMMON: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[
        option(
            "lang",
            ("TAAL", "LANGUAGE"),
            "Taal van alle teksten [standaard: de taal van het systeem]",
            "Language of all texts [default: that of the system]",
        ),
        switch("help", "Toon deze uitleg", "Print this help"),
        switch(
            "version",
            "Toon versie, commit, doelsysteem en datum van de ingebouwde regels",
            "Print version, commit, target and date of the built-in rules",
        ),
    ],
};

/// Heading of what has no other.
pub(super) const OPTIONS: Sentence = Sentence::fixed("Opties", "Options");
/// Heading of positional arguments.
pub(super) const ARGUMENTS: Sentence = Sentence::fixed("Argumenten", "Arguments");

/// A bundle as the one argument.
pub(super) static BUNDLE: ArgumentGroup = ArgumentGroup {
    heading: ARGUMENTS,
    arguments: &[option(
        "bundle",
        ("BUNDEL", "BUNDLE"),
        "De bundel; van een gesplitste bundel een van de delen",
        "The bundle; of a split bundle any part",
    )],
};

/// What opens a bundle.
pub(super) static KEYS: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Sleutels", "Keys"),
    arguments: &[
        option(
            "identity",
            ("BESTAND", "FILE"),
            "Bestand met een age-identiteit of een geheime SSH-sleutel; mag vaker",
            "File with an age identity or SSH private key; may be repeated",
        ),
        switch(
            "passphrase",
            "Vraag om de wachtwoordzin van de bundel",
            "Ask for the passphrase of the bundle",
        ),
        option(
            "passphrase_file",
            ("BESTAND", "FILE"),
            "Lees de wachtwoordzin van de eerste regel van dit bestand",
            "Read the passphrase from the first line of this file",
        ),
    ],
};

/// Who can read what is made.
pub(super) static RECIPIENTS: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Sleutels", "Keys"),
    arguments: &[
        option(
            "recipient",
            ("ONTVANGER", "RECIPIENT"),
            "Versleutel voor deze age-ontvanger (age1…) of publieke SSH-sleutel; mag vaker",
            "Encrypt to this age recipient (age1…) or SSH public key; may be repeated",
        ),
        option(
            "recipients_file",
            ("BESTAND", "FILE"),
            "Versleutel voor de ontvangers in dit bestand, één per regel; mag vaker",
            "Encrypt to the recipients in this file, one per line; may be repeated",
        ),
        switch(
            "passphrase",
            "Versleutel met een wachtwoordzin, en vraag daarom",
            "Encrypt with a passphrase, and ask for it",
        ),
        option(
            "passphrase_file",
            ("BESTAND", "FILE"),
            "Versleutel met de wachtwoordzin op de eerste regel van dit bestand",
            "Encrypt with the passphrase on the first line of this file",
        ),
        option(
            "new_identity",
            ("BESTAND", "FILE"),
            "Maak een nieuwe age-identiteit in dit bestand en versleutel daarvoor (alleen bedoeld om veldkit uit te proberen)",
            "Make a new age identity in this file and encrypt to it (for a first try)",
        ),
    ],
};

/// Limits on reading a bundle.
pub(super) static READING_LIMITS: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Grenzen", "Limits"),
    arguments: &[
        option(
            "max_entries",
            ("AANTAL", "N"),
            "Lees een bundel met hoogstens zoveel onderdelen",
            "Read a bundle of at most this many entries",
        ),
        option(
            "max_expansion",
            ("AANTAL", "N"),
            "Stop als de inhoud uitpakt tot meer dan zoveel keer de grootte van de bundel; geldt pas voorbij --expansion-allowance",
            "Stop if the content expands to more than this many times the size of the bundle; checked only beyond --expansion-allowance",
        ),
        option(
            "expansion_allowance",
            ("GROOTTE", "SIZE"),
            "Zoveel uitgepakte inhoud mag altijd: 500M, 8G [standaard: 8G]",
            "Allow this much expanded content in any case: 500M, 8G [default: 8G]",
        ),
    ],
};

/// What the author of a bundle is checked against.
pub(super) static AUTHOR: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Maker", "Author"),
    arguments: &[
        option(
            "signer",
            ("SLEUTEL", "KEY"),
            "Publieke minisign-sleutel van het CERT of de kit, of een bestand daarmee. De sleutel van een kit was op de onderzochte computer, en bewijst alleen iets als niemand die daar kopieerde",
            "minisign public key of the CERT or of the kit, or a file with it. The key of a kit was on the host: its signature proves the author only if nobody copied the key there",
        ),
        option(
            "revoked",
            ("BESTAND", "FILE"),
            "Bestand met ingetrokken sleutels, één per regel: sleutelnummer en datum",
            "File of revoked signing keys, one per line: key id and date",
        ),
        option(
            "seal",
            ("CODE", "CODE"),
            "De zegelcode die is voorgelezen of op het bewijsformulier is geschreven",
            "The seal code that was read out or written on the custody form",
        ),
        switch(
            "require_author",
            "Eindig met exitcode 4 als noch de zegelcode, noch een handtekening de maker bewijst",
            "End with 4 unless the seal code or a signature proves the author",
        ),
    ],
};

/// The kit next to the program.
pub(super) static KIT: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Kit", "Kit"),
    arguments: &[
        option(
            "kit",
            ("MAP", "DIR"),
            "Gebruik de kit in deze map: playbooks, regels, indicatoren, hulpmiddelen en ontvangers [standaard: de kit naast veldkit, als een vertrouwde sleutel die heeft ondertekend]",
            "Use the kit in this directory: playbooks, rules, indicators, tools and recipients [default: the one next to veldkit, if a trusted key has signed it]",
        ),
        switch(
            "no_kit",
            "Gebruik geen kit, ook niet die naast veldkit",
            "Use no kit, not even the one next to veldkit",
        ),
    ],
};

/// Rules, processes and indicators of a scan.
pub(super) static SCANNING: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Scannen", "Scanning"),
    arguments: &[
        option(
            "rules",
            ("PAD", "PATH"),
            "Gebruik ook deze YARA-regels, naast de ingebouwde: een bestand, map, zipbestand of ingepakte regels van 'rules pack'; mag vaker",
            "Also use these YARA rules, next to the built-in ones: a file, directory, zip file or packed rules made by 'rules pack'; may be repeated",
        ),
        option(
            "rules_identity",
            ("BESTAND", "FILE"),
            "age-identiteit of geheime SSH-sleutel die ingepakte regels opent; mag vaker",
            "age identity or SSH private key that opens packed rules; may be repeated",
        ),
        option(
            "rules_passphrase_file",
            ("BESTAND", "FILE"),
            "Lees de wachtwoordzin van ingepakte regels van de eerste regel van dit bestand",
            "Read the passphrase of packed rules from the first line of this file",
        ),
        switch(
            "no_archives",
            "Scan geen bestanden in archieven (zip, gzip, tar)",
            "Do not scan files inside archives (zip, gzip, tar)",
        ),
        option(
            "scan_time_limit",
            ("DUUR", "DURATION"),
            "Scan één onderdeel hoogstens zo lang: 32s, 2m [standaard: 32s]",
            "Scan one item for at most this long: 32s, 2m [default: 32s]",
        ),
        option(
            "rule_time_limit",
            ("DUUR", "DURATION"),
            "Laat één regel hoogstens zo lang zoeken in één onderdeel; een tragere regel wordt gemeld en verder overgeslagen [standaard: 10s]",
            "Let one rule search one item for at most this long; a slower rule is reported and not used any further [default: 10s]",
        ),
        ENGINE,
        switch(
            "scan_processes",
            "Scan ook het geheugen van alle processen; er wordt niets van bewaard",
            "Also scan the memory of all processes; none of it is stored",
        ),
        option(
            "pid",
            ("PID", "PID"),
            "Scan het geheugen van het proces met dit nummer, in plaats van alle; mag vaker",
            "Scan the memory of the process with this number instead of all; may be repeated",
        ),
        option(
            "indicators",
            ("PAD", "PATH"),
            "Zoek naar de indicatoren in deze lijst (tekst, CSV, MISP, STIX, OpenIOC), map met lijsten of MISP-feed. De inhoud bepaalt het formaat, of geef het zelf, zoals stix=BESTAND; mag vaker",
            "Look for the indicators in this list (text, CSV, MISP, STIX, OpenIOC), directory of lists or MISP feed. Its content decides the format, or give it, as in stix=FILE; may be repeated",
        ),
        option(
            "known_good",
            ("PAD", "PATH"),
            "Meld geen treffers in de inhoud van bestanden met een SHA-256 uit deze lijst; mag vaker",
            "Report no hits in the content of files with a SHA-256 in this list; may be repeated",
        ),
    ],
};

/// What ends a scan with another code.
pub(super) const EXIT_ON_HIT: Argument = switch(
    "exit_on_hit",
    "Eindig met exitcode 5 als er treffers zijn en er verder niets is misgegaan",
    "End with exit code 5 if there are hits and nothing else went wrong",
);

/// The engine for rules.
pub(super) const ENGINE: Argument = option(
    "engine",
    ("NAAM", "NAME"),
    "YARA-engine; libyara alleen als die is ingebouwd",
    "YARA engine; libyara only in a build that includes it",
);

/// Opens packed rules.
pub(super) static PACKED_RULES: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[
        option(
            "identity",
            ("BESTAND", "FILE"),
            "age-identiteit of geheime SSH-sleutel die ingepakte regels opent; mag vaker",
            "age identity or SSH private key that opens packed rules; may be repeated",
        ),
        option(
            "passphrase_file",
            ("BESTAND", "FILE"),
            "Lees de wachtwoordzin van ingepakte regels van de eerste regel van dit bestand",
            "Read the passphrase of packed rules from the first line of this file",
        ),
        ENGINE,
    ],
};

/// Output as one JSON object.
pub(super) static JSON: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[switch(
        "json",
        "Toon het resultaat als één JSON-object",
        "Print the result as one JSON object",
    )],
};
