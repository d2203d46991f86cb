//! The signature of a program's file, a part of rows of `LiveExecutables` and `LiveAutostarts` of Windows.
//!
//! Nothing was looked up on the network for it, so a certificate that was revoked meanwhile may still be called valid.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What Windows says of the signature of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Signature {
    /// `valid`; `none`; `altered`, where the content is not the one that was signed; `expired`, `revoked`, or
    /// `untrusted`, where Windows does not trust the signer. Left out where Windows could not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Cow<'static, str>>,
    /// The signer, as the certificate names it. Unless the signature is valid, the file itself claims this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// The thumbprint (SHA-1) of the root certificate that the signer's certificate leads to, where Windows has it: one
    /// that was added to this Windows alone is found by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The catalog of Windows that has the signature; left out where it is in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    /// The number of the error, where Windows could not tell, or why it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
