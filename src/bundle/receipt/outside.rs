//! The receipt's section of files from outside of the program: whoever looks at it later sees what steered the run.

use super::Receipt;
use crate::bundle::opening::{BroughtBy, OutsideFile, OutsideRole};
use crate::evidence::Printable;
use crate::text::Sentence;
use crate::text::layout::empty;
use crate::text::outside as words;
use crate::text::receipt as text;

/// Files that are listed; the others are counted, and are in the bundle's first entry.
const LISTED: usize = 20;

/// Characters of a name that are shown, its end: the name of the file and not that of the disk.
const NAME: usize = 50;

impl Receipt<'_> {
    /// Returns the section; nothing where no file from outside was used.
    pub(super) fn outside(&self) -> Vec<Sentence> {
        let all = &self.opening.outside_files;
        if all.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![text::outside()];
        lines.extend(all.iter().take(LISTED).map(|file| {
            text::outside_file(&file.role.word(), &file.brought_by.word(), &shown(&file.name), file.sha256)
        }));
        let more = all.len().saturating_sub(LISTED);
        lines.extend((more > 0).then(|| text::more_outside(more)));
        lines.push(empty());
        lines
    }
}

/// The end of a name, in characters that do not steer the page.
fn shown(name: &str) -> String {
    let name = Printable(name).to_string();
    match name.char_indices().nth_back(NAME) {
        Some((place, _)) => format!("…{}", name.get(place..).unwrap_or_default()),
        None => name,
    }
}

impl OutsideRole {
    /// What it is called.
    #[must_use]
    pub fn word(self) -> Sentence {
        match self {
            Self::Kit => words::kit(),
            Self::Playbook => words::playbook(),
            Self::Rules => words::rules(),
            Self::Indicators => words::indicators(),
            Self::KnownGood => words::known_good(),
            Self::Recipients => words::recipients(),
            Self::Tool => words::tool(),
            Self::Unknown => words::other(),
        }
    }
}

impl BroughtBy {
    /// Why it is used.
    #[must_use]
    pub fn word(self) -> Sentence {
        match self {
            Self::Operator => words::by_operator(),
            Self::TrustedKit => words::of_trusted_kit(),
            Self::ConfirmedKit => words::of_confirmed_kit(),
            Self::Unknown => words::unknown(),
        }
    }
}

impl OutsideFile {
    /// Returns one line for the screen: what it is, who brought it, and its digest.
    #[must_use]
    pub fn line(&self) -> Sentence {
        words::file(&self.role.word(), &self.brought_by.word(), &self.name, self.sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::manifest::Manifest;
    use crate::bundle::opening::Opening;
    use crate::bundle::seal_code::SealCode;
    use crate::evidence::Digest;
    use crate::text::Language;

    #[test]
    fn each_file_is_listed_with_its_digest_within_the_page_and_more_than_twenty_are_counted() {
        let roles = [OutsideRole::Kit, OutsideRole::KnownGood, OutsideRole::Tool];
        let file = |role| OutsideFile {
            role,
            name: format!("/a/{}/é\u{1b}[2J.yaml", "directory/".repeat(30)),
            sha256: Digest::of(b"content"),
            brought_by: BroughtBy::ConfirmedKit,
        };
        let outside_files = roles.into_iter().cycle().map(file).take(23).collect();
        let opening = Opening { outside_files, ..Opening::default() };
        let sha256 = Digest::of(b"abc");
        let receipt = Receipt {
            opening: &opening,
            manifest: &Manifest::default(),
            file_name: "b.zip.age",
            parts: 1,
            bytes: 3,
            sha256,
            seal_code: SealCode::of(&sha256),
            signed: None,
        };
        for (language, more) in [
            (Language::Nl, "nog 3, genoemd in de bundel zelf"),
            (Language::En, "3 more, listed in the bundle itself"),
        ] {
            let text = receipt.text(language);
            assert_eq!(text.matches(&Digest::of(b"content").to_string()).count(), LISTED);
            assert!(text.contains(more) && !text.contains('\u{1b}'), "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= 105), "{text}");
        }
    }
}
