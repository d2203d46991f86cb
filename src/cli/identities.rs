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
#[group(id = "key", multiple = true)]
pub(super) struct Keys {
    #[arg(long, short)]
    identity: Vec<PathBuf>,
    #[arg(long)]
    passphrase: bool,
    #[arg(long, conflicts_with = "passphrase")]
    passphrase_file: Option<PathBuf>,
}

/// Asks for the passphrase of a key, where there is somebody to ask.
pub(super) fn ask_at_the_terminal(lang: Language) -> Ask {
    if !io::stdin().is_terminal() {
        return Ask::nobody();
    }
    Ask::new(move |whence| ask(&text::prompt_of(whence), lang).ok().map(SecretString::from).map(kept))
}

/// Asks for a passphrase at the terminal.
pub(super) fn ask(prompt: &Sentence, lang: Language) -> io::Result<String> {
    rpassword::prompt_password(prompt.in_language(lang))
}

/// A terminal that does not answer.
pub(super) fn not_asked(error: io::Error) -> Failure {
    Failure::usage(CommandError::new(text::not_asked()).caused_by(error))
}

/// Keeps the keys that were read out of swap. They are overwritten when they are given back.
pub(super) fn keep_out_of_swap(identities: &Identities) {
    identities.secret_memory().iter().for_each(sys::keep_out_of_swap);
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
        keep_out_of_swap(&identities);
        Ok(identities)
    }
}

/// Reads a minisign secret key, with the certificate beside it.
pub(super) fn read_signer(path: &Path, lang: Language) -> Result<Signer, Failure> {
    let ask_for = if io::stdin().is_terminal() {
        Ask::new(move |whence| {
            ask(&text::prompt_of_signer(whence), lang).ok().map(SecretString::from).map(kept)
        })
    } else {
        Ask::nobody()
    };
    let signer = Signer::load(path, &ask_for)
        .map_err(|error| Failure::usage(error).hint(text::make_a_signing_key()))?;
    sys::keep_out_of_swap(&signer.secret_memory());
    Ok(signer)
}
