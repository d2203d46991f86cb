//! The role of a bundle entry, and how much of its text is needed in memory.

use crate::bundle::limits::{MAX_SIGNATURE, ReadLimits};

/// The role of an entry, from its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryClass {
    Opening,
    Readme,
    Records,
    Sums,
    Pad,
    Log,
    Manifest,
    Signature,
    Evidence,
}

impl EntryClass {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "veldkit.json" => Self::Opening,
            "README.txt" => Self::Readme,
            "log/custody.jsonl" => Self::Log,
            "manifest.json" => Self::Manifest,
            "manifest.json.minisig" => Self::Signature,
            _ => Self::of_folder(name),
        }
    }

    fn of_folder(name: &str) -> Self {
        match (name.split_once('/'), name.rsplit_once('.')) {
            (Some(("records", _)), Some((_, "jsonl"))) => Self::Records,
            (Some(("records", _)), Some((_, "sha256"))) => Self::Sums,
            (Some(("pad", _)), _) => Self::Pad,
            _ => Self::Evidence,
        }
    }

    pub(super) fn text_limit(self, limits: &ReadLimits) -> usize {
        match self {
            Self::Opening | Self::Manifest => limits.document,
            Self::Records => limits.records,
            Self::Signature => MAX_SIGNATURE,
            _ => 0,
        }
    }
}
