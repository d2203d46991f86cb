//! The keys of a run: the recipients of the bundle, and who signs it.

use std::io::IsTerminal as _;
use std::path::Path;

use age::secrecy::SecretString;

use super::arguments::KeyArguments;
use crate::bundle::{Ask, Signer};
use crate::cli::recipients::{To, recipients};
use crate::cli::{Console, Failure};

/// The keys chosen for a run.
pub(super) struct ChosenKeys {
    pub(super) to: To,
    pub(super) signer: Option<Signer>,
}

/// Reads the signing key and chooses the recipients; `of_kit` are used where the operator names none.
pub(super) fn choose(
    keys: &KeyArguments,
    of_kit: &[String],
    console: &mut Console<'_>,
) -> Result<ChosenKeys, Failure> {
    let signer = keys.sign.as_deref().map(read_signer).transpose()?;
    Ok(ChosenKeys { to: recipients(&keys.to, of_kit, console)?, signer })
}

fn read_signer(path: &Path) -> Result<Signer, Failure> {
    let ask = if std::io::stdin().is_terminal() {
        Ask::new(|whence| {
            rpassword::prompt_password(format!("minisign passphrase of '{whence}': "))
                .ok()
                .map(SecretString::from)
        })
    } else {
        Ask::nobody()
    };
    Signer::load(path, &ask).map_err(|error| {
        Failure::usage(error).hint(
            "'veldkit keygen --sign-out BESTAND' maakt een sleutel die zonder vragen tekent",
            "'veldkit keygen --sign-out FILE' makes a key that signs without asking",
        )
    })
}
