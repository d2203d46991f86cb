//! The custody receipt: one page to print, sign by hand, and check by telephone or with `sha256sum`.
//!
//! In: what the bundle's opening and manifest say, and its digest. Out: plain text in Dutch or English that a civil
//! servant at a town hall understands, and below it a fixed block for programs, the same in every language; the
//! grammar stands in [`crate::bundle`] under *Receipt*. Texts of the operator and the host are printed escaped.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::opening::Opening;
use super::seal::SealCode;
use crate::evidence::{Digest, Outcome, Printable, Utc};

/// Language of a receipt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// Dutch.
    #[default]
    Nl,
    /// English.
    En,
}

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
        // Writing to a string does not fail.
        let _ = match language {
            Language::Nl => self.dutch(&mut page),
            Language::En => self.english(&mut page),
        };
        let _ = self.block(&mut page);
        page
    }

    fn dutch(&self, page: &mut String) -> fmt::Result {
        let Figures { started, ended, collected, partial, denied, failed, skipped, missing } = self.figures();
        let (case, evidence, examiner, host) = self.who("niet opgegeven");
        let size = megabytes(self.bytes);
        write!(
            page,
            "ONTVANGSTBEWIJS DIGITAAL ONDERZOEK\n\
             ==================================\n\n\
             Met het programma veldkit is van een computer een kopie gemaakt van gegevens die nodig zijn om een\n\
             beveiligingsincident te onderzoeken. De computer zelf is niet meegenomen en er is niets gewist.\n\
             De kopie is één versleuteld bestand. Alleen wie de sleutel heeft, kan het lezen.\n\n\
             Zaak                 {case}\n\
             Nummer bewijsstuk    {evidence}\n\
             Computer             {host}\n\
             Veiliggesteld door   {examiner}\n\
             Begonnen (UTC)       {started}\n\
             Geëindigd (UTC)      {ended}\n\n\
             Bestand              {}\n\
             Grootte              {size} MB\n",
            Printable(self.file_name),
        )?;
        if self.parts > 1 {
            writeln!(page, "Delen                {} (.001 tot en met .{:03})", self.parts, self.parts)?;
        }
        write!(
            page,
            "Onderdelen           {collected} volledig, {partial} gedeeltelijk, {denied} geweigerd,\n\
             {:21}{failed} mislukt, {skipped} overgeslagen, {missing} niet aanwezig\n\
             Meldingen            {} onderdelen met een verdacht kenmerk\n\
             Opdracht voltooid    {}\n\n\
             ZEGELCODE            {}\n\n\
             Deze code hoort bij precies dit bestand. Lees haar nu door aan de IBD-CERT, telefoon 070 204 55 11\n\
             (dag en nacht), of schrijf haar op het dossierformulier. Wie het bestand later vervangt of wijzigt,\n\
             krijgt een andere code. De volledige controlewaarde (SHA-256) is:\n\n\
             {}\n\n",
            "",
            self.manifest.items_with_hits,
            if self.manifest.complete { "ja" } else { "nee" },
            self.seal_code,
            self.sha256,
        )?;
        if let Some(reason) = &self.manifest.incomplete {
            writeln!(page, "Niet voltooid: {}\n", Printable(reason))?;
        }
        write!(
            page,
            "WAT U HIERMEE DOET\n\
             - Bewaar dit papier bij de zaak, los van de stick of schijf met het bestand.\n\
             - Geef het bestand alleen af tegen een handtekening hieronder.\n\
             - Vragen? Bel de IBD-CERT, 070 204 55 11, dag en nacht.\n\n\
             Overgedragen door                       Ontvangen door\n\n\
             Naam          ______________________    Naam          ______________________\n\n\
             Organisatie   ______________________    Organisatie   ______________________\n\n\
             Datum, tijd   ______________________    Datum, tijd   ______________________\n\n\
             Handtekening  ______________________    Handtekening  ______________________\n\n\
             Controle door een deskundige: sha256sum van het bestand (van delen: cat BESTAND.* | sha256sum).\n"
        )?;
        match &self.signed {
            Some(key) => writeln!(page, "Ondertekend met minisign-sleutel {key}\n"),
            None => {
                writeln!(page, "Niet ondertekend met een sleutel: alleen de zegelcode bewijst de herkomst.\n")
            }
        }
    }

    fn english(&self, page: &mut String) -> fmt::Result {
        let Figures { started, ended, collected, partial, denied, failed, skipped, missing } = self.figures();
        let (case, evidence, examiner, host) = self.who("not given");
        let size = megabytes(self.bytes);
        write!(
            page,
            "RECEIPT FOR DIGITAL EVIDENCE\n\
             ============================\n\n\
             The program veldkit copied data from a computer that are needed to investigate a security incident.\n\
             The computer itself was not taken away and nothing was erased.\n\
             The copy is one encrypted file. Only those who have the key can read it.\n\n\
             Case                 {case}\n\
             Evidence number      {evidence}\n\
             Computer             {host}\n\
             Taken by             {examiner}\n\
             Begun (UTC)          {started}\n\
             Ended (UTC)          {ended}\n\n\
             File                 {}\n\
             Size                 {size} MB\n",
            Printable(self.file_name),
        )?;
        if self.parts > 1 {
            writeln!(page, "Parts                {} (.001 to .{:03})", self.parts, self.parts)?;
        }
        write!(
            page,
            "Items                {collected} whole, {partial} in part, {denied} refused,\n\
             {:21}{failed} failed, {skipped} left out, {missing} not present\n\
             Hits                 {} items with a suspicious mark\n\
             All done             {}\n\n\
             SEAL CODE            {}\n\n\
             This code belongs to exactly this file. Read it out now to IBD-CERT, telephone +31 70 204 55 11 (day\n\
             and night), or write it on the custody form. Whoever replaces or changes the file later gets another\n\
             code. The full check value (SHA-256) is:\n\n\
             {}\n\n",
            "",
            self.manifest.items_with_hits,
            if self.manifest.complete { "yes" } else { "no" },
            self.seal_code,
            self.sha256,
        )?;
        if let Some(reason) = &self.manifest.incomplete {
            writeln!(page, "Not all done: {}\n", Printable(reason))?;
        }
        write!(
            page,
            "WHAT TO DO WITH IT\n\
             - Keep this paper with the case, apart from the stick or disk that holds the file.\n\
             - Hand the file over only against a signature below.\n\
             - Questions? Call IBD-CERT, +31 70 204 55 11, day and night.\n\n\
             Handed over by                          Received by\n\n\
             Name          ______________________    Name          ______________________\n\n\
             Organisation  ______________________    Organisation  ______________________\n\n\
             Date, time    ______________________    Date, time    ______________________\n\n\
             Signature     ______________________    Signature     ______________________\n\n\
             To check, as a specialist: sha256sum of the file (of parts: cat FILE.* | sha256sum).\n"
        )?;
        match &self.signed {
            Some(key) => writeln!(page, "Signed with minisign key {key}\n"),
            None => writeln!(page, "Not signed with a key: only the seal code proves where it comes from.\n"),
        }
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

    fn who(&self, unknown: &str) -> (String, String, String, String) {
        let text = |text: Option<&str>| Printable(text.unwrap_or(unknown)).to_string();
        (
            text(self.opening.case.as_deref()),
            text(self.opening.evidence_number.as_deref()),
            text(self.opening.examiner.as_deref()),
            text(Some(&self.opening.host_name)),
        )
    }

    fn figures(&self) -> Figures {
        let of = |outcome| self.manifest.items.of(outcome);
        Figures {
            started: minute(self.manifest.started),
            ended: minute(self.manifest.ended),
            collected: of(Outcome::Collected),
            partial: of(Outcome::Partial),
            denied: of(Outcome::Denied),
            failed: of(Outcome::Failed),
            skipped: of(Outcome::Skipped),
            missing: of(Outcome::Missing),
        }
    }
}

struct Figures {
    started: String,
    ended: String,
    collected: u64,
    partial: u64,
    denied: u64,
    failed: u64,
    skipped: u64,
    missing: u64,
}

/// Gives the name of a bundle: `veldkit_<case>_<host>_<UTC>.zip.age`, safe on FAT and NTFS and in a shell. Without
/// a case, that part is left out.
#[must_use]
pub fn bundle_name(case: Option<&str>, host: &str, moment: Utc) -> String {
    let time = moment.date_time();
    let stamp = format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
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

/// Gives the place of a receipt's signature: `.minisig` is added, where `minisign -V` looks.
#[must_use]
pub fn signature_path(receipt: &Path) -> PathBuf {
    let mut name = receipt.as_os_str().to_owned();
    name.push(".minisig");
    PathBuf::from(name)
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

fn minute(moment: Option<Utc>) -> String {
    moment.map_or_else(String::new, |moment| {
        let time = moment.date_time();
        format!("{} {:02}:{:02}:{:02}", time.date(), time.hour(), time.minute(), time.second())
    })
}

/// Millions of bytes with one decimal, rounded up, so that no file shows as 0.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundles_name_is_safe_on_every_file_system() {
        let moment = Utc::from_unix(1_763_942_400, 0).unwrap();
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
