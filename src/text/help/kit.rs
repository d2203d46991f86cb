//! The commands that make and check what a kit has: `keygen`, `indicators`, `rules`, `playbook`.

use super::shared::{ARGUMENTS, JSON, KIT, OPTIONS, PACKED_RULES, RECIPIENTS};
use super::{ArgumentGroup, CommandText, Sentence, example, option, switch};

/// `veldkit keygen`.
pub(super) static KEYGEN: CommandText = CommandText {
    path: "keygen",
    about: Sentence::fixed(
        "Maak een age-identiteit om bundels mee te openen, of een sleutel om mee te ondertekenen",
        "Make an age identity that opens bundles, or a key to sign with",
    ),
    groups: &[&KEYS],
    examples: &[
        example(
            "veldkit keygen --out key.txt",
            "Maak een age-identiteit; het publieke deel komt op het scherm",
            "Make an age identity; its public half is printed",
        ),
        example(
            "veldkit keygen --sign-out cert.key",
            "Maak een sleutel om mee te ondertekenen",
            "Make a key to sign with",
        ),
        example(
            "veldkit keygen --sign-out kit.key --sign-with cert.key --case 2026-0042 --valid 90d",
            "Maak een sleutel die 90 dagen voor één zaak mag ondertekenen",
            "Make a key that may sign for one case for 90 days",
        ),
    ],
    codes: &[0, 1, 2, 3],
};

static KEYS: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[
        option(
            "out",
            ("BESTAND", "FILE"),
            "Schrijf een nieuwe age-identiteit naar dit bestand; het publieke deel komt op het scherm",
            "Write a new age identity to this file; its public half is printed",
        ),
        option(
            "sign_out",
            ("BESTAND", "FILE"),
            "Schrijf een nieuwe minisign-sleutel zonder wachtwoordzin naar dit bestand, en het publieke deel ernaast (.pub)",
            "Write a new minisign key without a passphrase to this file, and its public half next to it (.pub)",
        ),
        option(
            "sign_with",
            ("SLEUTEL", "KEY"),
            "Certificeer de nieuwe sleutel met deze minisign-sleutel, die bij het CERT blijft; het certificaat komt ernaast (.cert, .cert.minisig)",
            "Certify the new key with this minisign key, which stays at the CERT; the certificate is put next to it (.cert, .cert.minisig)",
        ),
        option(
            "case",
            ("NUMMER", "ID"),
            "Zaak waarvoor de sleutel mag ondertekenen",
            "Case that the key may sign for",
        ),
        option("kit", ("NAAM", "ID"), "Kit waarvoor de sleutel is", "Kit that the key is for"),
        option(
            "valid",
            ("DUUR", "DURATION"),
            "Hoe lang de sleutel mag ondertekenen: 72h, 90d; hoogstens 400d",
            "How long the key may sign: 72h, 90d; at most 400d",
        ),
    ],
};

/// `veldkit indicators`.
pub(super) static INDICATORS: CommandText = CommandText {
    path: "indicators",
    about: Sentence::fixed("Controleer lijsten met indicatoren", "Check lists of indicators"),
    groups: &[],
    examples: INDICATOR_EXAMPLES,
    codes: &[0, 1, 2, 3],
};

/// `veldkit indicators check`.
pub(super) static INDICATORS_CHECK: CommandText = CommandText {
    path: "indicators check",
    about: Sentence::fixed(
        "Lees lijsten met indicatoren, en toon wat ervan wordt gebruikt, wat niet, en waarom",
        "Read lists of indicators, and print what is in use, what is not, and why",
    ),
    groups: &[&LISTS, &JSON],
    examples: INDICATOR_EXAMPLES,
    codes: &[0, 1, 2, 3],
};

const INDICATOR_EXAMPLES: &[super::Example] = &[
    example("veldkit indicators check indicators.csv", "Controleer een lijst", "Check a list"),
    example(
        "veldkit indicators check values=digests.txt --json",
        "Lees het bestand als lijst met één waarde per regel, met één JSON-object als uitvoer",
        "Read the file as a list of one value per line, and print one JSON object",
    ),
];

static LISTS: ArgumentGroup = ArgumentGroup {
    heading: ARGUMENTS,
    arguments: &[option(
        "paths",
        ("PAD", "PATH"),
        "Lijsten, mappen met lijsten of MISP-feeds; geef zelf een formaat zoals stix=BESTAND",
        "Lists, directories of lists or MISP feeds; give a format as in stix=FILE",
    )],
};

/// `veldkit rules`.
pub(super) static RULES: CommandText = CommandText {
    path: "rules",
    about: Sentence::fixed(
        "Controleer YARA-regels, toon ze, of pak ze in voor een kit",
        "Check YARA rules, list them, or pack them for a kit",
    ),
    groups: &[],
    examples: &[
        example("veldkit rules check rules/", "Controleer een map met regels", "Check a directory of rules"),
        example("veldkit rules list", "Toon de ingebouwde regels", "List the built-in rules"),
    ],
    codes: &[0, 1, 2, 3],
};

/// `veldkit rules check`.
pub(super) static RULES_CHECK: CommandText = CommandText {
    path: "rules check",
    about: Sentence::fixed(
        "Compileer elk regelbestand apart, en toon wat niet bruikbaar is, met regel en reden",
        "Compile each rule file alone, and list what cannot be used, with line and reason",
    ),
    groups: &[&RULE_FILES, &PACKED_RULES, &JSON],
    examples: &[
        example("veldkit rules check rules/", "Controleer een map met regels", "Check a directory of rules"),
        example(
            "veldkit rules check packed.age --identity key.txt --json",
            "Controleer ingepakte regels, met één JSON-object als uitvoer",
            "Check packed rules, and print one JSON object",
        ),
    ],
    codes: &[0, 1, 2, 3],
};

static RULE_FILES: ArgumentGroup = ArgumentGroup {
    heading: ARGUMENTS,
    arguments: &[option(
        "paths",
        ("PAD", "PATH"),
        "Regelbestanden, mappen, zipbestanden of ingepakte regels",
        "Rule files, directories, zip files or packed rules",
    )],
};

/// `veldkit rules list`.
pub(super) static RULES_LIST: CommandText = CommandText {
    path: "rules list",
    about: Sentence::fixed(
        "Toon de ingebouwde regels, of die van regelbestanden, met score en omschrijving",
        "List the built-in rules, or those of rule files, with score and description",
    ),
    groups: &[&LISTED_RULES, &PACKED_RULES, &RULE_ROWS],
    examples: &[
        example("veldkit rules list", "Toon de ingebouwde regels", "List the built-in rules"),
        example(
            "veldkit rules list rules/ --json",
            "Toon de regels in een map, met één JSON-object per regel",
            "List the rules in a directory, with one JSON object per rule",
        ),
    ],
    codes: &[0, 1, 2, 3],
};

static LISTED_RULES: ArgumentGroup = ArgumentGroup {
    heading: ARGUMENTS,
    arguments: &[option(
        "paths",
        ("PAD", "PATH"),
        "Regelbestanden, mappen, zipbestanden of ingepakte regels [standaard: de ingebouwde]",
        "Rule files, directories, zip files or packed rules [default: those built in]",
    )],
};

static RULE_ROWS: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[switch("json", "Toon één JSON-object per regel", "Print one JSON object per rule")],
};

/// `veldkit rules pack`.
pub(super) static RULES_PACK: CommandText = CommandText {
    path: "rules pack",
    about: Sentence::fixed(
        "Pak regelbestanden in tot één bestand dat alleen de ontvangers kunnen lezen",
        "Pack rule files into one file that only the recipients can read",
    ),
    groups: &[&PACKED, &PACK_OUT, &RECIPIENTS],
    examples: &[
        example(
            "veldkit rules pack rules/ --out packed.age --recipients-file recipients.txt",
            "Pak een map met regels in voor een kit",
            "Pack a directory of rules for a kit",
        ),
        example(
            "veldkit rules pack rules/ --out locked.age --passphrase-file passphrase.txt",
            "Pak regels in met een wachtwoordzin",
            "Pack rules with a passphrase",
        ),
    ],
    codes: &[0, 1, 2],
};

static PACKED: ArgumentGroup = ArgumentGroup {
    heading: ARGUMENTS,
    arguments: &[option(
        "paths",
        ("PAD", "PATH"),
        "Regelbestanden, mappen of zipbestanden",
        "Rule files, directories or zip files",
    )],
};

static PACK_OUT: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[option(
        "out",
        ("BESTAND", "FILE"),
        "Schrijf naar dit nieuwe bestand; een bestaand bestand blijft zoals het is",
        "Write to this new file; an existing file is never overwritten",
    )],
};

/// `veldkit playbook`.
pub(super) static PLAYBOOK: CommandText = CommandText {
    path: "playbook",
    about: Sentence::fixed(
        "Toon playbooks en artefacten, wat ze verzamelen, of controleer eigen playbooks",
        "List playbooks and artifacts, show what they collect, or check custom ones",
    ),
    groups: &[&KIT],
    examples: &[
        example(
            "veldkit playbook list",
            "Toon alle playbooks en artefacten",
            "List all playbooks and artifacts",
        ),
        example(
            "veldkit playbook show quick",
            "Toon wat playbook 'quick' verzamelt",
            "Show what playbook 'quick' collects",
        ),
    ],
    codes: &[0, 1, 2],
};

/// `veldkit playbook list`.
pub(super) static PLAYBOOK_LIST: CommandText = CommandText {
    path: "playbook list",
    about: Sentence::fixed("Toon alle playbooks en artefacten", "List all playbooks and artifacts"),
    groups: &[&JSON, &KIT],
    examples: &[
        example(
            "veldkit playbook list",
            "Toon alle playbooks en artefacten",
            "List all playbooks and artifacts",
        ),
        example("veldkit playbook list --json", "Hetzelfde als JSON", "The same as JSON"),
    ],
    codes: &[0, 1, 2],
};

/// `veldkit playbook show`.
pub(super) static PLAYBOOK_SHOW: CommandText = CommandText {
    path: "playbook show",
    about: Sentence::fixed(
        "Toon wat een playbook verzamelt, in welke volgorde en waarom, en wat je zelf moet doen",
        "Show what a playbook collects, in which order and why, and what the operator should do",
    ),
    groups: &[&SHOWN, &SHOWN_FOR, &KIT],
    examples: &[
        example(
            "veldkit playbook show quick --system windows",
            "Toon wat 'quick' op Windows verzamelt",
            "Show what 'quick' collects on Windows",
        ),
        example(
            "veldkit playbook show custom.yaml",
            "Toon wat een eigen playbook verzamelt",
            "Show what a custom playbook collects",
        ),
    ],
    codes: &[0, 1, 2],
};

static SHOWN: ArgumentGroup = ArgumentGroup {
    heading: ARGUMENTS,
    arguments: &[option(
        "name",
        ("NAAM|BESTAND", "NAME|FILE"),
        "Naam van het playbook, of een YAML-bestand",
        "Name of the playbook, or a YAML file",
    )],
};

static SHOWN_FOR: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[option(
        "system",
        ("SYSTEEM", "SYSTEM"),
        "Soort systeem waarop wordt verzameld [standaard: dat van deze computer]",
        "Kind of system to collect from [default: that of this host]",
    )],
};

/// `veldkit playbook check`.
pub(super) static PLAYBOOK_CHECK: CommandText = CommandText {
    path: "playbook check",
    about: Sentence::fixed(
        "Controleer bestanden of mappen met playbooks en artefacten, en toon elke fout",
        "Check files or directories of playbooks and artifacts, and list every fault",
    ),
    groups: &[&CHECKED, &KIT],
    examples: &[
        example(
            "veldkit playbook check custom.yaml",
            "Controleer een eigen playbook",
            "Check a custom playbook",
        ),
        example(
            "veldkit playbook check playbooks/",
            "Controleer een map met playbooks",
            "Check a directory of playbooks",
        ),
    ],
    codes: &[0, 1, 2],
};

static CHECKED: ArgumentGroup = ArgumentGroup {
    heading: ARGUMENTS,
    arguments: &[option("paths", ("PAD", "PATH"), "Bestanden of mappen", "Files or directories")],
};
