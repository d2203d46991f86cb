//! The keys of a run: the recipients of the bundle, and who signs it.

use super::arguments::Collect;
use crate::bundle::{CertificateTerms, Signer};
use crate::cli::identities::read_signer;
use crate::cli::recipients::{To, recipients};
use crate::cli::{Console, Failure};
use crate::evidence::Utc;
use crate::text::collect::keys as text;

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
    let signer = keys.sign.as_deref().map(|path| read_signer(path, console.lang)).transpose()?;
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
        return Err(Failure::refused(text::for_another_case(&terms.key_id, certified))
            .hint(text::give_that_case(certified)));
    }
    if now < terms.not_before || now > terms.not_after {
        console.warn(&text::not_valid_now(&terms.key_id, terms.not_before, terms.not_after, now));
    }
    Ok(())
}
