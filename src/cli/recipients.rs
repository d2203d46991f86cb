//! Recipients as options: to whom a bundle or a set of rules is encrypted. Never plain text, and no secret on the command line.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use age::secrecy::SecretString;
use clap::Args;

use super::secret::first_line;
use super::{Console, Failure};
use crate::bundle::Recipients;
use crate::evidence::Utc;
use crate::kit::keys;
use crate::kit::keys::Identity;

/// To whom something is encrypted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Keys")]
pub(super) struct ToWhom {
    /// age recipient (age1…) or SSH public key; may be given again
    #[arg(long, short, value_name = "RECIPIENT")]
    pub(super) recipient: Vec<String>,
    /// File of recipients, one a line; may be given again
    #[arg(long, short = 'R', value_name = "FILE")]
    pub(super) recipients_file: Vec<PathBuf>,
    /// Ask for a passphrase at the terminal
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(super) passphrase: bool,
    /// Read the passphrase from the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(super) passphrase_file: Option<PathBuf>,
    /// Make a new age identity, write it to this file, and encrypt to it (for a first try)
    #[arg(long, value_name = "FILE")]
    pub(super) new_identity: Option<PathBuf>,
}

/// The recipients chosen, and the identity that was made for them, if any.
pub(super) struct To {
    pub(super) recipients: Recipients,
    new_identity: Option<(PathBuf, Identity)>,
}

/// Chooses the recipients: keys or a passphrase. With neither, a fresh passphrase is shown at a terminal; without a
/// terminal that is an error.
pub(super) fn recipients(keys: &ToWhom, console: &mut Console<'_>) -> Result<To, Failure> {
    let to_keys =
        !keys.recipient.is_empty() || !keys.recipients_file.is_empty() || keys.new_identity.is_some();
    let by_passphrase = keys.passphrase || keys.passphrase_file.is_some();
    let mut recipients = Recipients::new();
    let mut new_identity = None;
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
            recipients.add_file(file).map_err(bad_recipient)?;
        }
        if let Some(path) = &keys.new_identity {
            let identity = Identity::generate();
            recipients.add(&identity.recipient(), "--new-identity")?;
            new_identity = Some((path.clone(), identity));
        }
    } else if let Some(file) = &keys.passphrase_file {
        recipients.set_passphrase(first_line(file)?);
    } else if keys.passphrase {
        recipients.set_passphrase(ask_twice(console)?);
    } else if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        let passphrase = keys::fresh_passphrase().map_err(Failure::new)?;
        console.always(console.lang.pick(
            "Wachtwoordzin; hij wordt nergens bewaard en maar een keer getoond. Schrijf hem over:",
            "Passphrase; it is kept nowhere and shown once. Write it down:",
        ));
        console.always(format_args!("\n    {passphrase}\n"));
        recipients.set_passphrase(SecretString::from(passphrase));
    } else {
        let text = "nobody to encrypt to: no recipient and no passphrase, and no terminal to show one";
        return Err(Failure::usage(text).hint(
            "geef -r ONTVANGER, -R BESTAND, --passphrase-file BESTAND of --new-identity BESTAND",
            "give -r RECIPIENT, -R FILE, --passphrase-file FILE or --new-identity FILE",
        ));
    }
    Ok(To { recipients, new_identity })
}

fn bad_recipient(error: crate::bundle::Error) -> Failure {
    Failure::usage(error).hint(
        "een ontvanger begint met age1, ssh-ed25519 of ssh-rsa",
        "a recipient begins with age1, ssh-ed25519 or ssh-rsa",
    )
}

impl To {
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

fn ask_twice(console: &Console<'_>) -> Result<SecretString, Failure> {
    let (first, again) = console.lang.pick(("Wachtwoordzin: ", "Nogmaals: "), ("Passphrase: ", "Again: "));
    let passphrase = rpassword::prompt_password(first).map_err(Failure::usage)?;
    if passphrase.is_empty() {
        return Err(Failure::usage("an empty passphrase protects nothing"));
    }
    if rpassword::prompt_password(again).map_err(Failure::usage)? != passphrase {
        return Err(Failure::usage("the two passphrases differ"));
    }
    Ok(SecretString::from(passphrase))
}
