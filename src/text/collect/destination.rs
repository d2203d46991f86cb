//! Sentences about where a bundle goes, and whether it fits there.

use std::path::Path;

use crate::text::ByteSize;
use crate::text::sentence::sentences;

sentences! {
    /// `--out -` at a terminal.
    to_the_terminal {
        nl: "met --out - zou een versleutelde bundel op het scherm komen",
        en: "--out - would write an encrypted bundle to the terminal",
    }
    /// What to do about it.
    redirect {
        nl: "stuur de standaarduitvoer naar een bestand of een programma",
        en: "redirect standard output to a file or a program",
    }
    /// `--split` with `--out -`.
    split_needs_files {
        nl: "--split heeft bestanden nodig, en de standaarduitvoer is één stroom",
        en: "--split needs files, and standard output is one stream",
    }
    /// What to do about it.
    out_or_no_split { nl: "geef --out MAP, of laat --split weg", en: "give --out DIR, or leave out --split" }
    /// The only directory left is one of Windows itself.
    not_into_windows(directory: &Path) {
        nl: "in '{directory}', een map van Windows zelf, komt geen bundel",
        en: "no bundle is written to '{directory}', a directory of Windows itself",
    }
    /// What to do about it.
    choose_where {
        nl: "geef met --out MAP op waar de bundel heen moet",
        en: "choose where the bundle goes with --out DIR",
    }
    /// The destination is part of what is examined.
    inside_target(directory: &Path, root: &Path) {
        nl: "de bundel kan niet naar '{directory}': die map is deel van het onderzochte systeem '{root}'",
        en: "the bundle cannot go to '{directory}': it is inside the target '{root}'",
    }
    /// What to do about it.
    outside_target {
        nl: "kies met --out een plek buiten het onderzochte systeem",
        en: "choose a place outside the system under examination with --out",
    }
    /// The directory cannot be made.
    writable_directory {
        nl: "kies met --out een map waarin u kunt schrijven",
        en: "choose a directory with --out that you can write to",
    }
    /// There may be too little space.
    may_not_fit(free: ByteSize, needed: ByteSize, artifact: &str) {
        nl: "er is {free} vrij en er is {needed} te verzamelen (vóór compressie): misschien past het niet. Tot aan \
             '{artifact}' past alles zeker; wat daarna komt, is minder vluchtig en kan ontbreken",
        en: "{free} are free and there are {needed} to collect (before compression): it may not fit. Everything up to \
             '{artifact}' is certain to fit; what follows is less volatile and may be missing",
    }
    /// The file cannot be made.
    can_you_write(directory: &Path) {
        nl: "kunt u in '{directory}' schrijven, en bestaat het bestand nog niet?",
        en: "can you write to '{directory}', and does the file not exist yet?",
    }
    /// What to do with a bundle that was not sealed.
    salvage(bundle: &str) {
        nl: "bewaar het bestand: 'veldkit unpack {bundle} --salvage -i SLEUTEL --out MAP' haalt eruit wat al geschreven was",
        en: "keep the file: 'veldkit unpack {bundle} --salvage -i IDENTITY --out DIR' recovers what was written",
    }
}
