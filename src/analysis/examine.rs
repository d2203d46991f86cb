//! Holds every entry of a bundle against what names it: record, checkpoint, manifest.
//!
//! In: the calls of the forward pass. Out: findings, counts, and calls of a [`Listener`] for what was judged. An
//! entry nobody names is a finding; so is a record whose entry is missing, doubled or different. What was lost with
//! damaged bytes is told from what was taken out: only after damage may something be missing. Memory: the entries
//! since the last checkpoint, and that checkpoint's records.

use std::collections::BTreeMap;

use crate::bundle::Manifest;
use crate::bundle::checkpoint::{CheckpointHeader, pad_name, records_name, sum_line, sums_name};
use crate::bundle::forward::{Body, End, Fault, Head, Visitor, Walk};
use crate::bundle::limits::{Limits, MAX_FINDINGS, MAX_SIGNATURE};
use crate::bundle::opening::{FORMAT_VERSION, Opening};
use crate::evidence::{Digest, Item, Printable};

use super::chain::{Chain, Reach};
use super::verdict::{Counts, Finding, FindingKind};

/// How well something in a bundle is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Its record is in a checkpoint whose chain goes back to the beginning, and it is what its record says.
    Proved,
    /// The same, but the chain goes back only to the first good checkpoint after a hole.
    Relative,
    /// It was recovered, and no good checkpoint names it.
    Unproved,
    /// Its beginning was recovered, and no good checkpoint names it.
    Partial,
    /// Its record is there, its content is lost.
    Lost,
    /// It is not what its record says, or what names it is not to be trusted.
    Refuted,
}

/// Hears of what is in a bundle while it is read.
pub trait Listener {
    /// An entry begins. It is worth nothing yet.
    fn begin(&mut self, _head: &Head) {}
    /// The next bytes of it.
    fn content(&mut self, _bytes: &[u8]) {}
    /// It ended, or broke off where `whole` is false. It is worth nothing yet.
    fn end(&mut self, _head: &Head, _whole: bool) {}
    /// A record was judged together with its entry, if it has one.
    fn item(&mut self, _item: &Item, _standing: Standing) {}
    /// An entry of the format itself was judged.
    fn own(&mut self, _name: &str, _standing: Standing) {}
    /// An entry without a record was judged: [`Standing::Unproved`], [`Standing::Partial`] or
    /// [`Standing::Refuted`].
    fn stray(&mut self, _name: &str, _standing: Standing) {}
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Listener for Silent {}

/// What an examination found.
#[derive(Debug, Default)]
pub(super) struct Examined {
    pub(super) findings: Vec<Finding>,
    pub(super) findings_left_out: u64,
    pub(super) counts: Counts,
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
    limits: &'a Limits,
    listener: &'a mut dyn Listener,
    out: Examined,
    chain: Chain,
    /// Entries that wait for the checkpoint that names them.
    waiting: BTreeMap<String, Body>,
    /// Entries that did not end well.
    torn: BTreeMap<String, Standing>,
    /// The entry that is read now.
    class: Class,
    /// Content of the entry that is read now, where it is needed whole.
    text: Vec<u8>,
    text_limit: usize,
    pad_is_zero: bool,
    /// Whether bytes were lost since the last good checkpoint, and ever.
    damaged: bool,
    ever_damaged: bool,
    /// What `records/N.sha256` must be, from the records of `N`.
    sums: Option<(u64, Digest)>,
    pads: u64,
    sums_read: u64,
    entries: u64,
    /// Items recorded, and digests of the entries that the manifest names.
    items: u64,
    all_outcomes: BTreeMap<String, u64>,
    own: BTreeMap<String, Digest>,
}

/// What an entry is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
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

impl Class {
    fn of(name: &str) -> Self {
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

    fn text_limit(self, limits: &Limits) -> usize {
        match self {
            Self::Opening | Self::Manifest => limits.document,
            Self::Records => limits.records,
            Self::Signature => MAX_SIGNATURE,
            _ => 0,
        }
    }
}

impl Visitor for Examiner<'_> {
    fn begin(&mut self, head: &Head) {
        self.class = Class::of(&head.name);
        self.text.clear();
        self.text_limit = self.class.text_limit(self.limits);
        self.pad_is_zero = true;
        self.listener.begin(head);
    }

    fn content(&mut self, bytes: &[u8]) {
        if self.text_limit > 0 {
            // One byte past the limit is kept, to tell that it was passed.
            let room = self.text_limit.saturating_add(1).saturating_sub(self.text.len());
            self.text.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        }
        if self.class == Class::Pad {
            self.pad_is_zero &= bytes.iter().all(|byte| *byte == 0);
        }
        self.listener.content(bytes);
    }

    fn end(&mut self, head: &Head, body: &Body) {
        self.listener.end(head, true);
        let index = self.entries;
        self.entries = self.entries.saturating_add(1);
        let name = head.name.as_str();
        if self.class == Class::Evidence {
            self.wait(name, body.clone());
            return;
        }
        if self.text.len() > self.text_limit && self.text_limit > 0 {
            self.tampering(name, format!("is larger than {} bytes", self.text_limit));
            self.listener.own(name, Standing::Refuted);
            return;
        }
        let text = std::mem::take(&mut self.text);
        let judged = match self.class {
            Class::Records if self.is_foreign(head, &text) => Ok(Standing::Refuted),
            Class::Opening => self.opening(index, head, &text, body),
            Class::Records => self.records(name, &text, body),
            Class::Sums => self.sums(name, body),
            Class::Pad => self.pad(name),
            Class::Readme | Class::Log => self.named_by_manifest(name, body),
            Class::Manifest => self.manifest(index, &text),
            Class::Signature => self.signature(&text),
            Class::Evidence => Ok(Standing::Unproved),
        };
        self.text = text;
        self.own_judged(name, judged);
    }

    fn broken(&mut self, head: &Head, _body: &Body, why: &Fault) {
        self.listener.end(head, false);
        let lost = matches!(why, Fault::Hole { .. } | Fault::Cut { .. });
        if !lost && !head.after_hole {
            self.tampering(&head.name, why.to_string());
        }
        // What was found behind a hole and does not hold was no entry.
        let standing = if lost { Standing::Partial } else { Standing::Refuted };
        if self.class == Class::Evidence {
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
    pub(super) fn new(limits: &'a Limits, listener: &'a mut dyn Listener) -> Self {
        Self {
            limits,
            listener,
            out: Examined::default(),
            chain: Chain::default(),
            waiting: BTreeMap::new(),
            torn: BTreeMap::new(),
            class: Class::Evidence,
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

    /// Draws what can only be known at the end.
    pub(super) fn conclude(mut self, walk: &Walk) -> Examined {
        self.out.sealed = matches!(walk.end, End::Sealed);
        match &walk.end {
            End::Fault(fault) => self.tampering("archive", fault.to_string()),
            End::Sealed if self.out.manifest.is_none() && !self.ever_damaged => {
                self.tampering("manifest.json", "is missing".into());
            }
            End::Sealed if !self.ever_damaged && !walk.directory_agrees && walk.faults.is_empty() => {
                self.tampering("directory", "was not held against the entries".into());
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

    fn opening(&mut self, index: u64, head: &Head, text: &[u8], body: &Body) -> Result<Standing, String> {
        if index != 0 || head.offset != 0 {
            return Err("does not stand first".into());
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

    fn named_by_manifest(&mut self, name: &str, body: &Body) -> Result<Standing, String> {
        if name == "README.txt"
            && let Some(said) = self.out.opening.as_ref().and_then(|opening| opening.readme_sha256)
            && said != body.sha256
        {
            return Err("is not what veldkit.json says".into());
        }
        self.own.insert(name.to_owned(), body.sha256);
        Ok(self.trusted())
    }

    fn records(&mut self, name: &str, text: &[u8], body: &Body) -> Result<Standing, String> {
        let mut lines = text.split_inclusive(|byte| *byte == b'\n');
        let header: CheckpointHeader = serde_json::from_slice(lines.next().unwrap_or_default())
            .map_err(|error| format!("does not begin with a checkpoint: {error}"))?;
        let fits = self.chain.add(name, &header, body.sha256, self.damaged);
        let mut sums = Sums::of(header.checkpoint, &body.sha256);
        let (mut count, mut unread) = (0_u64, None);
        for line in lines {
            count = count.saturating_add(1);
            if count > self.limits.checkpoint {
                unread = Some(format!("holds more than {} records", self.limits.checkpoint));
                break;
            }
            match serde_json::from_slice::<Item>(line) {
                Ok(item) => {
                    sums.add(&item);
                    self.item(&item);
                }
                Err(error) => {
                    unread = Some(format!("cannot be read in line {}: {error}", count.saturating_add(1)));
                    break;
                }
            }
        }
        self.sums = Some((header.checkpoint, sums.digest()));
        self.damaged = false;
        self.out.checkpoints = self.out.checkpoints.saturating_add(1);
        fits?;
        match unread {
            Some(what) => Err(what),
            None if count != header.items => Err(format!("says {} records and holds {count}", header.items)),
            None => Ok(self.trusted()),
        }
    }

    /// Judges a record together with the entry it names.
    fn item(&mut self, item: &Item) {
        self.items = self.items.saturating_add(1);
        count(&mut self.all_outcomes, item.outcome.word());
        if let Err(what) = self.chain.item(item) {
            self.tampering("records", what);
        }
        let trusted = self.trusted();
        let standing = match (&item.entry, &item.content) {
            (None, None) => trusted,
            (None, Some(_)) => {
                self.tampering(&item.origin.to_string(), "has content and no entry".into());
                Standing::Refuted
            }
            (Some(entry), content) => match self.waiting.remove(entry) {
                Some(found) => {
                    let right = match content {
                        Some(said) => found.sha256 == said.sha256_stored && found.size == said.size_stored,
                        None => found.size == 0,
                    };
                    if right {
                        trusted
                    } else {
                        self.tampering(entry, "is not what its record says".into());
                        Standing::Refuted
                    }
                }
                None if self.torn.contains_key(entry) => self.torn.remove(entry).unwrap_or(Standing::Refuted),
                None if self.ever_damaged => Standing::Lost,
                None => {
                    self.tampering(entry, "is recorded and not there".into());
                    Standing::Refuted
                }
            },
        };
        let counts = &mut self.out.counts;
        let counter = match standing {
            Standing::Proved => &mut counts.proved,
            Standing::Relative => &mut counts.relative,
            Standing::Lost => &mut counts.lost,
            // Counted when it broke off.
            Standing::Partial => &mut 0,
            _ => &mut counts.refuted,
        };
        *counter = counter.saturating_add(1);
        if matches!(standing, Standing::Proved | Standing::Relative) {
            count(&mut self.out.outcomes, item.outcome.word());
            if !item.hits.is_empty() {
                self.out.items_with_hits = self.out.items_with_hits.saturating_add(1);
            }
        }
        self.listener.item(item, standing);
    }

    /// Judges the entries that no record names: all had to be named in what was sealed (`due`).
    fn strays(&mut self, due: bool) {
        for name in std::mem::take(&mut self.waiting).into_keys() {
            if due && !self.ever_damaged {
                self.tampering(&name, "is named by no record".into());
                self.out.counts.refuted = self.out.counts.refuted.saturating_add(1);
                self.listener.stray(&name, Standing::Refuted);
            } else {
                self.out.counts.unproved = self.out.counts.unproved.saturating_add(1);
                self.listener.stray(&name, Standing::Unproved);
            }
        }
    }

    fn wait(&mut self, name: &str, body: Body) {
        if self.waiting.len() >= self.limits.unnamed && self.ever_damaged {
            // The records that name those before it are lost.
            self.strays(false);
        }
        if self.waiting.len() >= self.limits.unnamed {
            let most = self.limits.unnamed;
            self.tampering(name, format!("follows {most} entries that no record names"));
            self.listener.stray(name, Standing::Refuted);
        } else {
            // Behind a hole the later of two has the name: what stands inside a file comes before what follows it.
            self.waiting.insert(name.to_owned(), body);
        }
    }

    fn sums(&mut self, name: &str, body: &Body) -> Result<Standing, String> {
        self.sums_read = self.sums_read.saturating_add(1);
        match self.sums.take() {
            Some((number, digest)) if name == sums_name(number) && digest == body.sha256 => {
                Ok(self.trusted())
            }
            None if self.damaged || self.ever_damaged => Ok(Standing::Unproved),
            Some(_) => Err("does not say what the records beside it say".into()),
            None => Err("belongs to no checkpoint".into()),
        }
    }

    fn pad(&mut self, name: &str) -> Result<Standing, String> {
        self.pads = self.pads.saturating_add(1);
        if !self.pad_is_zero {
            return Err("holds more than padding".into());
        }
        if name == pad_name(self.chain.number) || self.ever_damaged {
            Ok(self.trusted())
        } else {
            Err("belongs to no checkpoint".into())
        }
    }

    fn manifest(&mut self, index: u64, text: &[u8]) -> Result<Standing, String> {
        let manifest: Manifest =
            serde_json::from_slice(text).map_err(|error| format!("cannot be read: {error}"))?;
        if !self.ever_damaged && manifest.entries_before != index {
            self.tampering(
                "manifest.json",
                format!("counts {} entries before it; there are {index}", manifest.entries_before),
            );
        }
        self.out.manifest_text = Some(text.to_vec());
        self.out.manifest = Some(manifest);
        Ok(self.trusted())
    }

    fn signature(&mut self, text: &[u8]) -> Result<Standing, String> {
        let text = str::from_utf8(text).map_err(|_| "is not text".to_owned())?;
        if self.out.manifest.is_none() && !self.ever_damaged {
            return Err("does not follow the manifest".into());
        }
        self.out.signature = Some(text.to_owned());
        Ok(self.trusted())
    }

    /// Holds what the manifest says against what was read. After damage some of it cannot be known.
    fn hold_against_manifest(&mut self) {
        let Some(manifest) = self.out.manifest.take() else { return };
        let mut wrong = Vec::new();
        if let Some(opening) = &self.out.opening
            && (manifest.bundle_id != opening.bundle_id || manifest.format != opening.format)
        {
            wrong.push("is that of another bundle".to_owned());
        }
        for (name, said) in &manifest.entries {
            match self.own.get(name) {
                Some(digest) if digest == said => {}
                Some(_) => wrong.push(format!("says another digest of {}", Printable(name))),
                None if self.ever_damaged => {}
                None => wrong.push(format!("names {}, which is not there", Printable(name))),
            }
        }
        for name in self.own.keys().filter(|name| !manifest.entries.contains_key(*name)) {
            wrong.push(format!("does not name {}", Printable(name)));
        }
        let read = (self.chain.number, self.chain.last);
        if !self.damaged && read != (manifest.chain.checkpoints, manifest.chain.last) {
            wrong.push(format!(
                "says that the chain ends with checkpoint {}; what was read ends with {} or differs in it",
                manifest.chain.checkpoints, self.chain.number
            ));
        }
        if !self.ever_damaged {
            if manifest.items.all != self.items || manifest.items.outcomes != self.all_outcomes {
                wrong.push("counts other items than the records".to_owned());
            }
            if [self.pads, self.sums_read] != [self.out.checkpoints; 2] {
                wrong.push("is sealed over a checkpoint without its sums or pad".to_owned());
            }
        }
        for what in wrong {
            self.tampering("manifest.json", what);
        }
        self.out.manifest = Some(manifest);
    }

    fn own_judged(&mut self, name: &str, judged: Result<Standing, String>) {
        let standing = match judged {
            Err(what) => {
                self.tampering(name, what);
                Standing::Refuted
            }
            Ok(standing) => standing,
        };
        self.listener.own(name, standing);
    }

    /// How far what the current checkpoint says can be trusted.
    fn trusted(&self) -> Standing {
        match self.chain.reach {
            Reach::Beginning => Standing::Proved,
            Reach::Relative => Standing::Relative,
            Reach::Nothing => Standing::Refuted,
        }
    }

    /// Whether what looks like a checkpoint behind a hole stands inside somebody's file: this bundle's own name its
    /// opening.
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
            self.out.findings.push(Finding { kind, on, what });
        } else {
            self.out.findings_left_out = self.out.findings_left_out.saturating_add(1);
        }
    }
}

/// The digest that `records/N.sha256` must have.
struct Sums(sha2::Sha256);

impl Sums {
    fn of(number: u64, records: &Digest) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::new_with_prefix(format!("{records}  {}\n", records_name(number))))
    }

    fn add(&mut self, item: &Item) {
        use sha2::Digest as _;
        if let Some(line) = sum_line(item) {
            self.0.update(line.as_bytes());
        }
    }

    fn digest(self) -> Digest {
        use sha2::Digest as _;
        Digest::from_bytes(self.0.finalize().into())
    }
}

fn count(counts: &mut BTreeMap<String, u64>, word: &str) {
    match counts.get_mut(word) {
        Some(number) => *number = number.saturating_add(1),
        None => {
            counts.insert(word.to_owned(), 1);
        }
    }
}
