//! The stored content of an item: size, digests, and ranges where holes were left out.

use serde::{Deserialize, Serialize};

use super::{Digest, Md5, Sha1};

/// The content of an item in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Length of the entry, uncompressed.
    pub size_stored: u64,
    /// SHA-256 of the entry, uncompressed.
    pub sha256_stored: Digest,
    /// SHA-256 of the whole item with its holes as zeros, where it differs from `sha256_stored`; absent above the
    /// limit for hashed holes, which a [`Note`](super::Note) states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256_logical: Option<Digest>,
    /// MD5 of the whole item with its holes as zeros; only where an indicator list has MD5 digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub md5: Option<Md5>,
    /// SHA-1 of the same; only where an indicator list has SHA-1 digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha1: Option<Sha1>,
    /// The ranges of the item in the entry, in sequence, where holes were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<Range>,
}

impl Content {
    /// Makes the content of an item without holes.
    #[must_use]
    pub const fn new(size_stored: u64, sha256_stored: Digest) -> Self {
        Self { size_stored, sha256_stored, sha256_logical: None, md5: None, sha1: None, ranges: Vec::new() }
    }
}

/// A range of an item that contains data: offset and length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Range {
    /// Offset in the item.
    pub offset: u64,
    /// Length in bytes.
    pub length: u64,
}

impl From<(u64, u64)> for Range {
    fn from((offset, length): (u64, u64)) -> Self {
        Self { offset, length }
    }
}

impl From<Range> for (u64, u64) {
    fn from(range: Range) -> Self {
        (range.offset, range.length)
    }
}
