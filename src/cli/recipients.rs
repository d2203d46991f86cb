//! Recipients as options: to whom a bundle or a set of rules is encrypted. Never plain text, and no secret on the command line.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use age::secrecy::{ExposeSecret as _, SecretString};
use clap::Args;

use super::secret::{first_line, kept};
use super::{Console, Failure};
use crate::bundle::opening::{BroughtBy, OutsideFile, OutsideRole};
use crate::bundle::{FingerprintedRecipient, Recipients};
use crate::evidence::{Digest, Utc};
use crate::kit::keys;
use crate::kit::keys::Identity;
use crate::sys;
use crate::sys::OtherWriters;
use crate::text::Language;

/// To whom something is encrypted.
#[derive(Debug, Args)]
pub(super) struct ToWhom {
    #[arg(long, short)]
    pub(super) recipient: Vec<String>,
    #[arg(long, short = 'R')]
    pub(super) recipients_file: Vec<PathBuf>,
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(super) passphrase: bool,
    #[arg(long)]
    pub(super) passphrase_file: Option<PathBuf>,
    #[arg(long)]
    pub(super) new_identity: Option<PathBuf>,
}

/// Largest file of recipients: some hundred of the longest kind, and more than anybody compares.
const MAX_RECIPIENTS_FILE: u64 = 256 << 10;

/// The recipients chosen, and the identity that was made for them, if any.
pub(super) struct To {
    pub(super) recipients: Recipients,
    /// The files that they are from.
    pub(super) files: Vec<OutsideFile>,
    new_identity: Option<(PathBuf, Identity)>,
}

/// Chooses the recipients: keys or a passphrase, else those of the kit. With none of them, a fresh passphrase is shown at a
/// terminal; without a terminal that is an error.
pub(super) fn recipients(keys: &ToWhom, of_kit: &[String], console: &mut Console<'_>) -> Result<To, Failure> {
    let to_keys =
        !keys.recipient.is_empty() || !keys.recipients_file.is_empty() || keys.new_identity.is_some();
    let by_passphrase = keys.passphrase || keys.passphrase_file.is_some();
    let mut recipients = Recipients::new();
    let mut new_identity = None;
    let mut files = Vec::new();
    if to_keys && by_passphrase {
        let text = "recipients and a passphrase cannot be combined: age refuses both in one file";
        return Err(Failure::usage(text).hint("kies een van beide", "choose one of the two"));
    }
    if to_keys {
        for (index, recipient) in keys.recipient.iter().enumerate() {
            let whence = format!("-r number {}", index.saturating_add(1));
            recipients.add(recipient, &whence).map_err(bad_recipient)?;
        }
        for file in &keys.recipients_file {
            files.push(from_file(file, &mut recipients, console)?);
        }
        if let Some(path) = &keys.new_identity {
            let identity = Identity::generate();
            recipients.add(&identity.recipient(), "--new-identity")?;
            new_identity = Some((path.clone(), identity));
        }
    } else if let Some(file) = &keys.passphrase_file {
        // A pipe, as a shell makes it for a command, is nobody's to change.
        if file.is_file() {
            let failed = |source| crate::bundle::Error::ReadKey { path: file.clone(), source };
            let writers = sys::other_writers_at(file).map_err(failed)?;
            check_writers(&file.display().to_string(), writers, console)?;
        }
        recipients.set_passphrase(first_line(file)?);
    } else if keys.passphrase {
        recipients.set_passphrase(ask_twice(console)?);
    } else if !of_kit.is_empty() {
        console.say(console.lang.pick(
            "er is geen ontvanger genoemd: de bundel is voor de ontvangers van de kit",
            "no recipient was named: the bundle is for the recipients of the kit",
        ));
        of_kit
            .iter()
            .try_for_each(|recipient| recipients.add(recipient, "kit.json"))
            .map_err(bad_recipient)?;
    } else if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        let passphrase = kept(keys::fresh_passphrase().map_err(Failure::new)?);
        console.always(console.lang.pick(
            "Wachtwoordzin; hij wordt nergens bewaard en maar een keer getoond. Schrijf hem over:",
            "Passphrase; it is kept nowhere and shown once. Write it down:",
        ));
        console.always(format_args!("\n    {}\n", passphrase.expose_secret()));
        recipients.set_passphrase(passphrase);
    } else {
        let text = "nobody to encrypt to: no recipient and no passphrase, and no terminal to show one";
        return Err(Failure::usage(text).hint(
            "geef -r ONTVANGER, -R BESTAND, --passphrase-file BESTAND of --new-identity BESTAND",
            "give -r RECIPIENT, -R FILE, --passphrase-file FILE or --new-identity FILE",
        ));
    }
    Ok(To { recipients, files, new_identity })
}

/// Adds the recipients of a file that the operator named.
///
/// A file that every user can write to is refused: another user would choose who reads the evidence, and perhaps that the CERT does
/// not. (`sshd` treats `authorized_keys` in the same way.) One that a group can write to is used with a warning, since on many
/// systems that group is the operator's own; so is one on a stick, whose file system knows no rights.
fn from_file(
    path: &Path,
    recipients: &mut Recipients,
    console: &mut Console<'_>,
) -> Result<OutsideFile, Failure> {
    let name = path.display().to_string();
    let read = sys::read_outside(path, MAX_RECIPIENTS_FILE)
        .map_err(|source| crate::bundle::Error::ReadKey { path: path.to_owned(), source })
        .map_err(|error| {
            Failure::usage(error).hint(
                "noem met -R een gewoon bestand met op elke regel een ontvanger, of geef de ontvanger zelf met -r",
                "name a regular file with one recipient per line with -R, or give the recipient itself with -r",
            )
        })?;
    check_writers(&name, read.writers, console)?;
    let sha256 = Digest::of(&read.bytes);
    let text = String::from_utf8(read.bytes).map_err(|_| {
        bad_recipient(crate::bundle::Error::Key { whence: name.clone(), reason: "not a text file".into() })
    })?;
    recipients.add_text(&text, path).map_err(bad_recipient)?;
    Ok(OutsideFile { role: OutsideRole::Recipients, name, sha256, brought_by: BroughtBy::Operator })
}

/// Refuses or reports a file that others can change and that says who can read the bundle.
fn check_writers(
    name: &str,
    writers: Option<OtherWriters>,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    match writers {
        None => {}
        Some(OtherWriters::Group) => console.warn(console.lang.pick(
            format!("ook een groep gebruikers kan '{name}' wijzigen: vergelijk de ontvangers"),
            format!("a group of users can change '{name}' as well: compare the recipients"),
        )),
        Some(OtherWriters::Unowned) => console.warn(console.lang.pick(
            format!("elke gebruiker kan '{name}' wijzigen, want de stick kent geen eigenaars: vergelijk de ontvangers"),
            format!("every user can change '{name}', since the stick keeps no owners: compare the recipients"),
        )),
        Some(OtherWriters::Others) if !sys::privileged() => console.warn(console.lang.pick(
            format!("ook anderen dan u en de beheerders kunnen '{name}' wijzigen: vergelijk de ontvangers"),
            format!("others than you and the administrators can change '{name}': compare the recipients"),
        )),
        Some(OtherWriters::Others) => {
            let text = format!(
                "others than you and the administrators can change or replace '{name}', and with it who can read the bundle"
            );
            return Err(Failure::usage(text).hint(
                "geef de ontvanger zelf met -r, of zet het bestand in een map waarin alleen beheerders schrijven",
                "give the recipient itself with -r, or put the file into a directory that administrators alone can write to",
            ));
        }
        Some(OtherWriters::Everybody) => {
            let text =
                format!("every user can change or replace '{name}', and with it who can read the bundle");
            return Err(Failure::usage(text).hint(
                format!("geef de ontvanger zelf met -r, of neem anderen het recht af: chmod go-w '{name}' en zijn map"),
                format!("give the recipient itself with -r, or take the right away: chmod go-w '{name}' and its directory"),
            ));
        }
    }
    Ok(())
}

fn bad_recipient(error: crate::bundle::Error) -> Failure {
    Failure::usage(error).hint(
        "een ontvanger begint met age1, ssh-ed25519 of ssh-rsa",
        "a recipient begins with age1, ssh-ed25519 or ssh-rsa",
    )
}

impl To {
    /// Says before anything is collected who will be able to read it. Whoever swapped a key on the stick shows here.
    pub(super) fn say_who_can_read(&self, console: &mut Console<'_>) {
        console.say(console.lang.pick(
            "Dit kan straks alleen gelezen worden met (vergelijk de vier woorden met die van IBD-CERT):",
            "Only these will be able to read it (compare the four words with those of IBD-CERT):",
        ));
        for line in readers(&self.recipients.fingerprints(), console.lang) {
            console.say(format_args!("  {line}"));
        }
    }

    /// Writes the new identity. Before anything is encrypted to it: what nobody can open helps nobody.
    pub(super) fn keep_new_identity(&self, now: Utc, console: &mut Console<'_>) -> Result<(), Failure> {
        let Some((path, identity)) = &self.new_identity else { return Ok(()) };
        identity.write(path, now).map_err(Failure::new)?;
        let (nl, en) = (
            format!(
                "nieuwe sleutel in '{}': wie hem heeft, kan alles lezen wat ermee versleuteld is; bewaar hem apart",
                path.display()
            ),
            format!(
                "new identity in '{}': who has it reads what is encrypted to it; keep it apart",
                path.display()
            ),
        );
        console.say(console.lang.pick(nl, en));
        Ok(())
    }
}

/// Who can read something, one per line: four words and the end of the key.
pub(super) fn readers(recipients: &[FingerprintedRecipient], lang: Language) -> Vec<String> {
    recipients
        .iter()
        .map(|recipient| match recipient.fingerprint {
            Some(_) => recipient.to_string(),
            None => lang.pick("de wachtwoordzin", "the passphrase").to_owned(),
        })
        .collect()
}

fn ask_twice(console: &Console<'_>) -> Result<SecretString, Failure> {
    let (first, again) = console.lang.pick(("Wachtwoordzin: ", "Nogmaals: "), ("Passphrase: ", "Again: "));
    let ask =
        |text| rpassword::prompt_password(text).map(SecretString::from).map(kept).map_err(Failure::usage);
    let passphrase = ask(first)?;
    if passphrase.expose_secret().is_empty() {
        return Err(Failure::usage("an empty passphrase protects nothing"));
    }
    if ask(again)?.expose_secret() != passphrase.expose_secret() {
        return Err(Failure::usage("the two passphrases differ"));
    }
    Ok(passphrase)
}
