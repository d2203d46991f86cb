//! Which kit is used: the one next to the program, or the one that the operator names; and what next to the program is not used.
//!
//! In: `--kit`, `--no-kit`, and what is around the program. Out: a kit that a trusted key has signed or the operator has confirmed at
//! a terminal. Everything else is refused before anything is read of it: whoever once had the stick in hand may have written it.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::changeable::refuse_if_changeable;
use super::{Console, Failure};
use crate::bundle::Fingerprint;
use crate::bundle::opening::{BroughtBy, OutsideFile, OutsideRole};
use crate::evidence::{Digest, Printable};
use crate::kit::carried::{CarriedKit, DESCRIPTION, KitError, KitSignature};
use crate::kit::description::KitFileUse;
use crate::kit::trust::Surroundings;
use crate::text::Language;

/// Longest answer that is read.
const MAX_ANSWER: u64 = 64;

/// Files of a kit that are listed before it is confirmed; the others are counted.
const LISTED: usize = 20;

/// What a person may have put next to the program in the belief that it is used, and how it is named.
const BARE: [(&str, &str); 5] = [
    ("playbooks", "--playbook"),
    ("rules", "--rules"),
    ("indicators", "--indicators"),
    ("tools", "--kit"),
    ("recipients.txt", "-R"),
];

/// Which kit is used.
#[derive(Debug, Args)]
pub(super) struct KitArguments {
    #[arg(long, global = true, conflicts_with = "no_kit")]
    pub(super) kit: Option<PathBuf>,
    #[arg(long, global = true)]
    pub(super) no_kit: bool,
}

/// A kit that is used, and why.
#[derive(Debug)]
pub(super) struct ChosenKit {
    pub(super) kit: CarriedKit,
    pub(super) brought_by: BroughtBy,
}

impl ChosenKit {
    /// Describes files of it.
    pub(super) fn outside(&self, role: OutsideRole, purpose: KitFileUse) -> Vec<OutsideFile> {
        let files = self.kit.description.files_for(purpose);
        files.map(|file| self.file(role, &self.kit.path(file), file.sha256)).collect()
    }

    /// Describes its own description.
    pub(super) fn itself(&self) -> OutsideFile {
        self.file(OutsideRole::Kit, &self.kit.directory().join(DESCRIPTION), self.kit.sha256)
    }

    fn file(&self, role: OutsideRole, path: &Path, sha256: Digest) -> OutsideFile {
        OutsideFile { role, name: path.display().to_string(), sha256, brought_by: self.brought_by }
    }
}

impl KitArguments {
    /// Finds the kit and checks it; asks at a terminal where its signature is not by a trusted key.
    ///
    /// # Errors
    /// Exit code 2: it cannot be read, or is neither trusted nor confirmed.
    pub(super) fn choose(
        &self,
        surroundings: &Surroundings,
        console: &mut Console<'_>,
    ) -> Result<Option<ChosenKit>, Failure> {
        let next_to_it = surroundings.directory.as_deref();
        let directory = match (&self.kit, next_to_it) {
            (Some(named), _) => Some(named.as_path()),
            (None, Some(directory)) if !self.no_kit && CarriedKit::is_in(directory) => Some(directory),
            _ => None,
        };
        let real = |directory: Option<&Path>| directory.and_then(|directory| directory.canonicalize().ok());
        let has_kit = directory.is_some() && real(directory) == real(next_to_it);
        if let Some(place) = next_to_it {
            name_unused(place, has_kit, console);
        }
        let Some(directory) = directory else { return Ok(None) };
        refuse_if_changeable(directory, console)?;
        let kit = CarriedKit::open(directory, &surroundings.trusted).map_err(unusable)?;
        // What is read of a kit is compared with its list; what a tool loads from its directory meanwhile is not.
        for tool in kit.description.files_for(KitFileUse::Tool) {
            if let Some(directory) = kit.path(tool).parent().filter(|directory| *directory != kit.directory())
            {
                refuse_if_changeable(directory, console)?;
            }
        }
        let brought_by = if let KitSignature::Trusted(key) = &kit.signature {
            let name = Printable(&kit.description.name);
            let words = Fingerprint::of(key);
            console.say(console.lang.pick(
                format!("kit '{name}', ondertekend met een vertrouwde sleutel ({words})"),
                format!("kit '{name}', signed by a trusted key ({words})"),
            ));
            BroughtBy::TrustedKit
        } else {
            confirm(&kit, console)?;
            BroughtBy::ConfirmedKit
        };
        Ok(Some(ChosenKit { kit, brought_by }))
    }
}

/// A kit or a file of it that cannot be used, with what to do.
pub(super) fn unusable(error: KitError) -> Failure {
    Failure::usage(error).hint(
        "gebruik deze stick niet verder en bel wie hem gemaakt heeft; zonder kit werkt het met --no-kit",
        "do not go on with this stick and call whoever made it; --no-kit works without a kit",
    )
}

/// Warns of what is next to the program and looks as if it were used.
fn name_unused(place: &Path, has_kit: bool, console: &mut Console<'_>) {
    for (name, option) in BARE {
        let path = place.join(name);
        // In a kit the directories are its own; recipients are in its description.
        let own = has_kit && name != "recipients.txt";
        if own || path.symlink_metadata().is_err() {
            continue;
        }
        let path = path.display().to_string();
        let path = Printable(&path);
        console.warn(console.lang.pick(
            format!("'{path}' naast het programma wordt niet gebruikt: het hoort niet bij een kit. Wilt u het toch, noem het met {option}"),
            format!("'{path}' next to the program is not used: it is not part of a kit. To use it, name it with {option}"),
        ));
    }
}

/// Shows a kit that no trusted key has signed, and has it confirmed.
fn confirm(kit: &CarriedKit, console: &mut Console<'_>) -> Result<(), Failure> {
    let lang = console.lang;
    let refused = |why: &str| {
        let directory = kit.directory().display().to_string();
        let text = format!(
            "the kit in '{}' is not used: {}, and {why}",
            Printable(&directory),
            worth(kit, Language::En)
        );
        Failure::usage(text).hint(
            "bevestig de kit aan een terminal, of werk zonder kit met --no-kit",
            "confirm the kit at a terminal, or go on without a kit with --no-kit",
        )
    };
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Err(refused("there is no terminal to confirm it at"));
    }
    for line in shown(kit, lang) {
        console.always(line);
    }
    console.always(lang.pick(
        "Vergelijk de woorden met die op de kaart van de kit, of bel wie hem gemaakt heeft. Typ 'ja' om hem te gebruiken:",
        "Compare the words with those on the kit's card, or call whoever made it. Type 'yes' to use it:",
    ));
    let mut answer = String::new();
    std::io::stdin().lock().take(MAX_ANSWER).read_line(&mut answer).map_err(Failure::usage)?;
    if matches!(answer.trim().to_lowercase().as_str(), "ja" | "yes") {
        Ok(())
    } else {
        Err(refused("it was not confirmed"))
    }
}

/// Why a kit is not trusted by itself.
fn worth(kit: &CarriedKit, lang: Language) -> &'static str {
    match kit.signature {
        KitSignature::Trusted(_) => {
            lang.pick("ondertekend met een vertrouwde sleutel", "a trusted key has signed it")
        }
        KitSignature::Unknown(_) => lang.pick(
            "ondertekend met een sleutel die dit programma niet kent",
            "it is signed by a key that this program does not know",
        ),
        KitSignature::Wrong => lang.pick(
            "de handtekening klopt niet: de kit is gewijzigd of door iemand anders gemaakt",
            "its signature does not fit: it was changed, or made by somebody else",
        ),
        KitSignature::Missing => lang.pick("niet ondertekend", "it is not signed"),
    }
}

/// What a person needs to see of a kit before using it.
fn shown(kit: &CarriedKit, lang: Language) -> Vec<String> {
    let description = &kit.description;
    let row = |nl: &str, en: &str, value: &str| format!("  {:<18}{value}", lang.pick(nl, en));
    let directory = kit.directory().display().to_string();
    let mut lines = vec![format!(
        "kit '{}' ({}): {}",
        Printable(&description.name),
        Printable(&directory),
        worth(kit, lang)
    )];
    let signer = match &kit.signature {
        KitSignature::Trusted(key) | KitSignature::Unknown(key) => {
            format!("{} ({})", Fingerprint::of(key), Printable(&description.signer.comment))
        }
        KitSignature::Wrong | KitSignature::Missing => lang.pick("niemand", "nobody").to_owned(),
    };
    lines.push(row("ondertekend door", "signed by", &signer));
    for recipient in &description.recipients {
        let end = recipient.split_ascii_whitespace().take(2).last().unwrap_or_default();
        let end = end.char_indices().nth_back(7).and_then(|(place, _)| end.get(place..)).unwrap_or(end);
        let text = format!("{} (…{})", Fingerprint::of(recipient), Printable(end));
        lines.push(row("leesbaar voor", "readable by", &text));
    }
    let used: Vec<_> = description
        .files
        .iter()
        .filter(|file| file.purpose.is_some_and(|purpose| purpose != KitFileUse::Unknown))
        .collect();
    for file in used.iter().take(LISTED) {
        lines.push(row("bestand", "file", &format!("{} sha256 {}", Printable(&file.path), file.sha256)));
    }
    let more = used.len().saturating_sub(LISTED);
    if more > 0 {
        lines.push(row("", "", &format!("+ {more}")));
    }
    lines
}
