//! One volume of an image or of this host, as `list-volumes` prints it. Apart from `volumes.rs`, so that `image` fills
//! it in without a circle.

use serde::Serialize;

/// A volume, as it is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VolumeFacts {
    /// Its number in an image, or its device on this host.
    pub name: String,
    /// The device of the disk that it begins on; of Windows, where a volume's own name tells nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<String>,
    /// Where it begins on its disk, in bytes.
    pub start: Option<u64>,
    /// In bytes.
    pub size: u64,
    /// What the table says it is for.
    pub kind: Option<String>,
    /// Its label, or its name in the table.
    pub label: Option<String>,
    /// What stands on it.
    pub file_system: Option<String>,
    /// Its letter or identifier in a bundle, or where it is mounted.
    pub place: Option<String>,
    /// Why it is not read; absent where it is.
    pub not_read: Option<String>,
    /// The table that it is listed in: `mbr`, `gpt`, or a copy of the latter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// What is to be known of it although it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether a collection of all that is listed would miss something for it.
    #[serde(skip)]
    pub gap: bool,
}
