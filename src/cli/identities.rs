//! With which keys a bundle is opened: shared by every command that reads one.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use clap::Args;

use super::Failure;
use super::secret::{first_line, kept};
use crate::bundle::{Ask, Identities, Signer};
use crate::sys;

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
pub(super) fn ask_at_the_terminal() -> Ask {
    if !std::io::stdin().is_terminal() {
        return Ask::nobody();
    }
    Ask::new(|whence| {
        rpassword::prompt_password(format!("passphrase of '{whence}': "))
            .ok()
            .map(SecretString::from)
            .map(kept)
    })
}

/// Keeps the keys that were read out of swap. They are overwritten when they are given back.
pub(super) fn keep_out_of_swap(identities: &Identities) {
    identities.secret_memory().iter().for_each(sys::keep_out_of_swap);
}

impl Keys {
    /// Reads all of them.
    pub(super) fn read(&self) -> Result<Identities, Failure> {
        let ask = ask_at_the_terminal();
        let mut identities = Identities::new();
        for path in &self.identity {
            identities.add_file(path, &ask).map_err(|error| {
                Failure::from(error).hint(
                    "noem met -i het bestand van een age-identiteit, zoals 'veldkit keygen' die maakt, of van een SSH-sleutel",
                    "name with -i the file of an age identity, as 'veldkit keygen' makes it, or of an SSH private key",
                )
            })?;
        }
        if let Some(path) = &self.passphrase_file {
            identities.add_passphrase(first_line(path)?);
        }
        if self.passphrase {
            let text = rpassword::prompt_password("passphrase: ").map_err(Failure::usage)?;
            identities.add_passphrase(kept(SecretString::from(text)));
        }
        if identities.is_empty() {
            return Err(Failure::usage("no key to open the bundle with")
                .hint("geef -i SLEUTELBESTAND, of --passphrase", "give -i IDENTITY, or --passphrase"));
        }
        keep_out_of_swap(&identities);
        Ok(identities)
    }
}

/// Reads a minisign secret key, with the certificate beside it.
pub(super) fn read_signer(path: &Path) -> Result<Signer, Failure> {
    let ask = if std::io::stdin().is_terminal() {
        Ask::new(|whence| {
            rpassword::prompt_password(format!("minisign passphrase of '{whence}': "))
                .ok()
                .map(SecretString::from)
                .map(kept)
        })
    } else {
        Ask::nobody()
    };
    let signer = Signer::load(path, &ask).map_err(|error| {
        Failure::usage(error).hint(
            "'veldkit keygen --sign-out BESTAND' maakt een sleutel die zonder vragen tekent",
            "'veldkit keygen --sign-out FILE' makes a key that signs without asking",
        )
    })?;
    sys::keep_out_of_swap(&signer.secret_memory());
    Ok(signer)
}
