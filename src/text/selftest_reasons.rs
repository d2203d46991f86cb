//! Why a check of `veldkit selftest` failed, or cannot be tried here.

use std::path::Path;

use super::Sentence;
use super::phrases::Phrase;
use super::sentence::sentences;

sentences! {
    /// The volume keeps no access rights.
    no_rights_here { nl: "het volume hier houdt geen toegangsrechten bij", en: "the volume here keeps no access rights" }
    /// A directory that others can change is not recognized as such.
    open_not_seen(directory: &Path, seen: &str) {
        nl: "anderen kunnen '{directory}' wijzigen, en gevonden is {seen}",
        en: "others can change '{directory}', and found is {seen}",
    }
    /// What the check needs cannot be made.
    cannot_make(error: &str) { nl: "is hier niet te maken: {error}", en: "cannot be made here: {error}" }
    /// A specimen is missing from the list of what was made.
    never_made(name: &str) { nl: "'{name}' is nooit gemaakt", en: "'{name}' was never made" }
    /// A specimen was not found.
    not_found(name: &str) { nl: "'{name}' is niet gevonden", en: "'{name}' was not found" }
    /// A specimen that must not be collected would be.
    would_be_collected(name: &str) { nl: "'{name}' zou verzameld worden", en: "'{name}' would have been collected" }
    /// Reading a specimen fails.
    reading(name: &str, error: &str) { nl: "lezen van '{name}': {error}", en: "reading '{name}': {error}" }
    /// A specimen has more bytes than were written.
    too_much(name: &str) { nl: "'{name}' is langer dan wat geschreven is", en: "'{name}' is longer than what was written" }
    /// A specimen has other bytes.
    other_bytes_of(name: &str, ways: &str) {
        nl: "'{name}' heeft andere bytes dan geschreven zijn, gelezen via {ways}",
        en: "'{name}' has other bytes than were written, read by {ways}",
    }
    /// What is read has other bytes.
    other_bytes { nl: "er komen andere bytes uit dan geschreven zijn", en: "it has other bytes than were written" }
    /// What is read from the volume has other bytes.
    other_bytes_of_volume {
        nl: "rechtstreeks van het volume komen andere bytes dan geschreven zijn",
        en: "the volume itself has other bytes than were written",
    }
    /// Reading from the volume fails.
    from_volume(error: &str) { nl: "rechtstreeks van het volume: {error}", en: "from the volume: {error}" }
    /// The volume has other bytes.
    volume_bytes(count: usize) {
        nl: "het volume geeft {count} bytes die niet geschreven zijn",
        en: "the volume has {count} bytes that are not those written",
    }
    /// A record of what could not be read.
    unread(outcome: &Sentence, detail: Phrase<'_>) { nl: "{outcome}: {detail}", en: "{outcome}: {detail}" }
    /// A text of the system.
    reported(text: Phrase<'_>) { nl: "{text}", en: "{text}" }
    /// Not Windows.
    only_windows { nl: "alleen Windows heeft dit", en: "only Windows has this" }
    /// The registry, not on Windows.
    only_windows_registry { nl: "alleen Windows heeft een register", en: "only Windows has a registry" }
    /// Reading the times again fails.
    looking_again(error: &str) { nl: "opnieuw bekijken: {error}", en: "inspecting it again: {error}" }
    /// A file system that notes each read.
    notes_each_read {
        nl: "het bestandssysteem hier legt elke leesactie vast, en dat staat in het record",
        en: "the file system here notes each read, and the record says so",
    }
    /// The time of last access moved.
    access_moved(before: &str, after: &str) {
        nl: "was {before}, en is {after} na het lezen",
        en: "it was {before}, and is {after} after reading",
    }
    /// A specimen is on no known volume.
    volume_unknown { nl: "het volume ervan is niet bekend", en: "its volume is not known" }
    /// Listing a directory fails.
    listing(error: &str) { nl: "inhoud opvragen: {error}", en: "listing it: {error}" }
    /// The time of last access of a directory moved.
    directory_access_moved(entries: usize, after: &str) {
        nl: ["{entries} bestand, laatste toegang is {after} na het opvragen",
             "{entries} bestanden, laatste toegang is {after} na het opvragen"],
        en: ["{entries} entry, last access is {after} after listing",
             "{entries} entries, last access is {after} after listing"],
    }
    /// The times of a file are not those made.
    times(times: &str) {
        nl: "gemaakt, gewijzigd, laatste toegang, veranderd: gelezen als {times}",
        en: "made, modified, accessed, changed: read as {times}",
    }
    /// The owner of a file is not there.
    owner(owner: &str, number: &str) { nl: "eigenaar {owner}, nummer {number}", en: "owner {owner}, number {number}" }
    /// A link is something else.
    no_link(name: &str, kind: &str, target: &str) {
        nl: "'{name}' is gelezen als {kind} naar {target}",
        en: "'{name}' is read as {kind} that leads to {target}",
    }
    /// A link was followed.
    link_followed(beyond: &str) { nl: "een koppeling is gevolgd: {beyond}", en: "a link was followed: {beyond}" }
    /// A file system without holes.
    no_holes { nl: "het bestandssysteem hier kent geen gaten", en: "the file system here keeps no holes" }
    /// Holes were stored.
    ranges(size: &str, ranges: &str) { nl: "{size} bytes in {ranges}", en: "{size} bytes in {ranges}" }
    /// A file cannot be renamed.
    renaming(error: &str) { nl: "ondertussen hernoemen: {error}", en: "renaming it meanwhile: {error}" }
    /// A stream has other bytes.
    stream(bytes: usize, zone: &str) {
        nl: "{bytes} bytes van de stroom, mark of the web {zone}",
        en: "{bytes} bytes of the stream, mark of the web {zone}",
    }
    /// Short names are off.
    no_short_names {
        nl: "het volume houdt geen korte namen bij, of Windows geeft er geen",
        en: "the volume keeps no short names, or Windows reports none",
    }
    /// A file that is open exclusively was opened.
    opened_in_use {
        nl: "het is geopend, hoewel een ander het exclusief open heeft",
        en: "it was opened although another has it open exclusively",
    }
    /// A file with an oplock took too long.
    opening_took(milliseconds: u64) { nl: "openen duurde {milliseconds} ms", en: "opening it took {milliseconds} ms" }
    /// A file with an oplock was opened.
    opened_locked {
        nl: "het is geopend, hoewel een ander de oplock vasthoudt",
        en: "it was opened although its lock is kept",
    }
    /// A file with a locked part was read.
    read_locked {
        nl: "het is gelezen, hoewel een deel vergrendeld is",
        en: "it was read although a part of it is locked",
    }
    /// Not elevated.
    no_backup_right {
        nl: "dit account heeft SeBackupPrivilege niet: start als administrator",
        en: "SeBackupPrivilege is not held: start it as an administrator",
    }
    /// Placeholders look like files.
    placeholders_hidden { nl: "ze zien eruit als gewone bestanden", en: "they are shown as common files" }
    /// A Windows without placeholders.
    no_placeholders {
        nl: "deze Windows heeft ze niet, of laat ze niet zien",
        en: "this Windows has none, or no mode for them",
    }
    /// A packed stream is collected.
    is_an_item(name: &str) { nl: "'{name}' is een onderdeel", en: "'{name}' is an item" }
    /// A file was read by another way.
    read_by(ways: &str) { nl: "gelezen via {ways}", en: "it was read by {ways}" }
    /// The volume is not NTFS.
    no_ntfs { nl: "dit is geen NTFS-volume van deze computer", en: "this is no NTFS volume of this host" }
    /// The volume refuses.
    volume_needs_rights {
        nl: "zonder beheerdersrechten kan het volume niet gelezen worden",
        en: "without administrator rights the volume cannot be read",
    }
    /// No change journal.
    no_journal { nl: "geen volume van deze computer heeft er een", en: "no volume of this host keeps one" }
    /// An empty change journal.
    empty_journal { nl: "het is er, en er komt niets uit", en: "it is there and has nothing in it" }
    /// No volumes.
    no_volumes { nl: "het systeem geeft er geen", en: "the system lists none" }
    /// Volumes, without the one worked on.
    no_volume_holds(count: usize, path: &str) {
        nl: ["{count} volume, en niet dat van '{path}'", "{count} volumes, en geen met '{path}'"],
        en: ["{count} volume, and not the one of '{path}'", "{count} volumes, and none that holds '{path}'"],
    }
    /// No shadow copies.
    no_shadow_copies {
        nl: "deze computer heeft er geen, of geeft er geen",
        en: "this host has none, or lists none",
    }
    /// Shadow copies refuse.
    shadow_copies_need_rights {
        nl: "zonder beheerdersrechten kan er geen gelezen worden",
        en: "without administrator rights none can be read",
    }
    /// A shadow copy without a root.
    empty_shadow_copy(number: &str) {
        nl: "schaduwkopie {number} heeft geen inhoud",
        en: "shadow copy {number} lists nothing",
    }
    /// A shadow copy that cannot be read.
    shadow_copy(number: &str, error: &str) { nl: "schaduwkopie {number}: {error}", en: "shadow copy {number}: {error}" }
    /// Disks, not on Windows.
    linux_reports_layers {
        nl: "Linux geeft zelf aan wat op wat ligt",
        en: "Linux itself reports what is laid over what",
    }
    /// Disks refuse.
    disks_need_rights {
        nl: "zonder beheerdersrechten kan geen schijf gelezen worden",
        en: "without administrator rights no disk can be read",
    }
    /// No volume has its place on a disk.
    no_start {
        nl: "Windows geeft van geen enkel NTFS-volume waar het begint",
        en: "Windows reports of no NTFS volume where it begins",
    }
    /// A disk has something else where a volume begins.
    disk_holds(volume: &str, found: &str, disk: &str) {
        nl: "op de plaats van '{volume}' staat {found}, volgens schijf '{disk}'",
        en: "'{volume}' holds {found} according to its disk '{disk}'",
    }
    /// Sessions, not on Windows.
    nobody_logged_on { nl: "hier hoeft niemand aangemeld te zijn", en: "nobody need be logged on here" }
    /// The resolver's cache, not on Windows.
    only_windows_cache { nl: "alleen Windows geeft die", en: "only Windows reports it" }
    /// The resolver's cache is empty.
    empty_cache {
        nl: "de cache is leeg, of de dienst draait niet; zoek eerst een naam op",
        en: "it is empty, or its service does not run; look a name up first",
    }
    /// Signatures, not on Windows.
    only_windows_signatures {
        nl: "alleen Windows geeft dit van een bestand",
        en: "only Windows reports this of a file",
    }
    /// The signature of a text.
    of_a_text(found: &str) { nl: "van een tekst komt {found}", en: "for a text it reports {found}" }
    /// The signature of this program.
    of_this_program(found: &str) { nl: "van dit programma komt {found}", en: "for this program it reports {found}" }
    /// Rows of another system.
    rows_of_other_systems {
        nl: "deze versie heeft zulke rijen alleen van andere systemen",
        en: "this version has such rows of other systems alone",
    }
    /// There is no step.
    no_plan { nl: "geen plan", en: "no plan" }
    /// A collector that finds nothing.
    no_artifact { nl: "dit is geen artefact van dit systeem", en: "it is no artifact of this system" }
    /// Rows without the one looked for.
    no_such_row(lacks: &str) {
        nl: "de gezochte rij is er niet bij: {lacks}",
        en: "none of the rows is the one looked for: {lacks}",
    }
    /// Memory without the mark.
    no_mark(read: u64, refused: u64) {
        nl: "{read} bytes zijn gelezen en {refused} geweigerd, en het merkteken was er niet bij",
        en: "{read} bytes were read and {refused} refused, and the mark was not among them",
    }
    /// Random bytes.
    no_random_bytes(error: &str) { nl: "geen willekeurige bytes: {error}", en: "no random bytes: {error}" }
    /// A file for the child.
    no_file(error: &str) { nl: "geen bestand om te verzamelen: {error}", en: "no file to collect: {error}" }
    /// A child process.
    starting_a_child(error: &str) { nl: "starten van een proces: {error}", en: "starting a child: {error}" }
    /// A child that was not sealed.
    not_sealed(seconds: &str, code: &str, bytes: usize) {
        nl: "na {seconds} s is de exitcode {code} (moet 130 zijn), of de bundel van {bytes} bytes is niet verzegeld",
        en: "after {seconds} s the exit code is {code} where it should be 130, or the bundle of {bytes} bytes is not sealed",
    }
    /// Libraries, not on Windows.
    static_program {
        nl: "het programma is hier statisch, en laadt er geen",
        en: "the program is static here, and loads none",
    }
    /// The list of libraries.
    listing_modules(error: &str) {
        nl: "opvragen wat dit programma geladen heeft: {error}",
        en: "listing what this program has loaded: {error}",
    }
    /// A library from the directory of the program.
    is_loaded(path: &str) { nl: "'{path}' is geladen", en: "'{path}' is loaded" }
    /// No list of known libraries.
    no_known_dlls {
        nl: "er is niets uit die map geladen; deze Windows heeft geen lijst van KnownDLLs",
        en: "nothing is loaded from there; this Windows has no list of KnownDLLs",
    }
    /// Libraries that are not known.
    not_known(names: &str) { nl: "geen KnownDLL hier: {names}", en: "no KnownDLL here: {names}" }
    /// Registry keys with a zero.
    keys_read(count: usize, unread: &str) {
        nl: ["{count} sleutel is gelezen: {unread}", "{count} sleutels zijn gelezen: {unread}"],
        en: ["{count} key was read: {unread}", "{count} keys were read: {unread}"],
    }
    /// A registry value that is long.
    value_read(bytes: &str, unread: &str) {
        nl: "{bytes} bytes zijn gelezen: {unread}",
        en: "{bytes} bytes were read: {unread}",
    }
    /// A registry key, with the right to make backups.
    not_read_with_right(unread: &str) {
        nl: "met het recht om reservekopieën te maken wordt hij niet gelezen: {unread}",
        en: "with the right to make backups it is not read: {unread}",
    }
    /// A registry key that is silently missing.
    neither_read_nor_reported(count: usize) {
        nl: "hij wordt niet gelezen en niet gemeld: {count} sleutels",
        en: "it is neither read nor reported: {count} keys",
    }
}
