//! The commands that look at a host or an image and collect nothing: `scan`, `list-volumes`, `inventory`, `selftest`.

use super::shared::{ARGUMENTS, EXIT_ON_HIT, KEYS, KIT, OPTIONS, READING_LIMITS, SCANNING};
use super::{ArgumentGroup, CommandText, Sentence, example, option, switch};

/// `veldkit scan`.
pub(super) static SCAN: CommandText = CommandText {
    path: "scan",
    about: Sentence::fixed(
        "Scan bestanden, processen of een bundel met regels en indicatoren, zonder iets te verzamelen",
        "Scan files, processes or a bundle with rules and indicators, and collect nothing",
    ),
    groups: &[&FILES, &WHERE, &KEYS, &READING_LIMITS, &SCANNING, &KIT, &LIMITS, &ENDING],
    examples: &[
        example(
            "veldkit scan mounted/home --rules rules/",
            "Scan een map met de ingebouwde regels en eigen regels",
            "Scan a directory with the built-in rules and custom ones",
        ),
        example(
            "veldkit scan --bundle bundle.age --identity key.txt --indicators indicators.csv",
            "Zoek in een bundel naar indicatoren",
            "Look for indicators in a bundle",
        ),
        example(
            "veldkit scan --scan-processes --json",
            "Scan het geheugen van alle processen, met één JSON-object per treffer",
            "Scan the memory of all processes, with one JSON object per hit",
        ),
    ],
    codes: &[0, 1, 2, 3, 4, 5, 130],
};

static FILES: ArgumentGroup = ArgumentGroup {
    heading: ARGUMENTS,
    arguments: &[option(
        "paths",
        ("PAD", "PATH"),
        "Bestanden en mappen op deze computer; met --root paden en patronen op dat systeem",
        "Files and directories on this host; with --root paths and globs on that system",
    )],
};

static WHERE: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Wat wordt gescand", "What to scan"),
    arguments: &[
        option(
            "bundle",
            ("BUNDEL", "BUNDLE"),
            "Scan wat in deze bundel zit; van een gesplitste bundel een van de delen",
            "Scan what is in this bundle; of a split bundle any part",
        ),
        option(
            "root",
            ("MAP", "DIR"),
            "Scan het systeem dat hier is aangekoppeld, niet deze computer",
            "Scan the system mounted here, not this host",
        ),
        switch("network_mounts", "Scan ook netwerkschijven", "Also scan network file systems"),
    ],
};

static LIMITS: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Grenzen", "Limits"),
    arguments: &[
        option(
            "time_limit",
            ("DUUR", "DURATION"),
            "Begin na deze tijd niet meer aan nieuwe onderdelen: 90s, 10m, 1h30m [standaard: geen grens]",
            "Begin no new item after this time: 90s, 10m, 1h30m [default: no limit]",
        ),
        option(
            "max_file_size",
            ("GROOTTE", "SIZE"),
            "Sla onderdelen over die groter zijn: 500M, 2G [standaard: geen grens]",
            "Skip items larger than this: 500M, 2G [default: no limit]",
        ),
        option(
            "threads",
            ("AANTAL", "N"),
            "Hoeveel onderdelen tegelijk worden verwerkt, van 1 tot 256 [standaard: drie per twee processors]",
            "How many items are processed at the same time, 1 to 256 [default: three per two processors]",
        ),
    ],
};

static ENDING: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[
        EXIT_ON_HIT,
        switch(
            "json",
            "Toon één JSON-object per treffer, en als laatste de samenvatting",
            "Print one JSON object per hit, and the summary last",
        ),
        switch("quiet", "Toon alleen treffers", "Print hits and nothing else"),
    ],
};

/// `veldkit list-volumes`.
pub(super) static LIST_VOLUMES: CommandText = CommandText {
    path: "list-volumes",
    about: Sentence::fixed(
        "Toon de volumes van een schijfimage of van deze computer",
        "List the volumes of a disk image or of this host",
    ),
    groups: &[&IMAGE, &DISKS],
    examples: &[
        example(
            "veldkit list-volumes disk.img",
            "Toon de volumes van een image",
            "List the volumes of an image",
        ),
        example(
            "veldkit list-volumes --live --json",
            "Toon de volumes van deze computer, met één JSON-object per volume",
            "List the volumes of this host, with one JSON object per volume",
        ),
    ],
    codes: &[0, 1, 2, 3],
};

static IMAGE: ArgumentGroup = ArgumentGroup {
    heading: ARGUMENTS,
    arguments: &[option(
        "image",
        ("BESTAND", "FILE"),
        "De schijfimage: raw (ook gesplitst in .000 of .001 …), QCOW2, VHD, VHDX of VMDK",
        "The disk image: raw (also split into .000 or .001 …), QCOW2, VHD, VHDX or VMDK",
    )],
};

static DISKS: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[
        switch("live", "Toon de schijven van deze computer", "List the disks of this host"),
        switch("json", "Toon één JSON-object per volume", "Print one JSON object per volume"),
    ],
};

/// `veldkit inventory`.
pub(super) static INVENTORY: CommandText = CommandText {
    path: "inventory",
    about: Sentence::fixed(
        "Toon wat er op een computer staat: systeem, programma's met versies, apparatuur en adressen",
        "List what a host consists of: its system, software with versions, hardware and addresses",
    ),
    groups: &[&INVENTORY_OPTIONS],
    examples: &[
        example(
            "veldkit inventory --root mounted/ --format csv",
            "Maak een tabel van een aangekoppeld systeem",
            "Print a table of a mounted system",
        ),
        example(
            "veldkit inventory",
            "Maak een CycloneDX-document van deze computer",
            "Print a CycloneDX document of this host",
        ),
    ],
    codes: &[0, 1, 2, 3],
};

static INVENTORY_OPTIONS: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[
        option(
            "format",
            ("VORM", "FORMAT"),
            "Vorm: CycloneDX 1.6 in JSON, of een tabel",
            "Output format: CycloneDX 1.6 in JSON, or a table",
        ),
        option(
            "root",
            ("MAP", "DIR"),
            "Lees het systeem dat hier is aangekoppeld, niet deze computer",
            "Read the system mounted here, not this host",
        ),
    ],
};

/// `veldkit selftest`.
pub(super) static SELFTEST: CommandText = CommandText {
    path: "selftest",
    about: Sentence::fixed(
        "Probeer op deze computer uit wat alleen een echt systeem kan laten zien, voor een uitgave of een onderzoek",
        "Try on this host what only a real system can show, before a release or an examination",
    ),
    groups: &[&WORK, &CHECKS],
    examples: &[
        example("veldkit selftest", "Voer alle proeven uit in deze map", "Run all checks in this directory"),
        example(
            "veldkit selftest --work work/ --json",
            "Voer alle proeven uit in een andere map, met één JSON-object per proef",
            "Run all checks in another directory, with one JSON object per check",
        ),
    ],
    codes: &[0, 1, 2],
};

static WORK: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[option(
        "work",
        ("MAP", "DIR"),
        "Maak hierin een tijdelijke map, en verwijder die aan het einde [standaard: de huidige map]",
        "Make a temporary directory in here, and remove it at the end [default: the current directory]",
    )],
};

static CHECKS: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[switch("json", "Toon één JSON-object per proef", "Print one JSON object per check")],
};
