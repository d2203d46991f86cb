//! `veldkit keygen`: the identity that analysts keep, and the key that the kit signs with.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};

use super::{Console, Exit, Failure};
use crate::acquisition::Clock;
use crate::bundle::{CertificateTerms, Fingerprint, key_id};
use crate::cli::identities::read_signer;
use crate::cli::quantity::duration;
use crate::cli::usage::RefusedValue;
use crate::evidence::Utc;
use crate::kit::keys::{Identity, make_signing_key, public_path, write_certificate};
use crate::text::{keygen as text, usage};

/// What `keygen` takes.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("certified_for").multiple(true)))]
pub(super) struct Arguments {
    #[arg(long, required_unless_present = "sign_out")]
    out: Option<PathBuf>,
    #[arg(long)]
    sign_out: Option<PathBuf>,
    #[arg(long, requires = "sign_out", requires = "certified_for")]
    sign_with: Option<PathBuf>,
    #[arg(long, requires = "sign_with", group = "certified_for")]
    case: Option<String>,
    #[arg(long, requires = "sign_with", group = "certified_for")]
    kit: Option<String>,
    #[arg(long, requires = "sign_with", default_value = "90d", value_parser = days)]
    valid: Duration,
}

/// The longest validity of a certificate. A key for one case is not needed for longer.
const VALIDITY_LIMIT: Duration = Duration::from_hours(400 * 24);

fn days(text: &str) -> Result<Duration, RefusedValue> {
    let validity = duration(text)?;
    if validity > VALIDITY_LIMIT { Err(RefusedValue(usage::more_than_days(400))) } else { Ok(validity) }
}

/// Carries out `keygen`.
pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let exists = |error| Failure::new(error).hint(text::new_file());
    if let Some(path) = &arguments.out {
        let identity = Identity::generate();
        identity.write(path, Clock::start().now()).map_err(exists)?;
        console.result(identity.recipient());
        let fingerprint = Fingerprint::of(&identity.recipient());
        console.say(&text::fingerprint(&fingerprint.to_string()));
        console.say(&text::keep_the_identity());
    }
    let authority = arguments.sign_with.as_deref().map(|path| read_signer(path, console.lang)).transpose()?;
    if let Some(path) = &arguments.sign_out {
        let public = make_signing_key(path).map_err(exists)?;
        if let Some(authority) = &authority {
            let terms = terms(arguments, &public)?;
            let certificate = authority.certify(&terms).map_err(Failure::usage)?;
            let place = write_certificate(path, &certificate).map_err(exists)?;
            console.say(&text::certified(&terms.key_id, terms.not_after, &place));
        }
        console.result(public);
        console.say(&text::keep_the_public_key(&public_path(path)));
    }
    Ok(Exit::Done)
}

/// What the certificate of a new key says.
fn terms(arguments: &Arguments, public: &str) -> Result<CertificateTerms, Failure> {
    let now = Clock::start().now().date_time();
    // Whole seconds: they are read by people.
    let begin = now.replace_nanosecond(0).map_err(Failure::new)?;
    let end = begin.checked_add(arguments.valid.try_into().map_err(Failure::new)?);
    let too_late = || Failure::refused(text::too_late()).hint(text::shorter());
    let key = crate::analysis::signer(public).map_err(Failure::new)?;
    Ok(CertificateTerms {
        public_key: public.to_owned(),
        key_id: key_id(&key),
        kit: arguments.kit.clone(),
        case: arguments.case.clone(),
        not_before: Utc::new(begin),
        not_after: Utc::new(end.ok_or_else(too_late)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::golden::assert_golden;

    #[test]
    fn what_is_said_of_new_keys_is_the_golden_text() {
        let until = Utc::try_from("2027-03-01T00:00:00Z".to_owned()).unwrap();
        let lines = [
            text::fingerprint("olifant tafel regen boot"),
            text::keep_the_identity(),
            text::certified("0123456789ABCDEF", until, "kit.key.cert".as_ref()),
            text::keep_the_public_key("kit.key.pub".as_ref()),
        ];
        assert_golden("keygen", &lines);
    }
}
