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
use crate::text::usage;

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
        let fingerprint = Fingerprint::of(&identity.recipient());
        let (nl, en) = (
            format!(
                "vingerafdruk (schrijf deze vier woorden op; elk ontvangstbewijs noemt ze): {fingerprint}"
            ),
            format!("fingerprint (write down these four words; every receipt names them): {fingerprint}"),
        );
        console.say(console.lang.pick(nl, en));
        let (nl, en) = (
            "de sleutel zelf blijft bij de analisten; neem alleen de regel die met age1 begint mee naar de locatie",
            "the identity itself stays with the analysts; take only the line that begins with age1 on site",
        );
        console.say(console.lang.pick(nl, en));
    }
    let authority = arguments.sign_with.as_deref().map(read_signer).transpose()?;
    if let Some(path) = &arguments.sign_out {
        let public = make_signing_key(path).map_err(exists)?;
        if let Some(authority) = &authority {
            let terms = terms(arguments, &public)?;
            let certificate = authority.certify(&terms).map_err(Failure::usage)?;
            let place = write_certificate(path, &certificate).map_err(exists)?;
            let (nl, en) = (
                format!(
                    "sleutel {} mag tekenen tot {}; neem '{}' en '{}.minisig' met de sleutel mee",
                    terms.key_id,
                    terms.not_after,
                    place.display(),
                    place.display()
                ),
                format!(
                    "key {} may sign until {}; take '{}' and '{}.minisig' along with the key",
                    terms.key_id,
                    terms.not_after,
                    place.display(),
                    place.display()
                ),
            );
            console.say(console.lang.pick(nl, en));
        }
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

/// What the certificate of a new key says.
fn terms(arguments: &Arguments, public: &str) -> Result<CertificateTerms, Failure> {
    let now = Clock::start().now().date_time();
    // Whole seconds: they are read by people.
    let begin = now.replace_nanosecond(0).map_err(Failure::new)?;
    let end = begin.checked_add(arguments.valid.try_into().map_err(Failure::new)?);
    let too_late = || Failure::usage("the end of the validity is after the year 9999");
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
