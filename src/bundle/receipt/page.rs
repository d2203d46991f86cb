//! The page for people: who took what, when, what is in it, what to do with it, and whom to call.
//!
//! In: a [`Receipt`]. Out: a page in Dutch or English of at most 105 columns, two sheets when printed. What comes
//! from the operator or the host is escaped.

use std::fmt::{self, Write as _};

use super::Receipt;
use crate::bundle::manifest::Counts;
use crate::evidence::{Outcome, Printable, Utc};
use crate::text::phrases::Phrase;
use crate::text::{Language, Localized as _};

/// Kinds of evidence that are named; the others are counted.
const KINDS_NAMED: usize = 15;
/// Columns of the list of them.
const COLUMNS: usize = 100;

impl Receipt<'_> {
    pub(super) fn page(&self, page: &mut String, language: Language) -> fmt::Result {
        match language {
            Language::Nl => self.dutch(page),
            Language::En => self.english(page),
        }
    }

    fn dutch(&self, page: &mut String) -> fmt::Result {
        write!(
            page,
            "ONTVANGSTBEWIJS DIGITAAL ONDERZOEK\n\
             ==================================\n\n\
             Met het programma veldkit is van een computer een kopie gemaakt van gegevens die nodig zijn om een\n\
             beveiligingsincident te onderzoeken. De computer zelf is niet meegenomen en er is niets gewist.\n\
             De kopie is één versleuteld bestand. Alleen wie de sleutel heeft, kan het lezen.\n\n\
             Zaak                 {}\n\
             Nummer bewijsstuk    {}\n\
             Computer             {}\n\
             Veiliggesteld door   {}\n\
             Begonnen (UTC)       {}\n\
             Geëindigd (UTC)      {}\n\
             Plaats               ______________________\n\n\
             Bestand              {}\n\
             Grootte              {} MB\n",
            self.case("niet opgegeven"),
            self.evidence_number("niet opgegeven"),
            Printable(&self.opening.host_name),
            self.examiner("niet opgegeven"),
            minute(self.manifest.started),
            minute(self.manifest.ended),
            Printable(self.file_name),
            megabytes(self.bytes),
        )?;
        if self.parts > 1 {
            writeln!(page, "Delen                {} (.001 tot en met .{:03})", self.parts, self.parts)?;
        }
        let of = |outcome| self.manifest.items.of(outcome);
        write!(
            page,
            "Onderdelen           {} volledig, {} gedeeltelijk, {} geweigerd,\n\
             {:21}{} mislukt, {} overgeslagen, {} niet aanwezig\n\
             Meldingen            {} onderdelen met een verdacht kenmerk\n\
             Opdracht voltooid    {}\n\n",
            of(Outcome::Collected),
            of(Outcome::Partial),
            of(Outcome::Denied),
            "",
            of(Outcome::Failed),
            of(Outcome::Skipped),
            of(Outcome::Missing),
            self.manifest.items_with_hits,
            if self.manifest.complete { "ja" } else { "nee" },
        )?;
        if let Some(reason) = &self.manifest.incomplete {
            writeln!(page, "Niet voltooid: {}\n", Phrase(reason).written(Language::Nl))?;
        }
        write!(
            page,
            "ZEGELCODE            {}\n\n\
             Deze code hoort bij precies dit bestand. Lees haar nu voor aan de IBD-CERT, telefoon 070 204 55 11\n\
             (dag en nacht), of schrijf haar op het dossierformulier. Wie het bestand later vervangt of wijzigt,\n\
             krijgt een andere code. De volledige controlewaarde (SHA-256) is:\n\n\
             {}\n\n",
            self.seal_code, self.sha256,
        )?;
        self.readers(page, Language::Nl)?;
        writeln!(page, "WAT ER IN ZIT")?;
        self.kinds(page, "soorten gegevens meer")?;
        self.outside(page, Language::Nl)?;
        write!(
            page,
            "De kopie kan persoonsgegevens bevatten. Zij is alleen bedoeld voor het onderzoek van dit incident.\n\n\
             WAT U HIERMEE DOET\n\
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
            None => writeln!(
                page,
                "Niet ondertekend met een sleutel: alleen wie de zegelcode nu noteert, kan later nagaan dat het\n\
                 bestand hetzelfde is.\n"
            ),
        }
    }

    fn english(&self, page: &mut String) -> fmt::Result {
        write!(
            page,
            "RECEIPT FOR DIGITAL EVIDENCE\n\
             ============================\n\n\
             The program veldkit copied data from a computer that are needed to investigate a security incident.\n\
             The computer itself was not taken away and nothing was erased.\n\
             The copy is one encrypted file. Only those who have the key can read it.\n\n\
             Case                 {}\n\
             Evidence number      {}\n\
             Computer             {}\n\
             Taken by             {}\n\
             Begun (UTC)          {}\n\
             Ended (UTC)          {}\n\
             Place                ______________________\n\n\
             File                 {}\n\
             Size                 {} MB\n",
            self.case("not given"),
            self.evidence_number("not given"),
            Printable(&self.opening.host_name),
            self.examiner("not given"),
            minute(self.manifest.started),
            minute(self.manifest.ended),
            Printable(self.file_name),
            megabytes(self.bytes),
        )?;
        if self.parts > 1 {
            writeln!(page, "Parts                {} (.001 to .{:03})", self.parts, self.parts)?;
        }
        let of = |outcome| self.manifest.items.of(outcome);
        write!(
            page,
            "Items                {} whole, {} in part, {} refused,\n\
             {:21}{} failed, {} left out, {} not present\n\
             Hits                 {} items with a suspicious mark\n\
             All done             {}\n\n",
            of(Outcome::Collected),
            of(Outcome::Partial),
            of(Outcome::Denied),
            "",
            of(Outcome::Failed),
            of(Outcome::Skipped),
            of(Outcome::Missing),
            self.manifest.items_with_hits,
            if self.manifest.complete { "yes" } else { "no" },
        )?;
        if let Some(reason) = &self.manifest.incomplete {
            writeln!(page, "Not all done: {}\n", Phrase(reason).written(Language::En))?;
        }
        write!(
            page,
            "SEAL CODE            {}\n\n\
             This code belongs to exactly this file. Read it out now to IBD-CERT, telephone +31 70 204 55 11 (day\n\
             and night), or write it on the custody form. Whoever replaces or changes the file later gets another\n\
             code. The full check value (SHA-256) is:\n\n\
             {}\n\n",
            self.seal_code, self.sha256,
        )?;
        self.readers(page, Language::En)?;
        writeln!(page, "WHAT IS IN IT")?;
        self.kinds(page, "more kinds of evidence")?;
        self.outside(page, Language::En)?;
        write!(
            page,
            "The copy may hold personal data. It is meant for the investigation of this incident alone.\n\n\
             WHAT TO DO WITH IT\n\
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
            None => writeln!(
                page,
                "Not signed with a key: only those who note the seal code now can tell later that the file is\n\
                 the same.\n"
            ),
        }
    }

    /// The artifacts of which most was taken, with the number of items, in lines of [`COLUMNS`].
    fn kinds(&self, page: &mut String, more: &str) -> fmt::Result {
        let taken =
            |counts: &Counts| counts.of(Outcome::Collected).saturating_add(counts.of(Outcome::Partial));
        let artifacts = self.manifest.artifacts.iter();
        let mut kinds: Vec<_> =
            artifacts.map(|(name, counts)| (taken(counts), name)).filter(|(items, _)| *items > 0).collect();
        kinds.sort_by(|(a, a_name), (b, b_name)| b.cmp(a).then(a_name.cmp(b_name)));
        let left_out = kinds.len().saturating_sub(KINDS_NAMED);
        let named = kinds.into_iter().take(KINDS_NAMED);
        let mut words: Vec<String> =
            named.map(|(items, name)| format!("{}: {items}", Printable(name))).collect();
        if left_out > 0 {
            words.push(format!("+ {left_out} {more}"));
        }
        let mut column = 0_usize;
        for (place, word) in words.iter().enumerate() {
            let width = word.chars().count();
            if column > 0 && column.saturating_add(width) > COLUMNS {
                page.push('\n');
                column = 0;
            }
            let last = place.saturating_add(1) == words.len();
            write!(page, "{word}{}", if last { "" } else { ", " })?;
            column = column.saturating_add(width).saturating_add(2);
        }
        page.push_str("\n\n");
        Ok(())
    }

    fn case(&self, unknown: &str) -> String {
        Printable(self.opening.case.as_deref().unwrap_or(unknown)).to_string()
    }

    fn evidence_number(&self, unknown: &str) -> String {
        Printable(self.opening.evidence_number.as_deref().unwrap_or(unknown)).to_string()
    }

    fn examiner(&self, unknown: &str) -> String {
        Printable(self.opening.examiner.as_deref().unwrap_or(unknown)).to_string()
    }
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
