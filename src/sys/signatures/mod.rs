//! The signatures of programs, as Windows verifies them.

/// What Windows reports of a file's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileSignature {
    pub(crate) status: SignatureStatus,
    /// The signer by the certificate.
    pub(crate) signer: Option<String>,
    /// The catalog that holds the signature; `None` where the file itself does.
    pub(crate) catalog: Option<String>,
}

/// The answer of `WinVerifyTrust`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(any(windows, test)), allow(dead_code, reason = "only Windows verifies signatures"))]
pub(crate) enum SignatureStatus {
    Valid,
    /// Neither the file nor a catalog has one.
    Absent,
    /// The content is not what was signed.
    Altered,
    Expired,
    Revoked,
    /// Windows does not trust the signer.
    Untrusted,
    /// Windows could not verify it, with the number of its error.
    Unknown(u32),
}
