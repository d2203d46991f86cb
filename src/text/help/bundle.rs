//! The commands that read a bundle: `verify`, `list`, `unpack`.

use super::shared::{ARGUMENTS, AUTHOR, BUNDLE, JSON, KEYS, OPTIONS, READING_LIMITS};
use super::{ArgumentGroup, CommandText, Sentence, example, option, switch};

/// `veldkit verify`.
pub(super) static VERIFY: CommandText = CommandText {
    path: "verify",
    about: Sentence::fixed(
        "Controleer of een bundel heel is, en wie die heeft gemaakt",
        "Verify that a bundle is whole, and who made it",
    ),
    groups: &[&BUNDLES, &KEYS, &READING_LIMITS, &AUTHOR, &VERDICTS],
    examples: &[
        example(
            "veldkit verify bundle.age --identity key.txt",
            "Controleer of de bundel heel is",
            "Verify that the bundle is whole",
        ),
        example(
            "veldkit verify bundle.age -i key.txt --signer cert.pub --require-author",
            "Controleer ook de handtekening, en eindig met 4 als de maker niet bewezen is",
            "Verify the signature too, and end with 4 if the author is not proved",
        ),
        example(
            "veldkit verify bundle.age second.age -i key.txt --json",
            "Controleer twee bundels, met één JSON-object per bundel",
            "Verify two bundles, with one JSON object per bundle",
        ),
    ],
    codes: &[0, 1, 2, 4],
};

static BUNDLES: ArgumentGroup = ArgumentGroup {
    heading: ARGUMENTS,
    arguments: &[option(
        "bundles",
        ("BUNDEL", "BUNDLE"),
        "De bundels; van een gesplitste bundel een van de delen",
        "The bundles; of a split bundle any part",
    )],
};

static VERDICTS: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[switch("json", "Toon één JSON-object per bundel", "Print one JSON object per bundle")],
};

/// `veldkit list`.
pub(super) static LIST: CommandText = CommandText {
    path: "list",
    about: Sentence::fixed("Toon wat er in een bundel zit", "List the items of a bundle"),
    groups: &[&BUNDLE, &KEYS, &READING_LIMITS, &RECORDS],
    examples: &[
        example(
            "veldkit list bundle.age --identity key.txt",
            "Toon wat er in de bundel zit",
            "List the items of the bundle",
        ),
        example(
            "veldkit list bundle.age -i key.txt --hits --long",
            "Toon waar regels en indicatoren iets in vonden, met meer gegevens",
            "List what rules and indicators matched in, with more facts",
        ),
        example(
            "veldkit list bundle.age --passphrase-file passphrase.txt --json",
            "Open de bundel met een wachtwoordzin, en toon één JSON-object per onderdeel",
            "Open the bundle with a passphrase, and print one JSON object per item",
        ),
    ],
    codes: &[0, 1, 2, 3, 4],
};

static RECORDS: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[
        switch(
            "hits",
            "Toon alleen onderdelen met een treffer van een regel of indicator",
            "List only items that a rule or an indicator matched",
        ),
        option(
            "artifact",
            ("NAAM", "NAME"),
            "Toon alleen onderdelen van dit artefact; mag vaker",
            "List only items of this artifact; may be repeated",
        ),
        option(
            "only",
            ("PATROON", "GLOB"),
            "Toon alleen wat bij dit pad of patroon past: /var/log/**; mag vaker",
            "List only what matches this path or glob: /var/log/**; may be repeated",
        ),
        switch(
            "missing",
            "Toon ook wat is gezocht en er niet was; zonder deze optie wordt dat alleen geteld",
            "Also list what was looked for and was not there; without this option it is only counted",
        ),
        switch(
            "long",
            "Toon ook wanneer een bestand is gewijzigd, het artefact en de SHA-256",
            "Also show when a file was modified, the artifact and the SHA-256",
        ),
        switch(
            "json",
            "Toon één JSON-object per onderdeel: wat erover is vastgelegd, en hoe goed dat bewezen is",
            "Print one JSON object per item: its record, and how well it is proved",
        ),
    ],
};

/// `veldkit unpack`.
pub(super) static UNPACK: CommandText = CommandText {
    path: "unpack",
    about: Sentence::fixed(
        "Pak een bundel uit, en controleer die daarbij",
        "Unpack a bundle, and verify it on the way",
    ),
    groups: &[&BUNDLE, &UNPACKING, &KEYS, &READING_LIMITS, &AUTHOR, &JSON],
    examples: &[
        example(
            "veldkit unpack bundle.age --identity key.txt --out files/",
            "Pak alles uit in een nieuwe map",
            "Unpack everything into a new directory",
        ),
        example(
            "veldkit unpack bundle.age -i key.txt --out passwd/ --only /etc/passwd",
            "Pak één bestand uit",
            "Unpack one file",
        ),
        example(
            "veldkit unpack cut.age -i key.txt --out salvaged/ --salvage",
            "Haal terug wat er nog is van een afgekapte bundel",
            "Recover what is left of a truncated bundle",
        ),
    ],
    codes: &[0, 1, 2, 3, 4],
};

static UNPACKING: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Uitpakken", "Unpacking"),
    arguments: &[
        option(
            "out",
            ("MAP", "DIR"),
            "Pak uit in deze map, die nieuw of leeg is. Een bestand komt er zodra het bewezen is; blijkt de bundel aan het einde gewijzigd, dan blijven die bestanden staan en is de exitcode 4",
            "Unpack into this directory, which is new or empty. A file is written as soon as it is proved; if the bundle turns out to be tampered with at its end, those files stay and the exit code is 4",
        ),
        switch(
            "salvage",
            "Haal uit een afgekapte of beschadigde bundel wat er nog is; wat niet bewezen is, komt in 'unproved'",
            "Recover what is left of a truncated or damaged bundle; what is not proved goes to 'unproved'",
        ),
        switch(
            "defang",
            "Geef bestanden die op een Windows-bureaublad vanzelf iets doen (.lnk, .url, .scf, desktop.ini, .library-ms, .search-ms, .theme en dergelijke) een naam die eindigt op .defanged; mapped.jsonl noemt ze",
            "Give files that act by themselves on a Windows desktop (.lnk, .url, .scf, desktop.ini, .library-ms, .search-ms, .theme and the like) a name that ends in .defanged; mapped.jsonl lists them",
        ),
        switch(
            "portable",
            "Geef elk bestand een naam die op Windows kan (op Windows gebeurt dat altijd)",
            "Give every file a name that Windows allows (on Windows this is always done)",
        ),
        switch(
            "links",
            "Maak ook de symbolische links van een Unix-volume, als ze binnen dat volume uitkomen",
            "Also make the symbolic links of a Unix volume, if they lead to a place inside it",
        ),
        option(
            "only",
            ("PATROON", "GLOB"),
            "Pak alleen uit wat bij dit pad of patroon past, zoals 'list' het toont: /var/log/**; mag vaker",
            "Unpack only what matches this path or glob, as 'list' prints it: /var/log/**; may be repeated",
        ),
    ],
};
