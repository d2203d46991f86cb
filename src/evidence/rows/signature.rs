//! The signature of a program file, a part of rows of `LiveExecutables` and `LiveAutostarts` on Windows.
//!
//! No network lookup is made for it, so a revoked certificate may still be reported as valid.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The signature status that Windows reports for a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Signature {
    /// `valid`; `none`; `altered`, where the content is not what was signed; `expired`, `revoked`, or `untrusted`,
    /// where Windows does not trust the signer. Absent where Windows could not determine it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Cow<'static, str>>,
    /// The signer in the certificate. Unless the signature is valid, this is only a claim of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Thumbprint (SHA-1) of the root certificate, where Windows has it: it reveals a root that was added to this
    /// Windows only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The Windows catalog with the signature; absent where the signature is in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    /// Error number, where Windows could not determine the status, or for a status with an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
