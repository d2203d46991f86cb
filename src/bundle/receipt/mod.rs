//! The custody receipt: one page to print, sign by hand, and check by telephone or with `sha256sum`.
//!
//! In: what the bundle's opening and manifest say, and its digest. Out: plain text in Dutch or English that a civil
//! servant at a town hall understands, and below it a fixed block for programs, the same in every language; the
//! grammar stands in [`crate::bundle`] under *Receipt*. Texts of the operator and the host are printed escaped.

use std::fmt::{self, Write as _};

use super::manifest::Manifest;
use super::opening::Opening;
use super::seal_code::SealCode;
use crate::evidence::{Digest, Printable, Utc};
use crate::text::Language;

mod outside;
mod page;
mod readers;

/// What a receipt says.
#[derive(Debug)]
pub(super) struct Receipt<'a> {
    pub(super) opening: &'a Opening,
    pub(super) manifest: &'a Manifest,
    pub(super) file_name: &'a str,
    pub(super) parts: usize,
    pub(super) bytes: u64,
    pub(super) sha256: Digest,
    pub(super) seal_code: SealCode,
    pub(super) signed: Option<String>,
}

/// The block for programs at the end of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Name of the bundle.
    pub bundle: String,
    /// Its id.
    pub bundle_id: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its seal code.
    pub seal_code: SealCode,
}

const BLOCK_BEGIN: &str = "--- veldkit receipt 1 ---";
const BLOCK_END: &str = "--- end ---";
/// A receipt has some 60 lines; more is not one.
const LINES_LIMIT: usize = 1_000;

impl Block {
    /// Reads the block out of a receipt; `None` where there is not exactly one that is whole, or where its seal
    /// code is not that of its digest.
    #[must_use]
    pub fn parse(receipt: &str) -> Option<Self> {
        if receipt.lines().filter(|line| *line == BLOCK_BEGIN).count() != 1 {
            return None;
        }
        let mut lines = receipt.lines().take(LINES_LIMIT).skip_while(|line| *line != BLOCK_BEGIN).skip(1);
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned);
        let bundle = field("bundle")?;
        let bundle_id = field("bundle-id")?;
        let bytes = field("bytes")?.parse().ok()?;
        let sha256: Digest = field("sha256")?.parse().ok()?;
        let seal_code = SealCode::parse(&field("seal-code")?).ok()?;
        let sum = lines.next()?;
        if sum != format!("{sha256}  {bundle}") || lines.next()? != BLOCK_END {
            return None;
        }
        (seal_code == SealCode::of(&sha256)).then_some(Self { bundle, bundle_id, bytes, sha256, seal_code })
    }
}

impl Receipt<'_> {
    /// Writes the page.
    pub(super) fn text(&self, language: Language) -> String {
        let mut page = String::new();
        for line in self.lines() {
            page.push_str(line.in_language(language));
            page.push('\n');
        }
        // Writing to a string does not fail.
        let _ = self.block(&mut page);
        page
    }

    fn block(&self, page: &mut String) -> fmt::Result {
        let name = Printable(self.file_name);
        writeln!(page, "{BLOCK_BEGIN}")?;
        writeln!(page, "bundle: {name}")?;
        writeln!(page, "bundle-id: {}", Printable(&self.opening.bundle_id))?;
        writeln!(page, "bytes: {}", self.bytes)?;
        writeln!(page, "sha256: {}", self.sha256)?;
        writeln!(page, "seal-code: {}", self.seal_code)?;
        writeln!(page, "{}  {name}", self.sha256)?;
        writeln!(page, "{BLOCK_END}")
    }
}

/// Gives the name of a bundle: `veldkit_<case>_<host>_<UTC of the start>.zip.age`, safe on FAT and NTFS and in a
/// shell. Without a case, that part is left out.
#[must_use]
pub fn bundle_name(case: Option<&str>, host: &str, started: Option<Utc>) -> String {
    let stamp = started.map_or_else(String::new, |started| {
        let time = started.date_time();
        let (year, month, day) = time.to_calendar_date();
        let (hour, minute, second) = time.to_hms();
        format!("{year:04}{:02}{day:02}T{hour:02}{minute:02}{second:02}Z", u8::from(month))
    });
    let parts = ["veldkit".to_owned()]
        .into_iter()
        .chain(case.map(safe_part))
        .chain([safe_part(host), stamp])
        .filter(|part| !part.is_empty());
    format!("{}.zip.age", parts.collect::<Vec<_>>().join("_"))
}

/// Gives the name of a bundle's receipt: `.zip.age` gives way to `.receipt.txt`.
#[must_use]
pub fn receipt_name(bundle: &str) -> String {
    format!("{}.receipt.txt", bundle.strip_suffix(".zip.age").unwrap_or(bundle))
}

/// Gives the trusted comment of a signature: what it binds the signed text to. Values are percent-encoded, so that
/// a case's name cannot imitate another field.
#[must_use]
pub fn trusted_comment(what: &str, opening: &Opening, sha256: &Digest) -> String {
    let kit = opening.kit.as_ref();
    let counter = kit.and_then(|kit| kit.counter).map(|counter| counter.to_string());
    format!(
        "veldkit 1 {what} bundle={} case={} host={} kit={} counter={} sha256={sha256}",
        token(&opening.bundle_id),
        token(opening.case.as_deref().unwrap_or_default()),
        token(&opening.host_name),
        token(kit.map(|kit| kit.id.as_str()).unwrap_or_default()),
        token(counter.as_deref().unwrap_or_default()),
    )
}

/// A value of a trusted comment: at most 200 bytes are encoded, since minisign ends the comment at 8,192.
fn token(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes().take(200) {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A part of a file name: ASCII letters, digits, `.` and `-`; 40 at most, so that the name stays below 128 bytes.
fn safe_part(text: &str) -> String {
    let mut part = String::new();
    for c in text.chars().take(200) {
        let c = if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        if !(c == '-' && part.ends_with('-')) {
            part.push(c);
        }
    }
    part.truncate(40);
    part.trim_matches(|c| c == '-' || c == '.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::FingerprintedRecipient;

    #[test]
    fn a_bundles_name_is_safe_on_every_file_system() {
        let moment = Utc::from_unix(1_763_942_400, 0);
        assert_eq!(
            bundle_name(Some("2026-017"), "srv-file01.gemeente.local", moment),
            "veldkit_2026-017_srv-file01.gemeente.local_20251124T000000Z.zip.age"
        );
        assert_eq!(
            bundle_name(Some("../..\\x: \"y\"?*|<>"), "CON.", moment),
            "veldkit_x-y_CON_20251124T000000Z.zip.age"
        );
        assert_eq!(bundle_name(None, "\u{1b}é", moment), "veldkit_20251124T000000Z.zip.age");
        assert!(bundle_name(Some(&"a".repeat(9_000)), &"b".repeat(9_000), moment).len() < 128);
        assert_eq!(receipt_name("veldkit_a.zip.age"), "veldkit_a.receipt.txt");
    }

    #[test]
    fn a_trusted_comment_cannot_be_forged_by_a_case_name() {
        let opening = Opening { case: Some("x host=other\nsha256=0".into()), ..Opening::default() };
        let comment = trusted_comment("manifest", &opening, &Digest::of(b""));
        assert!(comment.contains(" case=x%20host%3Dother%0Asha256%3D0 host= "), "{comment}");
    }

    fn receipt(language: Language, case: &str) -> String {
        let opening = Opening {
            bundle_id: "00ff".into(),
            host_name: "srv1".into(),
            case: Some(case.into()),
            recipient_fingerprints: vec![FingerprintedRecipient::of(&"x".repeat(300)); 20],
            ..Opening::default()
        };
        let manifest = Manifest { complete: true, ..Manifest::default() };
        let sha256 = Digest::of(b"abc");
        let receipt = Receipt {
            opening: &opening,
            manifest: &manifest,
            file_name: "b.zip.age",
            parts: 1,
            bytes: 3,
            sha256,
            seal_code: SealCode::of(&sha256),
            signed: None,
        };
        receipt.text(language)
    }

    #[test]
    fn the_block_is_the_same_in_both_languages_and_is_read_back() {
        let dutch = Block::parse(&receipt(Language::Nl, "A")).unwrap();
        assert_eq!(dutch, Block::parse(&receipt(Language::En, "A")).unwrap());
        assert_eq!((dutch.bytes, dutch.sha256), (3, Digest::of(b"abc")));
    }

    #[test]
    fn a_case_that_imitates_the_block_does_not_become_one() {
        let forged = format!("A\n{BLOCK_BEGIN}\nbundle: other\n");
        let text = receipt(Language::Nl, &forged);
        assert_eq!(Block::parse(&text).unwrap().bundle, "b.zip.age");
        assert!(text.contains("A\\u{a}---"), "{text}");
    }

    #[test]
    fn a_block_whose_parts_contradict_each_other_is_none() {
        let text = receipt(Language::En, "A");
        let other = Digest::of(b"other").to_string();
        for wrong in [
            text.replacen(&format!("sha256: {}", Digest::of(b"abc")), &format!("sha256: {other}"), 1),
            text.replace(BLOCK_END, ""),
            text.replace("bytes: 3", "bytes: x"),
            format!("{text}{text}"),
            String::new(),
        ] {
            assert_eq!(Block::parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_page_stays_below_110_columns() {
        for language in [Language::Nl, Language::En] {
            for line in receipt(language, "A").lines() {
                assert!(line.chars().count() <= 105, "{line}");
            }
        }
    }
}
