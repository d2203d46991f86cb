//! A file's signature as Windows verified it, as a part of rows.
//!
//! In: what the system reports ([`FileSignature`]). Out: a [`Signature`], a part of rows of files. A wrong "none" is
//! worse than no word: it is reported only where the file has no signature in it and Windows could search all of its
//! catalogs.

use crate::evidence::rows::signature::Signature;
use crate::sys::{FileSignature, SignatureStatus};

/// Why an old Windows cannot tell.
const TOO_NEW: &str = "this Windows does not know signatures with SHA-2 (KB3033929 is not installed)";

impl From<FileSignature> for Signature {
    fn from(FileSignature { status, signer, root, catalog }: FileSignature) -> Self {
        let (status, error) = match status {
            SignatureStatus::Valid => (Some("valid"), None),
            SignatureStatus::Absent => (Some("none"), None),
            SignatureStatus::Altered => (Some("altered"), None),
            SignatureStatus::Expired => (Some("expired"), None),
            SignatureStatus::Revoked => (Some("revoked"), None),
            SignatureStatus::Untrusted => (Some("untrusted"), None),
            SignatureStatus::TooNew => (None, Some(TOO_NEW.to_owned())),
            SignatureStatus::Unknown(number) => (None, Some(format!("{number:#x}"))),
        };
        Self { status: status.map(Into::into), signer, root, catalog, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_its_word_and_an_error_its_number() {
        let of = |status| Signature::from(FileSignature { status, signer: None, root: None, catalog: None });
        assert_eq!(
            of(SignatureStatus::Absent),
            Signature { status: Some("none".into()), ..Signature::default() }
        );
        let unknown = of(SignatureStatus::Unknown(0x8007_06ba));
        assert_eq!((unknown.status, unknown.error.as_deref()), (None, Some("0x800706ba")));
        let too_new = of(SignatureStatus::TooNew);
        assert_eq!((too_new.status, too_new.error.as_deref()), (None, Some(TOO_NEW)));
    }
}
