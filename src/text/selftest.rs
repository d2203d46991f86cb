//! Sentences of `veldkit selftest`: what each check shows.

use super::Sentence;
use super::sentence::sentences;

sentences! {
    /// The directory cannot be used.
    writable_directory {
        nl: "kies met --work MAP een map waarin u kunt schrijven",
        en: "choose a directory with --work DIR that you can write to",
    }
    /// The last line.
    sum(passed: u32, failed: u32, not_possible: u32) {
        nl: "{passed} geslaagd, {failed} mislukt, {not_possible} hier niet te proberen",
        en: "{passed} passed, {failed} failed, {not_possible} not possible here",
    }
    /// It holds.
    passed { nl: "geslaagd", en: "pass" }
    /// It does not.
    failed { nl: "MISLUKT", en: "FAIL" }
    /// It cannot be tried.
    not_here { nl: "niet hier", en: "not here" }
    /// A check.
    check(verdict: &Sentence, text: &Sentence) { nl: "{verdict:<9} {text}", en: "{verdict:<9} {text}" }
    /// A check, and why.
    check_because(verdict: &Sentence, text: &Sentence, reason: &Sentence) {
        nl: "{verdict:<9} {text}: {reason}",
        en: "{verdict:<9} {text}: {reason}",
    }
    /// Content of a file.
    content { nl: "een bestand wordt gelezen zoals het geschreven is", en: "a file is read as it was written" }
    /// Time of last access.
    access_time {
        nl: "lezen verandert de tijd van laatste toegang niet",
        en: "reading leaves the time of last access as it was",
    }
    /// Time of last access of a directory.
    directory_access_time {
        nl: "de inhoud van een map opvragen verandert de tijd van laatste toegang niet",
        en: "listing a directory leaves its time of last access as it was",
    }
    /// Times of a file.
    times { nl: "alle tijden van een bestand worden gelezen", en: "all times of a file are read" }
    /// Owner of a file.
    owner { nl: "de eigenaar van een bestand wordt gelezen", en: "the owner of a file is read" }
    /// Long paths.
    long_path {
        nl: "een pad van meer dan 500 tekens wordt gelezen",
        en: "a path of more than 500 characters is read",
    }
    /// Awkward names.
    names { nl: "bestanden met lastige namen worden gelezen", en: "files with awkward names are read" }
    /// Links.
    links {
        nl: "koppelingen worden vastgelegd en niet gevolgd",
        en: "links and junctions are recorded and not followed",
    }
    /// Sparse files.
    sparse { nl: "gaten in een bestand worden niet opgeslagen", en: "holes in a file are not stored" }
    /// Sharing.
    sharing {
        nl: "een ander programma kan een bestand hernoemen terwijl het gelezen wordt",
        en: "another program can rename a file while it is read",
    }
    /// Streams.
    streams { nl: "alternatieve datastromen worden gelezen", en: "alternate data streams are read" }
    /// Short names.
    short_name { nl: "de korte naam van een bestand wordt gelezen", en: "the short name of a file is read" }
    /// A file that is open.
    in_use {
        nl: "een bestand dat een ander programma exclusief open heeft, wordt gelezen",
        en: "a file that another program has open exclusively is read",
    }
    /// An oplock.
    oplock {
        nl: "een bestand met een oplock van een ander programma blokkeert het verzamelen niet",
        en: "a file with an oplock that another program keeps does not block the run",
    }
    /// A lock on a part.
    part_locked {
        nl: "een bestand dat voor een deel vergrendeld is, wordt helemaal gelezen",
        en: "a file of which a part is locked is read as a whole",
    }
    /// The right to make backups.
    backup {
        nl: "een bestand zonder leesrechten wordt gelezen met het recht om reservekopieën te maken",
        en: "a file that permissions refuse is read by the right to make backups",
    }
    /// Offline files.
    not_local {
        nl: "een bestand waarvan de inhoud alleen online staat, wordt niet geopend",
        en: "a file whose content is stored online only is not opened",
    }
    /// Placeholders.
    placeholders {
        nl: "Windows laat dit programma zien welke bestanden alleen online staan",
        en: "Windows tells this program which files are stored online only",
    }
    /// Compressed files.
    compressed { nl: "een gecomprimeerd bestand wordt gelezen", en: "a compressed file is read" }
    /// Files that Windows compresses by an overlay.
    overlay {
        nl: "een bestand dat Windows zelf gecomprimeerd bewaart, wordt gelezen",
        en: "a file that Windows itself keeps compressed is read",
    }
    /// The volume.
    raw_volume { nl: "het volume wordt rechtstreeks gelezen", en: "the volume is read directly" }
    /// The change journal.
    change_journal {
        nl: "het wijzigingslogboek van NTFS wordt gelezen",
        en: "the change journal of NTFS is read",
    }
    /// Shadow copies.
    shadow_copies { nl: "schaduwkopieën zijn te lezen", en: "shadow copies can be read" }
    /// Volumes.
    volumes {
        nl: "de lijst van volumes van deze computer wordt gelezen",
        en: "the list of volumes of this host is read",
    }
    /// Disks.
    disks {
        nl: "de schijf onder een volume laat zien of het met BitLocker versleuteld is",
        en: "the disk beneath a volume shows whether BitLocker encrypted it",
    }
    /// Processes.
    processes { nl: "dit programma staat in de lijst van processen", en: "this program is in the list of processes" }
    /// Sockets.
    sockets { nl: "de lijst van sockets wordt gelezen", en: "the list of sockets is read" }
    /// Accounts.
    accounts { nl: "de accounts van deze computer worden gelezen", en: "the accounts of this host are read" }
    /// Sessions.
    sessions { nl: "de lijst van aangemelde gebruikers wordt gelezen", en: "the list of logged-on users is read" }
    /// Named pipes.
    pipes { nl: "de lijst van named pipes wordt gelezen", en: "the list of named pipes is read" }
    /// The resolver's cache.
    cached_names { nl: "de DNS-cache wordt gelezen", en: "the DNS cache is read" }
    /// Signatures of programs.
    signatures {
        nl: "handtekeningen van programma's worden gelezen, en die van Windows zelf zijn geldig",
        en: "signatures of programs are read, and those of Windows' own programs are valid",
    }
    /// Environment variables.
    environments {
        nl: "de omgevingsvariabelen van een proces worden gelezen",
        en: "the environment variables of a process are read",
    }
    /// A console that is closed.
    closed_console {
        nl: "een run waarvan het venster gesloten wordt, is binnen 4 seconden verzegeld",
        en: "a run whose console is closed is sealed within 4 seconds",
    }
    /// Libraries.
    libraries {
        nl: "er wordt geen bibliotheek uit de map van dit programma geladen",
        en: "no library is loaded from the program's own directory",
    }
    /// Memory of a process.
    memory { nl: "het geheugen van een proces wordt gelezen", en: "the memory of a process is read" }
    /// Registry: a zero in a name.
    registry_zero {
        nl: "een registernaam met een nulteken erin wordt gelezen, en niet verward met een naam die erop lijkt",
        en: "a registry name that contains a zero character is read, and not mistaken for a decoy",
    }
    /// Registry: a large value.
    registry_large {
        nl: "een waarde van 70.000 bytes in het register wordt gelezen",
        en: "a value of 70,000 bytes in the registry is read",
    }
    /// Registry: a key that refuses.
    open_directory {
        nl: "een map die iedereen kan wijzigen, wordt als zodanig herkend",
        en: "a directory that everybody can change is recognised as such",
    }
    /// A check of the registry.
    registry_refused {
        nl: "een registersleutel waar niemand bij mag, wordt gelezen of gemeld",
        en: "a registry key that refuses everybody is read or reported",
    }
}
