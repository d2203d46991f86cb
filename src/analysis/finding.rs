//! The findings of an examination: faults, each with its place, and the number of items per level of proof.
//!
//! In: the judgement of `examine`. Out: the parts of a [`Verdict`](super::Verdict) that list them.

use serde::Serialize;

/// A fault in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerdictFinding {
    /// `damage` where bytes are lost, otherwise `tampering`.
    pub kind: FindingKind,
    /// The place: an entry, a checkpoint, the directory.
    pub on: String,
    /// The fault, in lower case; names in it are escaped.
    pub what: String,
}

/// Kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Bytes that cannot be authenticated: a bad sector, or a flipped bit.
    Damage,
    /// Authentic bytes that contradict each other: changed by somebody who could encrypt.
    Tampering,
}

/// Number of items per level of proof.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ProofCounts {
    /// In a checkpoint whose chain goes back to the beginning; content and record agree.
    pub proved: u64,
    /// The same, but the chain goes back only to the first good checkpoint after a hole.
    pub relative: u64,
    /// Recovered after the last checkpoint, or where its checkpoint is lost.
    pub unproved: u64,
    /// Recovered in part.
    pub partial: u64,
    /// Recorded, but their content is lost in a hole.
    pub lost: u64,
    /// The content does not match its record, or their checkpoint cannot be trusted.
    pub refuted: u64,
}
