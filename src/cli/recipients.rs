//! Recipients as options: to whom a bundle or a set of rules is encrypted. Never plain text, and no secret on the command line.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use age::secrecy::{ExposeSecret as _, SecretString};
use clap::Args;

use super::identities::{ask, not_asked};
use super::secret::{first_line, kept};
use super::{Console, Failure};
use crate::bundle::opening::{BroughtBy, OutsideFile, OutsideRole};
use crate::bundle::{FingerprintedRecipient, Recipients};
use crate::evidence::{Digest, Utc};
use crate::kit::keys;
use crate::kit::keys::Identity;
use crate::sys;
use crate::sys::OtherWriters;
use crate::text::Sentence;
use crate::text::layout::data;
use crate::text::{changeable, recipients as text};

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
        return Err(Failure::refused(text::not_both()).hint(text::choose_one()));
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
            check_writers(file, writers, console)?;
        }
        recipients.set_passphrase(first_line(file)?);
    } else if keys.passphrase {
        recipients.set_passphrase(ask_twice(console)?);
    } else if !of_kit.is_empty() {
        console.say(&text::those_of_the_kit());
        of_kit
            .iter()
            .try_for_each(|recipient| recipients.add(recipient, "kit.json"))
            .map_err(bad_recipient)?;
    } else if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        let passphrase = kept(keys::fresh_passphrase().map_err(Failure::new)?);
        console.always(&text::fresh_passphrase());
        console.always_data(format_args!("\n    {}\n", passphrase.expose_secret()));
        recipients.set_passphrase(passphrase);
    } else {
        return Err(Failure::refused(text::nobody()).hint(text::give_a_recipient()));
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
        .map_err(|error| Failure::usage(error).hint(text::regular_file()))?;
    check_writers(path, read.writers, console)?;
    let sha256 = Digest::of(&read.bytes);
    let listed = String::from_utf8(read.bytes).map_err(|_| {
        bad_recipient(crate::bundle::Error::Key { whence: name.clone(), reason: "not a text file".into() })
    })?;
    recipients.add_text(&listed, path).map_err(bad_recipient)?;
    Ok(OutsideFile { role: OutsideRole::Recipients, name, sha256, brought_by: BroughtBy::Operator })
}

/// Refuses or reports a file that others can change and that says who can read the bundle.
fn check_writers(
    path: &Path,
    writers: Option<OtherWriters>,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    match writers {
        None => {}
        Some(OtherWriters::Group) => console.warn(&text::group_can_change(path)),
        Some(OtherWriters::Unowned) => console.warn(&text::everybody_can_change(path)),
        Some(OtherWriters::Others) if !sys::privileged() => {
            console.warn(&changeable::recipients_by_others(path));
        }
        Some(OtherWriters::Others) => {
            return Err(
                Failure::refused(changeable::recipients_refused(path)).hint(changeable::give_the_recipient())
            );
        }
        Some(OtherWriters::Everybody) => {
            return Err(Failure::refused(text::changeable(path)).hint(text::take_the_right_away(path)));
        }
    }
    Ok(())
}

fn bad_recipient(error: crate::bundle::Error) -> Failure {
    Failure::usage(error).hint(text::kinds_of_recipients())
}

impl To {
    /// Says before anything is collected who will be able to read it. Whoever swapped a key on the stick shows here.
    pub(super) fn say_who_can_read(&self, console: &mut Console<'_>) {
        console.say(&text::who_can_read());
        for reader in readers(&self.recipients.fingerprints()) {
            console.say(&text::listed(&reader));
        }
    }

    /// Writes the new identity. Before anything is encrypted to it: what nobody can open helps nobody.
    pub(super) fn keep_new_identity(&self, now: Utc, console: &mut Console<'_>) -> Result<(), Failure> {
        let Some((path, identity)) = &self.new_identity else { return Ok(()) };
        identity.write(path, now).map_err(Failure::new)?;
        console.say(&text::new_identity(path));
        Ok(())
    }
}

/// Who can read something, one per line: four words and the end of the key.
pub(super) fn readers(recipients: &[FingerprintedRecipient]) -> Vec<Sentence> {
    recipients
        .iter()
        .map(|recipient| match recipient.fingerprint {
            Some(_) => data(&recipient.to_string()),
            None => text::by_passphrase(),
        })
        .collect()
}

fn ask_twice(console: &Console<'_>) -> Result<SecretString, Failure> {
    let passphrase = ask(&text::prompt(), console.lang).map_err(not_asked)?;
    if passphrase.is_empty() {
        return Err(Failure::refused(text::empty_passphrase()));
    }
    if ask(&text::prompt_again(), console.lang).map_err(not_asked)? != passphrase {
        return Err(Failure::refused(text::passphrases_differ()));
    }
    Ok(kept(SecretString::from(passphrase)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::console::assert_printed;

    #[test]
    fn what_is_said_of_those_who_can_read_is_the_golden_text() {
        let file = Path::new("recipients.txt");
        let mut recipients = Recipients::new();
        recipients.set_passphrase(SecretString::from("a passphrase".to_owned()));
        let to = To { recipients, files: Vec::new(), new_identity: None };
        assert_printed("recipients", |console| {
            console.say(&text::those_of_the_kit());
            console.always(&text::fresh_passphrase());
            console.warn(&text::group_can_change(file));
            console.warn(&text::everybody_can_change(file));
            console.say(&text::new_identity(Path::new("new.txt")));
            to.say_who_can_read(console);
            let key = FingerprintedRecipient::of("age1example0000000");
            console.say_all(&readers(&[key]));
        });
    }
}
