//! The conclusion of `verify`, on two axes: integrity (whole, truncated, tampered) and authorship (proved, refuted,
//! not checked). There is no word for both together, so that neither is mistaken for the other.

use std::collections::BTreeMap;

use serde::Serialize;

use super::examine::Examination;
use super::finding::{ProofCounts, VerdictFinding};
use crate::bundle::forward::{End, Walk};
use crate::bundle::opening::Opening;
use crate::bundle::{CertificateTerms, SealCode};
use crate::evidence::{Digest, Utc};

/// The conclusion.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// Whether the file is as it was sealed.
    pub integrity: Integrity,
    /// Whether it comes from the expected author.
    pub authorship: Authorship,
    /// The key of the signature that was checked; absent where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<SigningKey>,
    /// Faults and their places; empty for a whole bundle.
    pub findings: Vec<VerdictFinding>,
    /// Number of findings that are not listed.
    pub findings_left_out: u64,
    /// Number of items per level of proof.
    pub items: ProofCounts,
    /// Number of proved items per outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Number of proved items that a rule or an indicator matched.
    pub items_with_hits: u64,
    /// Number of checkpoints that were read and are valid.
    pub checkpoints: u64,
    /// Checkpoints from which on the chain is only proved relative to themselves, because of a hole before them.
    pub relative_to: Vec<u64>,
    /// Whether the collection was complete, according to its manifest; absent where that was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete: Option<bool>,
    /// End of the collection, according to its manifest; absent where that was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Utc>,
    /// Offset at which the readable part of a truncated archive ends, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_at: Option<u64>,
    /// File names of the parts of a split bundle that are missing. Where it is the last one, the next name is listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts_missing: Vec<String>,
    /// Further remarks, for example that the receipt next to the bundle has another digest.
    pub remarks: Vec<Remark>,
    /// The opening of the bundle; absent where it was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening: Option<Box<Opening>>,
    /// SHA-256 of the file; absent where some bytes could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// The seal code of this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal_code: Option<String>,
    /// Length of the file in bytes.
    pub bytes: u64,
}

/// Whether a bundle is as it was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Integrity {
    /// Sealed; chain, digests and directory are valid.
    Whole,
    /// The file ends early; its content is valid.
    Truncated,
    /// Something was changed, or is damaged, which cannot be distinguished.
    Tampered,
}

/// Whether a bundle comes from the expected author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Authorship {
    /// Proved by the key or the seal code that the caller gave.
    Proved {
        /// `signature`, `seal code`.
        by: Vec<&'static str>,
    },
    /// It is not what the key signed, or not the file that was sealed.
    Refuted {
        /// Reasons.
        why: Vec<String>,
    },
    /// Anyone with the public key could have made this file.
    NotChecked {
        /// The reason, where the caller did give something to check.
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
}

/// A remark for the reader of a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// The receipt next to the bundle has another digest.
    ReceiptDiffers,
    /// A receipt was found and matches; without a verified signature, it proves nothing.
    ReceiptFits,
    /// The bundle is signed, but no key was given to verify it.
    SignedButNotChecked,
    /// The signature is the only proof of the author, and its key was on the examined host: whoever copied it there
    /// can sign as well. The seal code that was read out is the stronger proof.
    SigningKeyWasOnTheHost,
    /// The signature is by a revoked key.
    SigningKeyRevoked,
    /// The signature is by a key whose certificate was not valid when the bundle was made, by the clock of its host.
    OutsideValidity,
    /// `veldkit.json` is lost: checkpoints are compared with the first one found.
    OpeningLost,
}

/// The key of a verified signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SigningKey {
    /// Id, as minisign prints it.
    pub key_id: String,
    /// The CERT's certificate of it; absent where the caller gave the key itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateTerms>,
}

/// The conclusion on the author.
pub(super) struct Judged {
    pub(super) authorship: Authorship,
    pub(super) remarks: Vec<Remark>,
    pub(super) signing_key: Option<SigningKey>,
}

pub(super) fn conclude(
    examined: Examination,
    walk: &Walk,
    judged: Judged,
    sha256: Option<Digest>,
    bytes: u64,
) -> Verdict {
    let Judged { authorship, mut remarks, signing_key } = judged;
    let cut_at = match walk.end {
        End::Cut { at, .. } => Some(at),
        _ => None,
    };
    let integrity = match (examined.findings.is_empty(), cut_at) {
        (false, _) => Integrity::Tampered,
        (true, Some(_)) => Integrity::Truncated,
        (true, None) => Integrity::Whole,
    };
    if examined.opening.is_none() {
        remarks.push(Remark::OpeningLost);
    }
    Verdict {
        integrity,
        authorship,
        signing_key,
        findings: examined.findings,
        findings_left_out: examined.findings_left_out,
        items: examined.counts,
        outcomes: examined.outcomes,
        items_with_hits: examined.items_with_hits,
        checkpoints: examined.checkpoints,
        relative_to: examined.relative_to,
        complete: examined.manifest.as_ref().map(|manifest| manifest.complete),
        ended: examined.manifest.and_then(|manifest| manifest.ended),
        cut_at,
        parts_missing: Vec::new(),
        remarks,
        opening: examined.opening.map(Box::new),
        sha256,
        seal_code: sha256.map(|digest| SealCode::of(&digest).to_string()),
        bytes,
    }
}

impl Verdict {
    /// Whether it is whole, and nothing that the caller knows refutes it (exit code 0).
    #[must_use]
    pub fn stands(&self) -> bool {
        self.integrity == Integrity::Whole && !matches!(self.authorship, Authorship::Refuted { .. })
    }
}
