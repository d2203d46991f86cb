//! `veldkit.json`: the facts known when the run began. First in the bundle, so that a truncated bundle can still be
//! attributed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Error;
use super::certificate::Certificate;
use super::fingerprint::FingerprintedRecipient;
use crate::evidence::{Digest, Utc};

/// The version of the format that this writer writes.
pub const FORMAT_VERSION: u32 = 1;

/// The content of `veldkit.json`. The writer fills in `format`, `recipients`, `recipient_fingerprints`,
/// `readme_sha256` and `kit.public_key` where the caller leaves them empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Opening {
    /// [`FORMAT_VERSION`].
    pub format: u32,
    /// 128 random bits as 32 hexadecimal digits: [`fresh_id`].
    pub bundle_id: String,
    /// Start of the run.
    pub started: Option<Utc>,
    /// The program that wrote it.
    pub tool: Tool,
    /// The kit it was started from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kit: Option<Kit>,
    /// Id of the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Number of the piece of evidence in the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_number: Option<String>,
    /// Name of the examiner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examiner: Option<String>,
    /// Note of the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Traffic Light Protocol 2.0 label, for example `TLP:AMBER`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tlp: Option<String>,
    /// Name of the host, for the file name and the receipt.
    pub host_name: String,
    /// `live` or `tree`.
    pub target: String,
    /// Identity of the host, as `sources` describes it.
    pub host: Value,
    /// Time zone, boot time, and the state of clock synchronisation.
    pub clock: Value,
    /// Privileges of the tool.
    pub privileges: Value,
    /// Playbooks and definition files, with their SHA-256.
    pub playbooks: Value,
    /// Rule files, with their SHA-256.
    pub rules: Value,
    /// Files in given directories and archives that are not rule files.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub rules_skipped: Value,
    /// Indicator lists and lists of known good digests, with their SHA-256, and which parts of them are used.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub indicators: Value,
    /// External files that controlled the run, each with its SHA-256. The fields for playbooks, rules and indicators
    /// have more details.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outside_files: Vec<OutsideFile>,
    /// The recipients as given; `passphrase` for one.
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
    /// Program name.
    pub name: String,
    /// Program version.
    pub version: String,
    /// SHA-256 of the program file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
}

/// An external file that controlled the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideFile {
    /// Role of the file.
    pub role: OutsideRole,
    /// Path as given, or in the kit.
    pub name: String,
    /// SHA-256; for a tool the digest that it must have, one entry per allowed digest.
    pub sha256: Digest,
    /// Where it came from.
    pub brought_by: BroughtBy,
}

/// The role of an external file.
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
    /// A role that only a newer version knows.
    #[serde(other)]
    Unknown,
}

/// Where an external file came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BroughtBy {
    /// The operator gave it.
    Operator,
    /// It is part of a kit that is signed by a trusted key.
    TrustedKit,
    /// It is part of a kit that the operator confirmed.
    ConfirmedKit,
    /// An origin that only a newer version knows.
    #[serde(other)]
    Unknown,
}

/// The kit from which a run was started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kit {
    /// Id of the kit.
    pub id: String,
    /// Number of bundles made with it, including this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter: Option<u64>,
    /// Its minisign public key in base64, for the convenience of the analyst; it proves nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// The CERT's certificate of that key, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
}

/// Draws a bundle id: 128 random bits as 32 hexadecimal digits.
///
/// # Errors
///
/// [`Error::Random`] where the operating system returns none.
pub fn fresh_id() -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
