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
use crate::evidence::Digest;
use crate::kit::carried::{CarriedKit, DESCRIPTION, KitError, KitSignature};
use crate::kit::description::KitFileUse;
use crate::kit::trust::Surroundings;
use crate::text::Sentence;
use crate::text::kit as text;
use crate::text::layout::{empty, indented, more, row};

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
        // Who made the kit knows who reads what it says; the language of a host is chance.
        let language = kit.description.language();
        let brought_by = if let KitSignature::Trusted(key) = &kit.signature {
            console.prefer(language);
            console.say(&text::trusted(&kit.description.name, &Fingerprint::of(key).to_string()));
            BroughtBy::TrustedKit
        } else {
            confirm(&kit, console)?;
            console.prefer(language);
            BroughtBy::ConfirmedKit
        };
        Ok(Some(ChosenKit { kit, brought_by }))
    }
}

/// A kit or a file of it that cannot be used, with what to do.
pub(super) fn unusable(error: KitError) -> Failure {
    Failure::usage(error).hint(text::stop_using())
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
        console.warn(&text::not_used(&path.to_string_lossy(), option));
    }
}

/// Shows a kit that no trusted key has signed, and has it confirmed.
fn confirm(kit: &CarriedKit, console: &mut Console<'_>) -> Result<(), Failure> {
    let refused = |why: &Sentence| {
        // A kit that somebody changed is nothing to confirm.
        let hint = match kit.signature {
            KitSignature::Wrong => text::stop_using(),
            _ => text::confirm_or_without(),
        };
        Failure::refused(text::refused(kit.directory(), &worth(kit), why)).hint(hint)
    };
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Err(refused(&text::no_terminal()));
    }
    for line in shown(kit) {
        console.always(&line);
    }
    console.always(&text::compare_the_words());
    let mut answer = String::new();
    std::io::stdin().lock().take(MAX_ANSWER).read_line(&mut answer).map_err(Failure::usage)?;
    if matches!(answer.trim().to_lowercase().as_str(), "ja" | "yes") {
        Ok(())
    } else {
        Err(refused(&text::not_confirmed()))
    }
}

/// Why a kit is or is not trusted by itself.
fn worth(kit: &CarriedKit) -> Sentence {
    match kit.signature {
        KitSignature::Trusted(_) => text::signed_by_trusted(),
        KitSignature::Unknown(_) => text::signed_by_unknown(),
        KitSignature::Wrong => text::signature_wrong(),
        KitSignature::Missing => text::not_signed(),
    }
}

/// What a person needs to see of a kit before using it.
fn shown(kit: &CarriedKit) -> Vec<Sentence> {
    let description = &kit.description;
    let row = |label: &Sentence, value: &Sentence| indented(&row(label, value));
    let mut lines = vec![text::heading(&description.name, kit.directory(), &worth(kit))];
    let signer = match &kit.signature {
        KitSignature::Trusted(key) | KitSignature::Unknown(key) => {
            text::signer(&Fingerprint::of(key).to_string(), &description.signer.comment)
        }
        KitSignature::Wrong | KitSignature::Missing => text::nobody(),
    };
    lines.push(row(&text::signed_by(), &signer));
    for recipient in &description.recipients {
        let end = recipient.split_ascii_whitespace().take(2).last().unwrap_or_default();
        let end = end.char_indices().nth_back(7).and_then(|(place, _)| end.get(place..)).unwrap_or(end);
        lines.push(row(&text::readable_by(), &text::recipient(&Fingerprint::of(recipient).to_string(), end)));
    }
    let used: Vec<_> = description
        .files
        .iter()
        .filter(|file| file.purpose.is_some_and(|purpose| purpose != KitFileUse::Unknown))
        .collect();
    for file in used.iter().take(LISTED) {
        lines.push(row(&text::file(), &text::file_with_digest(&file.path, file.sha256)));
    }
    let more_files = used.len().saturating_sub(LISTED);
    if more_files > 0 {
        lines.push(row(&empty(), &more(more_files)));
    }
    lines
}
