//! The operating systems that the ForensicArtifacts format names.

use std::fmt;

use serde::Deserialize;

/// The systems of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[allow(missing_docs, reason = "each is the product's own name")]
pub enum System {
    Android,
    Darwin,
    ESXi,
    #[serde(rename = "iOS")]
    Ios,
    Linux,
    Windows,
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Android => "Android",
            Self::Darwin => "Darwin",
            Self::ESXi => "ESXi",
            Self::Ios => "iOS",
            Self::Linux => "Linux",
            Self::Windows => "Windows",
        })
    }
}
