//! `veldkit selftest`: what only the machine itself can show, tried out before one relies on it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Console, Exit, Failure};
use crate::kit::selftest;
use crate::kit::selftest::{Check, CheckResult};
use crate::text::phrases::Phrase;
use crate::text::{Language, Localized as _};

/// What `selftest` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[arg(long, default_value = ".")]
    work: PathBuf,
    #[arg(long)]
    json: bool,
}

/// Carries out `selftest`.
pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let (mut passed, mut failed, mut not_possible) = (0_u32, 0_u32, 0_u32);
    let lang = console.lang;
    let mut tell = |check, name: &str, verdict: CheckResult| {
        let (count, word, reason) = match &verdict {
            CheckResult::Passed => (&mut passed, "passed", None),
            CheckResult::Failed(seen) => (&mut failed, "failed", Some(seen)),
            CheckResult::NotPossible(why) => (&mut not_possible, "not_possible", Some(why)),
        };
        *count = count.saturating_add(1);
        if arguments.json {
            console.result(json!({ "check": name, "verdict": word, "reason": reason }));
        } else {
            console.result(line(check, &verdict, lang));
        }
    };
    selftest::run(&arguments.work, &mut tell).map_err(|error| {
        Failure::new(error).hint(
            "kies met --work MAP een map waarin geschreven mag worden",
            "name a folder that may be written to with --work DIR",
        )
    })?;
    console.say(lang.pick(
        format!("{passed} geslaagd, {failed} mislukt, {not_possible} hier niet te beproeven"),
        format!("{passed} passed, {failed} failed, {not_possible} not possible here"),
    ));
    Ok(if failed == 0 { Exit::Done } else { Exit::Failure })
}

fn line(check: Check, verdict: &CheckResult, lang: Language) -> String {
    let (word, reason) = match verdict {
        CheckResult::Passed => (lang.pick("geslaagd", "pass"), None),
        CheckResult::Failed(seen) => (lang.pick("MISLUKT", "FAIL"), Some(seen)),
        CheckResult::NotPossible(why) => (lang.pick("niet hier", "not here"), Some(why)),
    };
    let (nl, en) = text(check);
    let reason = reason.map(|reason| format!(": {}", Phrase(reason).written(lang))).unwrap_or_default();
    format!("{word:<9} {}{reason}", lang.pick(nl, en))
}

/// What each check shows.
#[allow(clippy::too_many_lines, reason = "a table: a text in both languages for each check")]
const fn text(check: Check) -> (&'static str, &'static str) {
    match check {
        Check::Content => {
            ("een bestand wordt gelezen zoals het is geschreven", "a file is read as it was written")
        }
        Check::AccessTime => (
            "lezen laat de tijd van laatste toegang staan",
            "reading leaves the time of last access as it was",
        ),
        Check::DirectoryAccessTime => (
            "opsommen laat de tijd van laatste toegang van een map staan",
            "listing leaves the time of last access of a directory as it was",
        ),
        Check::Times => ("alle tijden van een bestand worden verteld", "all times of a file are told"),
        Check::Owner => ("de eigenaar wordt verteld", "the owner is told"),
        Check::LongPath => {
            ("een pad van ruim 500 tekens wordt gelezen", "a path of over 500 characters is read")
        }
        Check::Names => ("lastige namen worden gelezen", "awkward names are read"),
        Check::Links => (
            "koppelingen worden vastgelegd en niet gevolgd",
            "links and junctions are recorded and not followed",
        ),
        Check::Sparse => ("gaten in een bestand worden niet opgeslagen", "holes in a file are not stored"),
        Check::Sharing => (
            "een ander programma mag een bestand hernoemen dat gelezen wordt",
            "others may rename a file while it is read",
        ),
        Check::Streams => ("alternatieve datastromen worden gelezen", "alternate data streams are read"),
        Check::ShortName => ("de korte naam wordt verteld", "the short name is told"),
        Check::InUse => (
            "een bestand dat een ander voor zich houdt, wordt gelezen",
            "a file that another keeps for itself is read",
        ),
        Check::Oplock => (
            "een bestand waarvan een ander de oplock niet loslaat, houdt niets op",
            "a file whose oplock another never gives up holds nothing up",
        ),
        Check::PartLocked => (
            "een bestand waarvan een deel is vergrendeld, wordt geheel gelezen",
            "a file of which a part is locked is read as a whole",
        ),
        Check::Backup => (
            "wat machtigingen weigeren, wordt gelezen met het recht op reservekopieën",
            "what permissions refuse is read by the right to make backups",
        ),
        Check::NotLocal => (
            "een bestand waarvan de inhoud elders staat, wordt niet geopend",
            "a file whose content is elsewhere is not opened",
        ),
        Check::Placeholders => (
            "wat elders staat, laat Windows aan dit programma als zodanig zien",
            "Windows shows this program what is elsewhere as such",
        ),
        Check::Compressed => ("een gecomprimeerd bestand wordt gelezen", "a compressed file is read"),
        Check::Overlay => (
            "een bestand dat Windows zelf gecomprimeerd houdt, wordt gelezen",
            "a file that Windows keeps compressed is read",
        ),
        Check::RawVolume => ("het volume wordt rechtstreeks gelezen", "the volume is read directly"),
        Check::ChangeJournal => {
            ("het wijzigingslogboek van NTFS wordt gelezen", "the change journal of NTFS is read")
        }
        Check::ShadowCopies => ("schaduwkopieën zijn te lezen", "shadow copies can be read"),
        Check::Volumes => {
            ("de volumes van deze machine worden genoemd", "the volumes of this machine are named")
        }
        Check::Disks => (
            "de schijf onder een volume toont of het door BitLocker is versleuteld",
            "the disk beneath a volume shows whether BitLocker encrypted it",
        ),
        Check::Processes => {
            ("de lijst van processen noemt dit programma", "the list of processes names this program")
        }
        Check::Sockets => ("de lijst van sockets wordt gelezen", "the list of sockets is read"),
        Check::Accounts => {
            ("de accounts van deze machine worden verteld", "the accounts of this machine are told")
        }
        Check::Sessions => ("wie is aangemeld wordt verteld", "who is logged on is told"),
        Check::Pipes => ("named pipes worden verteld", "named pipes are told"),
        Check::CachedNames => {
            ("de namen die de resolver onthoudt worden verteld", "the names in the resolver's cache are told")
        }
        Check::Signatures => (
            "van programma's wordt verteld of ze zijn ondertekend, en van die van Windows dat dat klopt",
            "of programs it is told whether they are signed, and of Windows' own that it is valid",
        ),
        Check::Environments => (
            "de omgevingsvariabelen van een proces worden gelezen",
            "the environment variables of a process are read",
        ),
        Check::ClosedConsole => (
            "een run waarvan het venster wordt gesloten, wordt binnen 4 seconden verzegeld",
            "a run whose console is closed is sealed within 4 seconds",
        ),
        Check::Libraries => (
            "geen bibliotheek komt uit de map van dit programma",
            "no library is loaded from the program's own directory",
        ),
        Check::OpenDirectory => (
            "een map die iedereen kan wijzigen wordt als zodanig herkend",
            "a directory that everybody can change is recognized as such",
        ),
        Check::Memory => ("het geheugen van een proces wordt gelezen", "the memory of a process is read"),
        Check::RegistryZero => (
            "een naam in het register met een nul erin wordt gelezen, en niet die van een lokaas",
            "a name in the registry with a zero in it is read, and not that of a decoy",
        ),
        Check::RegistryLarge => (
            "een waarde van 70.000 bytes in het register wordt gelezen",
            "a value of 70,000 bytes in the registry is read",
        ),
        Check::RegistryRefused => (
            "een registersleutel die iedereen weigert wordt gelezen of gemeld",
            "a registry key that refuses everybody is read or reported",
        ),
    }
}
