//! The receipt's section of files from outside of the program: whoever looks at it later sees what steered the run.

use std::fmt::{self, Write as _};

use super::Receipt;
use crate::bundle::opening::{BroughtBy, OutsideFile, OutsideRole};
use crate::evidence::Printable;
use crate::text::Language;

/// Files that are listed; the others are counted, and are in the bundle's first entry.
const LISTED: usize = 20;

/// Characters of a name that are shown, its end: the name of the file and not that of the disk.
const NAME: usize = 50;

impl Receipt<'_> {
    /// Writes the section; nothing where no file from outside was used.
    pub(super) fn outside(&self, page: &mut String, language: Language) -> fmt::Result {
        let all = &self.opening.outside_files;
        if all.is_empty() {
            return Ok(());
        }
        let title =
            language.pick("GEBRUIKTE BESTANDEN VAN BUITEN HET PROGRAMMA", "FILES FROM OUTSIDE THE PROGRAM");
        writeln!(page, "{title}")?;
        for file in all.iter().take(LISTED) {
            let name = shown(&file.name);
            writeln!(page, "- {} ({}): {name}", file.role.word(language), file.brought_by.word(language))?;
            writeln!(page, "  SHA-256 {}", file.sha256)?;
        }
        let more = all.len().saturating_sub(LISTED);
        if more > 0 {
            let text = language.pick("meer, genoemd in de bundel zelf", "more, listed in the bundle itself");
            writeln!(page, "- {more} {text}")?;
        }
        writeln!(page)
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
    pub const fn word(self, language: Language) -> &'static str {
        match (language, self) {
            (_, Self::Kit) => "kit",
            (_, Self::Playbook) => "playbook",
            (Language::Nl, Self::Rules) => "regels",
            (Language::En, Self::Rules) => "rules",
            (Language::Nl, Self::Indicators) => "indicatoren",
            (Language::En, Self::Indicators) => "indicators",
            (Language::Nl, Self::KnownGood) => "bekende bestanden",
            (Language::En, Self::KnownGood) => "known files",
            (Language::Nl, Self::Recipients) => "ontvangers",
            (Language::En, Self::Recipients) => "recipients",
            (Language::Nl, Self::Tool) => "hulpprogramma",
            (Language::En, Self::Tool) => "tool",
            (Language::Nl, Self::Unknown) => "anders",
            (Language::En, Self::Unknown) => "other",
        }
    }
}

impl BroughtBy {
    /// Why it is used.
    #[must_use]
    pub const fn word(self, language: Language) -> &'static str {
        match (language, self) {
            (Language::Nl, Self::Operator) => "op verzoek",
            (Language::En, Self::Operator) => "named by the operator",
            (Language::Nl, Self::TrustedKit) => "uit een vertrouwde kit",
            (Language::En, Self::TrustedKit) => "of a trusted kit",
            (Language::Nl, Self::ConfirmedKit) => "uit een bevestigde kit",
            (Language::En, Self::ConfirmedKit) => "of a confirmed kit",
            (Language::Nl, Self::Unknown) => "onbekend",
            (Language::En, Self::Unknown) => "unknown",
        }
    }
}

impl OutsideFile {
    /// Says in one line for the screen what it is, who brought it, and its digest.
    #[must_use]
    pub fn line(&self, language: Language) -> String {
        let (role, by) = (self.role.word(language), self.brought_by.word(language));
        format!("{role} ({by}): {} sha256 {}", Printable(&self.name), self.sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::manifest::Manifest;
    use crate::bundle::opening::Opening;
    use crate::bundle::seal_code::SealCode;
    use crate::evidence::Digest;

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
            (Language::Nl, "3 meer, genoemd in de bundel zelf"),
            (Language::En, "3 more, listed in the bundle itself"),
        ] {
            let text = receipt.text(language);
            assert_eq!(text.matches(&Digest::of(b"content").to_string()).count(), LISTED);
            assert!(text.contains(more) && !text.contains('\u{1b}'), "{text}");
            assert!(text.lines().all(|line| line.chars().count() <= 105), "{text}");
        }
    }
}
