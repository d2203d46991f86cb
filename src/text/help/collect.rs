//! `veldkit collect`.

use super::shared::{EXIT_ON_HIT, KIT, OPTIONS, RECIPIENTS, SCANNING};
use super::{ArgumentGroup, CommandText, Sentence, example, option, switch};

/// `veldkit collect`.
pub(super) static COLLECT: CommandText = CommandText {
    path: "collect",
    about: Sentence::fixed(
        "Verzamel bewijs van deze computer, een aangekoppeld systeem of een schijfimage in één versleutelde bundel",
        "Collect evidence from this host, a mounted system or a disk image into one encrypted bundle",
    ),
    groups: &[
        &CHOICE,
        &KIT,
        &DESTINATION,
        &RECIPIENTS,
        &SIGNING,
        &CASE,
        &SCANNING,
        &SCAN_SWITCHES,
        &LIMITS,
        &OTHERS,
    ],
    examples: &[
        example(
            "veldkit collect --recipients-file recipients.txt --out bundles/",
            "Verzamel met playbook 'quick' van deze computer",
            "Collect with playbook 'quick' from this host",
        ),
        example(
            "veldkit collect --playbook ransomware --dry-run",
            "Toon wat playbook 'ransomware' zou verzamelen, en verzamel niets",
            "Show what playbook 'ransomware' would collect, and collect nothing",
        ),
        example(
            "veldkit collect --root mounted/ -p linux-server -R recipients.txt --out bundles/",
            "Verzamel van een systeem dat op een andere plek is aangekoppeld",
            "Collect from a system that is mounted elsewhere",
        ),
        example(
            "veldkit collect --image disk.img --path /etc -R recipients.txt --out bundles/",
            "Verzamel één map van een schijfimage",
            "Collect one directory from a disk image",
        ),
    ],
    codes: &[0, 1, 2, 3, 5, 6, 130],
};

static CHOICE: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Wat wordt verzameld", "What to collect"),
    arguments: &[
        option(
            "playbook",
            ("NAAM|BESTAND", "NAME|FILE"),
            "Verzamel wat dit playbook noemt: een naam of een YAML-bestand; mag vaker [standaard: quick]",
            "Collect what this playbook lists: a name or a YAML file; may be repeated [default: quick]",
        ),
        option(
            "artifact",
            ("NAAM", "NAME"),
            "Verzamel dit artefact; mag vaker",
            "Collect this artifact; may be repeated",
        ),
        option(
            "path",
            ("PAD|PATROON", "PATH|GLOB"),
            "Verzamel wat op dit pad staat of bij dit patroon past; een map met alles daarin; mag vaker",
            "Collect what is at this path or matches this glob; a directory with everything in it; may be repeated",
        ),
        option(
            "sweep",
            ("PAD|PATROON", "PATH|GLOB"),
            "Scan wat op dit pad staat of bij dit patroon past, en verzamel alleen wat bij een regel past; mag vaker",
            "Scan what is at this path or matches this glob, and collect only what a rule matches; may be repeated",
        ),
        switch(
            "no_sweep",
            "Doorzoek de schijven niet, ook als een playbook dat vraagt; om alleen één pad te scannen, geef --sweep PAD in plaats van deze optie",
            "Do not run the sweeps of the playbook; to scan one path only, give --sweep PATH in place of this option",
        ),
        option(
            "root",
            ("MAP", "DIR"),
            "Verzamel van het systeem dat hier is aangekoppeld, niet van deze computer",
            "Collect from the system mounted here, not from this host",
        ),
        option(
            "image",
            ("BESTAND", "FILE"),
            "Verzamel van deze schijfimage, niet van deze computer: raw (ook gesplitst in .000 of .001 …), QCOW2, VHD, VHDX, VMDK",
            "Collect from this disk image, not from this host: raw (also split into .000 or .001 …), QCOW2, VHD, VHDX, VMDK",
        ),
        option(
            "partition",
            ("NUMMER", "NUMBER"),
            "Lees van de image alleen deze partitie, met het nummer van 'list-volumes' [standaard: alle leesbare]",
            "Read only this partition of the image, by its number in 'list-volumes' [default: all readable ones]",
        ),
        switch(
            "vss",
            "Verzamel registerbestanden, logboeken en dergelijke ook uit schaduwkopieën; gelijke inhoud komt maar één keer in de bundel",
            "Also collect hives, event logs and the like from shadow copies; identical content is stored once",
        ),
        switch(
            "memory",
            "Verzamel ook al het geheugen van deze computer; op Windows met een hulpmiddel dat een playbook noemt",
            "Also collect all memory of this host; on Windows with a tool that a playbook lists",
        ),
        option(
            "exclude_personal_data",
            ("KLASSE", "CLASS"),
            "Sla artefacten over met deze klasse persoonsgegevens; low slaat low en high over",
            "Skip artifacts with this class of personal data; low skips low and high",
        ),
        switch("network_mounts", "Lees ook netwerkschijven", "Also read network file systems"),
    ],
};

static DESTINATION: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Waar de bundel komt", "Where the bundle goes"),
    arguments: &[
        option(
            "out",
            ("MAP|BESTAND|-", "DIR|FILE|-"),
            "Schrijf de bundel in deze map of dit bestand, of naar standaarduitvoer (-) [standaard: de huidige map]",
            "Write the bundle into this directory or file, or to standard output (-) [default: the current directory]",
        ),
        option(
            "sidecar",
            ("MAP", "DIR"),
            "Schrijf ontvangstbewijs en handtekening in deze map [standaard: naast de bundel]",
            "Write receipt and signature into this directory [default: next to the bundle]",
        ),
        switch(
            "allow_shared_destination",
            "Schrijf als root ook in een map waar anderen bestanden kunnen vervangen",
            "As root, also write to a directory where others can replace files",
        ),
        option(
            "split",
            ("GROOTTE", "SIZE"),
            "Splits de bundel in bestanden van deze grootte: 4000M, 2G [standaard: één bestand]",
            "Split the bundle into files of this size: 4000M, 2G [default: one file]",
        ),
        option(
            "level",
            ("1-9", "1-9"),
            "Hoe sterk er wordt ingepakt: van 1 (snel) tot 9 (klein); 3 is ongeveer gzip -1",
            "Compression level from 1 (fast) to 9 (small); 3 is about gzip -1",
        ),
    ],
};

static SIGNING: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Sleutels", "Keys"),
    arguments: &[option(
        "sign",
        ("SLEUTEL", "KEY"),
        "Onderteken ontvangstbewijs en manifest met deze geheime minisign-sleutel",
        "Sign receipt and manifest with this minisign secret key",
    )],
};

static CASE: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Zaak", "Case"),
    arguments: &[
        option("case", ("NUMMER", "ID"), "Zaaknummer", "Case number"),
        option(
            "evidence_number",
            ("NUMMER", "NUMBER"),
            "Nummer van het bewijsstuk",
            "Number of the piece of evidence",
        ),
        option("examiner", ("NAAM", "NAME"), "Naam van wie verzamelt", "Name of the person who collects"),
        option("note", ("TEKST", "TEXT"), "Opmerking voor het ontvangstbewijs", "Remark for the receipt"),
        option(
            "tlp",
            ("LABEL", "LABEL"),
            "Label van het Traffic Light Protocol 2.0",
            "Traffic Light Protocol 2.0 label",
        ),
    ],
};

static SCAN_SWITCHES: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Scannen", "Scanning"),
    arguments: &[
        switch(
            "no_scan",
            "Scan niet met YARA-regels; naar indicatoren wordt nog wel gezocht",
            "Do not scan with YARA rules; indicators are still looked for",
        ),
        EXIT_ON_HIT,
    ],
};

static LIMITS: ArgumentGroup = ArgumentGroup {
    heading: Sentence::fixed("Grenzen", "Limits"),
    arguments: &[
        option(
            "time_limit",
            ("DUUR", "DURATION"),
            "Begin na deze tijd niet meer aan nieuwe onderdelen, en verzegel: 90s, 10m, 1h30m [standaard: geen grens]",
            "Begin no new item after this time, and seal: 90s, 10m, 1h30m [default: no limit]",
        ),
        option(
            "size_limit",
            ("GROOTTE", "SIZE"),
            "Houd de bundel kleiner dan dit: 500M, 2G [standaard: geen grens]",
            "Keep the bundle smaller than this: 500M, 2G [default: no limit]",
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
            "Hoeveel onderdelen tegelijk worden verwerkt, van 1 tot 256 [standaard: één per processor, met regels drie per twee processors]",
            "How many items are processed at the same time, 1 to 256 [default: one per processor, with rules three per two processors]",
        ),
    ],
};

static OTHERS: ArgumentGroup = ArgumentGroup {
    heading: OPTIONS,
    arguments: &[
        switch(
            "dry_run",
            "Toon wat er verzameld zou worden, en verzamel niets",
            "Show what would be collected, and collect nothing",
        ),
        switch(
            "json",
            "Eindig met één JSON-object op standaarduitvoer (met --out - op standaardfout)",
            "End with one JSON object on standard output (with --out - on standard error)",
        ),
        switch(
            "quiet",
            "Toon alleen fouten en wat --json vraagt",
            "Print only errors and what --json asks for",
        ),
    ],
};
