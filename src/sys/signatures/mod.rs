//! The signatures of programs, as Windows verifies them. Nothing is asked of the network.

#[cfg(any(windows, test))]
#[cfg_attr(not(windows), allow(dead_code, reason = "elsewhere only its own tests use it"))]
mod answers;
#[cfg(any(windows, test))]
#[cfg_attr(not(windows), allow(dead_code, reason = "elsewhere only its own tests use it"))]
mod providers;
#[cfg_attr(windows, allow(dead_code, reason = "compiled everywhere, so that it stays right"))]
mod unsupported;
#[cfg(windows)]
#[allow(unsafe_code, reason = "Windows' own functions are called here; each call says why it is right")]
mod windows;

#[cfg(not(windows))]
use unsupported as system;
#[cfg(windows)]
use windows as system;

use std::io;

/// What Windows reports of a file's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileSignature {
    pub(crate) status: SignatureStatus,
    /// The signer by the certificate.
    pub(crate) signer: Option<String>,
    /// The SHA-1 of the root certificate that the signer's chain ends in, as its thumbprint is written.
    pub(crate) root: Option<String>,
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
    /// It may be signed in a way that this Windows is too old to know.
    TooNew,
    /// Windows could not verify it, with the number of its error.
    Unknown(u32),
}

/// Verifies the signature of a program or library, in the file or in a catalog; `None` for any other kind of file.
///
/// # Errors
/// The file cannot be read, or what reads signatures on this machine is not Windows' own.
pub(crate) fn signature(path: &str) -> io::Result<Option<FileSignature>> {
    system::signature(path)
}
