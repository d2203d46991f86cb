//! The keys of a run: the recipients of the bundle, and who signs it.

use super::arguments::Collect;
use crate::bundle::{CertificateTerms, Signer};
use crate::cli::identities::read_signer;
use crate::cli::recipients::{To, recipients};
use crate::cli::{Console, Failure};
use crate::evidence::{Printable, Utc};

/// The keys chosen for a run.
pub(super) struct ChosenKeys {
    pub(super) to: To,
    pub(super) signer: Option<Signer>,
}

/// Reads the signing key and chooses the recipients; `of_kit` are used where the operator names none.
pub(super) fn choose(
    arguments: &Collect,
    of_kit: &[String],
    now: Utc,
    console: &mut Console<'_>,
) -> Result<ChosenKeys, Failure> {
    let keys = &arguments.keys;
    let signer = keys.sign.as_deref().map(read_signer).transpose()?;
    if let Some(terms) = signer.as_ref().and_then(Signer::terms) {
        check(&terms, arguments.case.case.as_deref(), now, console)?;
    }
    Ok(ChosenKeys { to: recipients(&keys.to, of_kit, console)?, signer })
}

/// A key that is certified for another case would prove nothing later. Outside its validity it is used all the same, since
/// the clock of a host may be wrong: `verify` decides.
fn check(
    terms: &CertificateTerms,
    case: Option<&str>,
    now: Utc,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    if let Some(certified) = &terms.case
        && case != Some(certified)
    {
        let certified = Printable(certified);
        let text = format!("the key {} is certified for case '{certified}' alone", terms.key_id);
        return Err(Failure::usage(text).hint(
            format!("geef --case '{certified}', of vraag IBD-CERT om een sleutel voor deze zaak"),
            format!("give --case '{certified}', or ask IBD-CERT for a key for this case"),
        ));
    }
    if now < terms.not_before || now > terms.not_after {
        let (nl, en) = (
            format!(
                "de sleutel {} geldt van {} tot {}; volgens de klok van deze computer is het {now}. De handtekening \
                 bewijst dan niets: lees de zegelcode voor",
                terms.key_id, terms.not_before, terms.not_after
            ),
            format!(
                "the key {} is valid from {} to {}; by the clock of this computer it is {now}. Its signature then proves \
                 nothing: read out the seal code",
                terms.key_id, terms.not_before, terms.not_after
            ),
        );
        console.warn(console.lang.pick(nl, en));
    }
    Ok(())
}
