//! Facts about a file that the system starts: size, digest, package, signature.
//!
//! A part of rows of `LiveAutostarts`, which have these among their own fields.

use serde::{Deserialize, Serialize};

use super::Observable;
use super::signature::Signature;
use crate::evidence::{Digest, ReasonCode, Utc};

/// Facts about a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StartedFile {
    /// Whether the file does not exist.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// SHA-256 of its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// Why it has no digest, as a code of the records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_digest: Option<ReasonCode>,
    /// Its size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Modification time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Utc>,
    /// The package of the file; `null` where no package has it, absent where unknown (Linux).
    #[serde(default, skip_serializing_if = "PackageOwner::is_unknown")]
    pub owned_by: PackageOwner,
    /// Signature status, from the running system (Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Box<Signature>>,
    /// Whether it is unchanged since its installation, by MD5 of the package; absent where the package has none
    /// (Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_packaged: Option<bool>,
}

impl StartedFile {
    /// Reports its digest.
    pub(super) fn observables<'row>(&'row self, report: &mut dyn FnMut(Observable<'row>)) {
        let Self {
            missing: _,
            sha256,
            no_digest: _,
            size: _,
            modified: _,
            owned_by: _,
            // The signer is a claim of the file itself; no kind of indicator covers it.
            signature: _,
            as_packaged: _,
        } = self;
        if let Some(digest) = sha256 {
            report(Observable::Digest(digest.to_string().into()));
        }
    }
}

/// The package that a file belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "Option<String>", from = "Option<String>")]
pub enum PackageOwner {
    /// Unknown; absent from a row.
    #[default]
    Unknown,
    /// No package has it; `null` in a row.
    Nobody,
    /// The package that has it.
    Package(String),
}

impl PackageOwner {
    /// Whether the owner is unknown.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

impl From<Option<String>> for PackageOwner {
    fn from(package: Option<String>) -> Self {
        package.map_or(Self::Nobody, Self::Package)
    }
}

impl From<PackageOwner> for Option<String> {
    fn from(owner: PackageOwner) -> Self {
        match owner {
            PackageOwner::Unknown | PackageOwner::Nobody => None,
            PackageOwner::Package(name) => Some(name),
        }
    }
}

#[cfg(test)]
impl schemars::JsonSchema for PackageOwner {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PackageOwner".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The package that has a file; null where none has it.",
            "oneOf": [{ "type": "string" }, { "type": "null" }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_no_package_and_one_that_nobody_can_tell_of_are_read_back_as_they_were() {
        for (owned_by, json) in [
            (PackageOwner::Unknown, "{}"),
            (PackageOwner::Nobody, "{\"owned_by\":null}"),
            (PackageOwner::Package("cron".to_owned()), "{\"owned_by\":\"cron\"}"),
        ] {
            let file = StartedFile { owned_by, ..StartedFile::default() };
            assert_eq!(serde_json::to_string(&file).unwrap(), json);
            assert_eq!(serde_json::from_str::<StartedFile>(json).unwrap(), file);
        }
    }
}
