//! Sentences about who can read a bundle, and about the secrets that open one.

use std::path::Path;

use super::Sentence;
use super::sentence::sentences;

sentences! {
    /// Recipients and a passphrase were given.
    not_both {
        nl: "ontvangers en een wachtwoordzin gaan niet samen: age kan ze niet in één bestand combineren",
        en: "recipients and a passphrase cannot be combined: age refuses both in one file",
    }
    /// What to do about it.
    choose_one { nl: "kies een van beide", en: "choose one of the two" }
    /// Nobody was given, and a kit is used.
    those_of_the_kit {
        nl: "er is geen ontvanger opgegeven: de bundel is voor de ontvangers van de kit",
        en: "no recipient was given: the bundle is for the recipients of the kit",
    }
    /// Before a passphrase that was made.
    fresh_passphrase {
        nl: "Wachtwoordzin. Hij wordt nergens bewaard en maar één keer getoond; schrijf hem over:",
        en: "Passphrase. It is kept nowhere and shown once; write it down:",
    }
    /// Nobody was given, and there is nobody to show a passphrase to.
    nobody {
        nl: "kan niet versleutelen: er is geen ontvanger of wachtwoordzin opgegeven, en zonder terminal is er geen nieuwe wachtwoordzin te tonen",
        en: "cannot encrypt: no recipient or passphrase was given, and there is no terminal to show a new passphrase on",
    }
    /// What to do about it.
    give_a_recipient {
        nl: "geef -r ONTVANGER, -R BESTAND, --passphrase-file BESTAND of --new-identity BESTAND",
        en: "give -r RECIPIENT, -R FILE, --passphrase-file FILE or --new-identity FILE",
    }
    /// A file of recipients cannot be read.
    regular_file {
        nl: "geef met -R een gewoon bestand met op elke regel een ontvanger, of geef de ontvanger zelf met -r",
        en: "give a regular file with one recipient per line with -R, or give the recipient itself with -r",
    }
    /// A group can change a file of recipients.
    group_can_change(file: &Path) {
        nl: "een groep gebruikers kan '{file}' ook wijzigen: vergelijk de vier woorden hieronder met die van IBD-CERT",
        en: "a group of users can also change '{file}': compare the four words below with those of IBD-CERT",
    }
    /// A file of recipients is on a file system without owners.
    everybody_can_change(file: &Path) {
        nl: "op deze stick kan elke gebruiker '{file}' wijzigen: vergelijk de vier woorden hieronder met die van IBD-CERT",
        en: "every user can change '{file}', because the file system of this stick stores no owners: compare the four words below with \
             those of IBD-CERT",
    }
    /// Every user can write to a file of recipients.
    changeable(file: &Path) {
        nl: "elke gebruiker kan '{file}' wijzigen of vervangen, en daarmee bepalen wie de bundel kan lezen",
        en: "every user can change or replace '{file}', and with it who can read the bundle",
    }
    /// What to do about it.
    take_the_right_away(file: &Path) {
        nl: "geef de ontvanger zelf met -r, of neem anderen het recht af: chmod go-w '{file}' en de map ervan",
        en: "give the recipient itself with -r, or take the right away: chmod go-w '{file}' and its directory",
    }
    /// A recipient is none.
    kinds_of_recipients {
        nl: "een ontvanger begint met age1, ssh-ed25519 of ssh-rsa",
        en: "a recipient begins with age1, ssh-ed25519 or ssh-rsa",
    }
    /// Before the list of those who can read the bundle.
    who_can_read {
        nl: "Alleen hiermee kan de bundel straks gelezen worden (vergelijk de vier woorden met die van IBD-CERT):",
        en: "Only these will be able to read the bundle (compare the four words with those of IBD-CERT):",
    }
    /// Those who know the passphrase.
    by_passphrase { nl: "de wachtwoordzin", en: "the passphrase" }
    /// An identity was made.
    new_identity(file: &Path) {
        nl: "nieuwe sleutel in '{file}': wie hem heeft, kan alles lezen wat ervoor versleuteld is; bewaar hem apart",
        en: "new identity in '{file}': whoever has it can read what is encrypted to it; keep it apart",
    }
    /// Before a passphrase that is typed.
    prompt { nl: "Wachtwoordzin: ", en: "Passphrase: " }
    /// Before it is typed again.
    prompt_again { nl: "Nogmaals: ", en: "Again: " }
    /// Before the passphrase of a key that is typed.
    prompt_of(key: &str) { nl: "Wachtwoordzin van '{key}': ", en: "Passphrase of '{key}': " }
    /// Before the passphrase of a minisign key that is typed.
    prompt_of_signer(key: &str) {
        nl: "Wachtwoordzin van minisign-sleutel '{key}': ",
        en: "Passphrase of minisign key '{key}': ",
    }
    /// No passphrase was typed.
    empty_passphrase {
        nl: "een lege wachtwoordzin beschermt niets",
        en: "an empty passphrase protects nothing",
    }
    /// Not the same was typed twice.
    passphrases_differ {
        nl: "de twee wachtwoordzinnen zijn niet gelijk",
        en: "the two passphrases differ",
    }
    /// The passphrase cannot be typed.
    not_asked {
        nl: "kan de wachtwoordzin niet vragen in de terminal",
        en: "cannot ask for the passphrase at the terminal",
    }
    /// A file of a passphrase begins with an empty line.
    empty_first_line(file: &Path) {
        nl: "de eerste regel van '{file}' is leeg",
        en: "the first line of '{file}' is empty",
    }
    /// What to do about it.
    on_the_first_line {
        nl: "zet de wachtwoordzin op de eerste regel",
        en: "put the passphrase on the first line",
    }
    /// A file of an identity cannot be used.
    what_an_identity_is {
        nl: "geef met -i het bestand van een age-identiteit, zoals 'veldkit keygen' die maakt, of van een SSH-sleutel",
        en: "give with -i the file of an age identity, as 'veldkit keygen' makes it, or of an SSH private key",
    }
    /// Nothing was given to open a bundle with.
    no_key { nl: "er is geen sleutel om de bundel mee te openen", en: "no key to open the bundle with" }
    /// What to do about it.
    give_a_key { nl: "geef -i SLEUTELBESTAND, of --passphrase", en: "give -i IDENTITY, or --passphrase" }
    /// A key cannot sign.
    make_a_signing_key {
        nl: "'veldkit keygen --sign-out BESTAND' maakt een sleutel die tekent zonder iets te vragen",
        en: "'veldkit keygen --sign-out FILE' makes a key that signs without asking",
    }
    /// One of them in the list.
    listed(reader: &Sentence) { nl: "  {reader}", en: "  {reader}" }
}
