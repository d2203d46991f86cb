//! `veldkit.json`: what was known when the run began. First in the bundle, so that a cut one still says whose it is.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Error;
use super::certificate::Certificate;
use super::fingerprint::FingerprintedRecipient;
use crate::evidence::{Digest, Utc};

/// The version of the format that this writer writes.
pub const FORMAT_VERSION: u32 = 1;

/// The content of `veldkit.json`. What the caller leaves empty of `format`, `recipients`, `recipient_fingerprints`, `readme_sha256` and
/// `kit.public_key` is filled in by the writer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Opening {
    /// [`FORMAT_VERSION`].
    pub format: u32,
    /// 128 random bits as 32 hexadecimal digits: [`fresh_id`].
    pub bundle_id: String,
    /// When the run began.
    pub started: Option<Utc>,
    /// The program that wrote it.
    pub tool: Tool,
    /// The kit it was started from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kit: Option<Kit>,
    /// The case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Number of the piece of evidence in the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_number: Option<String>,
    /// Who collects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examiner: Option<String>,
    /// What the operator wants to be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Traffic Light Protocol 2.0 label, for example `TLP:AMBER`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tlp: Option<String>,
    /// Name of the host, for the file's name and the receipt.
    pub host_name: String,
    /// `live` or `tree`.
    pub target: String,
    /// Identity of the host, as `sources` describes it.
    pub host: Value,
    /// Local zone, boot time, whether and how the clock is synchronised.
    pub clock: Value,
    /// What the tool was allowed to do.
    pub privileges: Value,
    /// Playbooks and definition files, with their SHA-256.
    pub playbooks: Value,
    /// Rule files, with their SHA-256.
    pub rules: Value,
    /// Files of named directories and archives that are no rule files.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub rules_skipped: Value,
    /// Indicator lists and lists of known good digests, with their SHA-256, what of them is in use and what is not.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub indicators: Value,
    /// Files from outside of the program that steered the run, each with its SHA-256. More is said of playbooks, rules and
    /// indicators in their own fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outside_files: Vec<OutsideFile>,
    /// To whom it is encrypted, as given; `passphrase` for one.
    pub recipients: Vec<String>,
    /// The same with their fingerprints: [`crate::bundle::fingerprint`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recipient_fingerprints: Vec<FingerprintedRecipient>,
    /// SHA-256 of `README.txt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readme_sha256: Option<Digest>,
    /// Limits in force.
    pub limits: Value,
}

/// The program that wrote a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its own file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
}

/// A file from outside of the program that steered the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideFile {
    /// What it is.
    pub role: OutsideRole,
    /// Its path as it was named, or in the kit.
    pub name: String,
    /// Its SHA-256; of a tool the one that it must have to be run, and where it may have several, each is listed.
    pub sha256: Digest,
    /// Who brought it.
    pub brought_by: BroughtBy,
}

/// What a file from outside of the program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutsideRole {
    /// The description of a kit, `kit.json`.
    Kit,
    /// Playbooks, definitions or handlings.
    Playbook,
    /// A rule file.
    Rules,
    /// An indicator list.
    Indicators,
    /// A list of known good digests.
    KnownGood,
    /// A file of recipients.
    Recipients,
    /// A program that is run.
    Tool,
    /// What a newer version knows.
    #[serde(other)]
    Unknown,
}

/// Why a file from outside of the program is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BroughtBy {
    /// The operator named it.
    Operator,
    /// It is of a kit whose signature is by a key that the program trusts.
    TrustedKit,
    /// It is of a kit that the operator confirmed.
    ConfirmedKit,
    /// What a newer version knows.
    #[serde(other)]
    Unknown,
}

/// The kit a run was started from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kit {
    /// Its identifier.
    pub id: String,
    /// How many bundles it has made, this one included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter: Option<u64>,
    /// Its minisign public key in base64. Named for the analyst's convenience; never proof of anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// What the CERT says of that key, where it said anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
}

/// Draws a bundle id: 128 random bits as 32 hexadecimal digits.
///
/// # Errors
/// [`Error::Random`] where the operating system gives none.
pub fn fresh_id() -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
