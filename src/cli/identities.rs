//! With which keys a bundle is opened: shared by every command that reads one.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use clap::Args;

use super::Failure;
use super::console::CommandError;
use super::secret::{first_line, kept};
use crate::bundle::{Ask, Identities, Signer};
use crate::sys;
use crate::text::recipients as text;
use crate::text::{Language, Sentence};

/// Options that name keys.
#[derive(Debug, Args)]
#[command(next_help_heading = "Keys")]
#[group(id = "key", multiple = true)]
pub(super) struct Keys {
    /// age identity or SSH private key; may be given again
    #[arg(long, short, value_name = "FILE")]
    identity: Vec<PathBuf>,
    /// Ask for the passphrase at the terminal
    #[arg(long)]
    passphrase: bool,
    /// Read the passphrase from the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase")]
    passphrase_file: Option<PathBuf>,
}

/// Asks for the passphrase of a key, where there is somebody to ask.
pub(super) fn ask_at_the_terminal(lang: Language) -> Ask {
    if !io::stdin().is_terminal() {
        return Ask::nobody();
    }
    Ask::new(move |whence| ask(&text::prompt_of(whence), lang).ok().map(SecretString::from))
}

/// Asks for a passphrase at the terminal.
pub(super) fn ask(prompt: &Sentence, lang: Language) -> io::Result<String> {
    rpassword::prompt_password(prompt.in_language(lang))
}

/// A terminal that does not answer.
pub(super) fn not_asked(error: io::Error) -> Failure {
    Failure::usage(CommandError::new(text::not_asked()).caused_by(error))
}

impl Keys {
    /// Reads all of them.
    pub(super) fn read(&self, lang: Language) -> Result<Identities, Failure> {
        let ask_for = ask_at_the_terminal(lang);
        let mut identities = Identities::new();
        for path in &self.identity {
            identities
                .add_file(path, &ask_for)
                .map_err(|error| Failure::from(error).hint(text::what_an_identity_is()))?;
        }
        if let Some(path) = &self.passphrase_file {
            identities.add_passphrase(first_line(path)?);
        }
        if self.passphrase {
            let passphrase = ask(&text::prompt(), lang).map_err(not_asked)?;
            identities.add_passphrase(kept(SecretString::from(passphrase)));
        }
        if identities.is_empty() {
            return Err(Failure::refused(text::no_key()).hint(text::give_a_key()));
        }
        Ok(identities)
    }
}

/// Reads a minisign secret key, with the certificate beside it.
pub(super) fn read_signer(path: &Path, lang: Language) -> Result<Signer, Failure> {
    let ask_for = if io::stdin().is_terminal() {
        Ask::new(move |whence| ask(&text::prompt_of_signer(whence), lang).ok().map(SecretString::from))
    } else {
        Ask::nobody()
    };
    let signer = Signer::load(path, &ask_for)
        .map_err(|error| Failure::usage(error).hint(text::make_a_signing_key()))?;
    sys::keep_out_of_swap(&signer.secret_memory());
    Ok(signer)
}
