//! What Windows says of a file's signature, in this program's words.
//!
//! In: what the system reports ([`FileSignature`]). Out: a [`Signature`], a part of rows of files. A wrong "none" is worse than no word: it
//! stands only where the file has no signature in it and Windows could look in all of its catalogs. Nothing is asked of the network,
//! so one that was revoked meanwhile may still be called valid.

use serde::Serialize;

use crate::sys::{FileSignature, SignatureStatus};

/// What is said of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Signature {
    /// `valid`; `none`; `altered`, where the content is not what was signed; `expired`, `revoked`, or `untrusted`, where Windows does
    /// not trust who signed. Left out where it could not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    /// Who signed, as the certificate names it; said by the file itself unless the signature is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// The catalog of Windows that has the signature; left out where it is in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    /// The number of the error, where Windows could not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl From<FileSignature> for Signature {
    fn from(FileSignature { status, signer, catalog }: FileSignature) -> Self {
        let (status, error) = match status {
            SignatureStatus::Valid => (Some("valid"), None),
            SignatureStatus::Absent => (Some("none"), None),
            SignatureStatus::Altered => (Some("altered"), None),
            SignatureStatus::Expired => (Some("expired"), None),
            SignatureStatus::Revoked => (Some("revoked"), None),
            SignatureStatus::Untrusted => (Some("untrusted"), None),
            SignatureStatus::Unknown(number) => (None, Some(format!("{number:#x}"))),
        };
        Self { status, signer, catalog, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_its_word_and_an_error_its_number() {
        let of = |status| Signature::from(FileSignature { status, signer: None, catalog: None });
        assert_eq!(of(SignatureStatus::Absent), Signature { status: Some("none"), ..Signature::default() });
        let unknown = of(SignatureStatus::Unknown(0x8007_06ba));
        assert_eq!((unknown.status, unknown.error.as_deref()), (None, Some("0x800706ba")));
    }
}
