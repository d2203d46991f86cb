//! Compares every entry of a bundle with the record, checkpoint or manifest that lists it.
//!
//! In: the calls of the forward pass. Out: findings, counts, and calls of a [`Listener`] with each judgement. An
//! unlisted entry is a finding; so is a record whose entry is missing, duplicated or different. Lost bytes and
//! removed entries are distinguished: only after damage may something be missing. Memory: the entries since the last
//! checkpoint, and the records of that checkpoint.

mod class;
mod manifest;
mod records;

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::Manifest;
use crate::bundle::checkpoint::{CheckpointHeader, pad_name};
use crate::bundle::forward::{BundleVisitor, End, EntryBody, Head, StructureFault, Walk};
use crate::bundle::limits::{MAX_FINDINGS, ReadLimits};
use crate::bundle::opening::{FORMAT_VERSION, Opening};
use crate::evidence::{Digest, Printable};

use self::class::EntryClass;
use super::chain::{Chain, Reach};
use super::finding::{FindingKind, ProofCounts, VerdictFinding};
use super::trust::{Listener, Trust};

/// The result of an examination.
#[derive(Debug, Default)]
pub(super) struct Examination {
    pub(super) findings: Vec<VerdictFinding>,
    pub(super) findings_left_out: u64,
    pub(super) counts: ProofCounts,
    pub(super) outcomes: BTreeMap<String, u64>,
    pub(super) items_with_hits: u64,
    pub(super) checkpoints: u64,
    pub(super) relative_to: Vec<u64>,
    pub(super) opening: Option<Opening>,
    pub(super) manifest: Option<Manifest>,
    pub(super) manifest_text: Option<Vec<u8>>,
    pub(super) signature: Option<String>,
    pub(super) later_format: Option<u32>,
    /// Whether the end of the archive was reached.
    pub(super) sealed: bool,
}

pub(super) struct Examiner<'a> {
    limits: &'a ReadLimits,
    listener: &'a mut dyn Listener,
    out: Examination,
    chain: Chain,
    /// Entries before the checkpoint that lists them.
    waiting: BTreeMap<String, EntryBody>,
    /// Entries that are incomplete or damaged.
    torn: BTreeMap<String, Trust>,
    /// Entries that match their records, with their content, to which `same_as` may refer.
    kept: BTreeSet<[u8; 16]>,
    /// The current entry.
    class: EntryClass,
    /// Content of the current entry, where it is needed in memory.
    text: Vec<u8>,
    text_limit: usize,
    pad_is_zero: bool,
    /// Whether bytes were lost since the last good checkpoint, and ever.
    damaged: bool,
    ever_damaged: bool,
    /// The expected digest of `records/N.sha256`, from the records of `N`.
    sums: Option<(u64, Digest)>,
    pads: u64,
    sums_read: u64,
    entries: u64,
    /// Number of items, and digests of the entries that the manifest lists.
    items: u64,
    all_outcomes: BTreeMap<String, u64>,
    own: BTreeMap<String, Digest>,
}

impl BundleVisitor for Examiner<'_> {
    fn begin(&mut self, head: &Head) {
        self.class = EntryClass::of(&head.name);
        self.text.clear();
        self.text_limit = self.class.text_limit(self.limits);
        self.pad_is_zero = true;
        self.listener.begin(head);
    }

    fn content(&mut self, bytes: &[u8]) {
        if self.text_limit > 0 {
            // One byte more than the limit is kept, to detect that it was exceeded.
            let room = self.text_limit.saturating_add(1).saturating_sub(self.text.len());
            self.text.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        }
        if self.class == EntryClass::Pad {
            self.pad_is_zero &= bytes.iter().all(|byte| *byte == 0);
        }
        self.listener.content(bytes);
    }

    fn end(&mut self, head: &Head, body: &EntryBody) {
        self.listener.end(head, true);
        let index = self.entries;
        self.entries = self.entries.saturating_add(1);
        let name = head.name.as_str();
        if self.class == EntryClass::Evidence {
            self.wait(name, body.clone());
            return;
        }
        if self.text.len() > self.text_limit && self.text_limit > 0 {
            self.tampering(name, format!("is larger than {} bytes", self.text_limit));
            self.listener.own(name, Trust::Refuted);
            return;
        }
        let text = std::mem::take(&mut self.text);
        let judged = match self.class {
            EntryClass::Records if self.is_foreign(head, &text) => Ok(Trust::Refuted),
            EntryClass::Opening => self.opening(index, head, &text, body),
            EntryClass::Records => self.records(name, &text, body),
            EntryClass::Sums => self.sums(name, body),
            EntryClass::Pad => self.pad(name),
            EntryClass::Readme | EntryClass::Log => self.named_by_manifest(name, body),
            EntryClass::Manifest => self.manifest(index, &text),
            EntryClass::Signature => self.signature(&text),
            EntryClass::Evidence => Ok(Trust::Unproved),
        };
        self.text = text;
        self.own_judged(name, judged);
    }

    fn broken(&mut self, head: &Head, _body: &EntryBody, why: &StructureFault) {
        self.listener.end(head, false);
        let lost = matches!(why, StructureFault::Hole { .. } | StructureFault::Cut { .. });
        if !lost && !head.after_hole {
            self.tampering(&head.name, why.to_string());
        }
        // An apparent entry after a hole that does not match its own sizes was part of content.
        let standing = if lost { Trust::Partial } else { Trust::Refuted };
        if self.class == EntryClass::Evidence {
            if lost {
                self.out.counts.partial = self.out.counts.partial.saturating_add(1);
            }
            if self.torn.len() < self.limits.unnamed && !head.after_hole {
                self.torn.insert(head.name.clone(), standing);
            }
        }
        self.listener.stray(&head.name, standing);
    }

    fn hole(&mut self, from: u64, to: u64) {
        self.damaged = true;
        self.ever_damaged = true;
        self.sums = None;
        self.finding(FindingKind::Damage, "file", format!("bytes {from} to {to} cannot be authenticated"));
    }
}

impl<'a> Examiner<'a> {
    pub(super) fn new(limits: &'a ReadLimits, listener: &'a mut dyn Listener) -> Self {
        Self {
            limits,
            listener,
            out: Examination::default(),
            chain: Chain::default(),
            waiting: BTreeMap::new(),
            torn: BTreeMap::new(),
            kept: BTreeSet::new(),
            class: EntryClass::Evidence,
            text: Vec::new(),
            text_limit: 0,
            pad_is_zero: true,
            damaged: false,
            ever_damaged: false,
            sums: None,
            pads: 0,
            sums_read: 0,
            entries: 0,
            items: 0,
            all_outcomes: BTreeMap::new(),
            own: BTreeMap::new(),
        }
    }

    /// Draws the conclusions that are only possible at the end.
    pub(super) fn conclude(mut self, walk: &Walk) -> Examination {
        self.out.sealed = matches!(walk.end, End::Sealed);
        match &walk.end {
            End::Fault(fault) => self.tampering("archive", fault.to_string()),
            End::Sealed if self.out.manifest.is_none() && !self.ever_damaged => {
                self.tampering("manifest.json", "is missing".into());
            }
            End::Sealed if !self.ever_damaged && !walk.directory_agrees && walk.faults.is_empty() => {
                self.tampering("directory", "was not compared with the entries".into());
            }
            _ => {}
        }
        self.strays(matches!(walk.end, End::Sealed));
        if self.out.sealed {
            self.hold_against_manifest();
        }
        self.out.relative_to.clone_from(&self.chain.anchors);
        self.out
    }

    fn opening(&mut self, index: u64, head: &Head, text: &[u8], body: &EntryBody) -> Result<Trust, String> {
        if index != 0 || head.offset != 0 {
            return Err("is not the first entry".into());
        }
        let opening: Opening =
            serde_json::from_slice(text).map_err(|error| format!("cannot be read: {error}"))?;
        if opening.format > FORMAT_VERSION {
            self.out.later_format = Some(opening.format);
        }
        self.own.insert(head.name.clone(), body.sha256);
        self.chain.open(body.sha256);
        self.out.opening = Some(opening);
        Ok(self.trusted())
    }

    fn named_by_manifest(&mut self, name: &str, body: &EntryBody) -> Result<Trust, String> {
        if name == "README.txt"
            && let Some(said) = self.out.opening.as_ref().and_then(|opening| opening.readme_sha256)
            && said != body.sha256
        {
            return Err("does not match veldkit.json".into());
        }
        self.own.insert(name.to_owned(), body.sha256);
        Ok(self.trusted())
    }

    fn pad(&mut self, name: &str) -> Result<Trust, String> {
        self.pads = self.pads.saturating_add(1);
        if !self.pad_is_zero {
            return Err("contains more than padding".into());
        }
        if name == pad_name(self.chain.number) || self.ever_damaged {
            Ok(self.trusted())
        } else {
            Err("belongs to no checkpoint".into())
        }
    }

    fn own_judged(&mut self, name: &str, judged: Result<Trust, String>) {
        let standing = match judged {
            Err(what) => {
                self.tampering(name, what);
                Trust::Refuted
            }
            Ok(standing) => standing,
        };
        self.listener.own(name, standing);
    }

    /// Returns how far the current checkpoint can be trusted.
    fn trusted(&self) -> Trust {
        match self.chain.reach {
            Reach::Beginning => Trust::Proved,
            Reach::Relative => Trust::Relative,
            Reach::Nothing => Trust::Refuted,
        }
    }

    /// Whether an apparent checkpoint after a hole is part of somebody's file: those of this bundle have the digest
    /// of its opening.
    fn is_foreign(&self, head: &Head, text: &[u8]) -> bool {
        let first = text.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        let opening = serde_json::from_slice::<CheckpointHeader>(first).ok().map(|header| header.opening);
        head.after_hole && self.chain.opening.is_some() && opening != self.chain.opening
    }

    fn tampering(&mut self, on: &str, what: String) {
        self.finding(FindingKind::Tampering, on, what);
    }

    fn finding(&mut self, kind: FindingKind, on: &str, what: String) {
        if self.out.findings.len() < MAX_FINDINGS {
            let on = Printable(on).to_string();
            self.out.findings.push(VerdictFinding { kind, on, what });
        } else {
            self.out.findings_left_out = self.out.findings_left_out.saturating_add(1);
        }
    }
}
