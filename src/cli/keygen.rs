//! `veldkit keygen`: the identity that analysts keep, and the key that the kit signs with.

use std::path::PathBuf;

use clap::Args;

use super::{Console, Exit, Failure};
use crate::acquisition::Clock;
use crate::kit::keys::{Identity, make_signing_key, public_path};

/// What `keygen` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Write a new age identity to this file; its public half is printed
    #[arg(long, value_name = "FILE", required_unless_present = "sign_out")]
    out: Option<PathBuf>,
    /// Write a new minisign key without a passphrase to this file, and its public half beside it (.pub)
    #[arg(long, value_name = "FILE")]
    sign_out: Option<PathBuf>,
}

/// Carries out `keygen`.
pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let exists = |error| {
        Failure::new(error).hint(
            "kies een bestand dat nog niet bestaat, in een map waarin geschreven mag worden",
            "choose a file that does not exist yet, in a folder that may be written to",
        )
    };
    if let Some(path) = &arguments.out {
        let identity = Identity::generate();
        identity.write(path, Clock::start().now()).map_err(exists)?;
        console.result(identity.recipient());
        let (nl, en) = (
            "de sleutel zelf blijft bij de analisten; neem alleen de regel die met age1 begint mee naar de locatie",
            "the identity itself stays with the analysts; take only the line that begins with age1 on site",
        );
        console.say(console.lang.pick(nl, en));
    }
    if let Some(path) = &arguments.sign_out {
        let public = make_signing_key(path).map_err(exists)?;
        console.result(public);
        let beside = public_path(path);
        let (nl, en) = (
            format!("bewaar '{}' bij CERT: daarmee wordt de handtekening gecontroleerd", beside.display()),
            format!("keep '{}' at the CERT: signatures are checked with it", beside.display()),
        );
        console.say(console.lang.pick(nl, en));
    }
    Ok(Exit::Done)
}
