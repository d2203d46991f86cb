//! `manifest.json`: the closing account. It has counts, limits, and the digests that no record has, so that every
//! entry of a bundle is covered by the chain or the signature.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::opening::Opening;
use crate::evidence::{Digest, Item, Outcome, ScanCounts, Utc};

/// Maximum number of rules, and of artifacts, that are counted by name; others are counted together under [`OTHERS`].
/// All public rule sets together have about 20,000 rules.
pub const NAMES_COUNTED: usize = 20_000;
/// The name under which the others are counted.
pub const OTHERS: &str = "(others)";

/// What the caller adds when a run ends.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Closing {
    /// End of the run.
    pub ended: Option<Utc>,
    /// Why not everything was done, for example `interrupted by the operator`; absent where everything was.
    pub incomplete: Option<String>,
    /// Limits that were reached, for example `time-limit 600 s`.
    pub limits_reached: Vec<String>,
    /// Every mount, visited or skipped with the reason.
    pub mounts: Value,
    /// Artifacts that were excluded on purpose.
    pub excluded: Value,
    /// Rule files that did not compile, with the reason.
    pub rule_files_failed: Value,
    /// Rules that were disabled for slowness, with the item.
    pub rules_set_aside: Value,
    /// Counts of the files that sweeps scanned but did not collect.
    pub sweep: Value,
    /// Indicator lists that could not be read to their end, with the reason.
    pub indicator_lists_failed: Value,
    /// Other figures of the run: bytes read, seconds, peak memory.
    pub figures: Value,
}

/// The content of `manifest.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// Format version, as in `veldkit.json`.
    pub format: u32,
    /// Bundle id, as in `veldkit.json`.
    pub bundle_id: String,
    /// Id of the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Name of the host.
    pub host_name: String,
    /// Start of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Utc>,
    /// End of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Utc>,
    /// Whether everything was done.
    pub complete: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
    /// The chain of checkpoints.
    pub chain: ChainEnd,
    /// Digests of the entries without a record: `veldkit.json`, `README.txt`, `log/custody.jsonl`.
    pub entries: BTreeMap<String, Digest>,
    /// Number of entries before this one.
    pub entries_before: u64,
    /// Counts of all items.
    pub items: Counts,
    /// Number of items that make the run partial (exit code 3).
    pub partial: u64,
    /// Counts per artifact.
    pub artifacts: BTreeMap<String, Counts>,
    /// Counts of items by scan result; they add up to all items.
    pub scan: ScanCounts,
    /// Number of items that at least one rule or indicator matched.
    pub items_with_hits: u64,
    /// Number of items per rule or indicator that matched them.
    pub hits: BTreeMap<String, u64>,
    /// Limits that were reached.
    pub limits_reached: Vec<String>,
    /// Every mount, visited or skipped with the reason.
    pub mounts: Value,
    /// Artifacts that were excluded on purpose.
    pub excluded: Value,
    /// Rule files that did not compile, with the reason.
    pub rule_files_failed: Value,
    /// Rules that were disabled for slowness, with the item.
    pub rules_set_aside: Value,
    /// Counts of the files that sweeps scanned but did not collect.
    pub sweep: Value,
    /// Indicator lists that could not be read to their end, with the reason.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub indicator_lists_failed: Value,
    /// Other figures of the run.
    pub figures: Value,
}

/// The end of the chain of checkpoints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEnd {
    /// Number of checkpoints.
    pub checkpoints: u64,
    /// SHA-256 of the last `records/N.jsonl`; of `veldkit.json` where there is none.
    pub last: Option<Digest>,
}

/// Number of items by outcome, and the bytes stored of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Number of items.
    pub all: u64,
    /// Number per outcome; an outcome that never occurred is absent.
    pub outcomes: BTreeMap<String, u64>,
    /// Bytes stored, before compression.
    pub bytes: u64,
}

impl Counts {
    /// Returns the number of items with an outcome.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(outcome.word()).copied().unwrap_or_default()
    }

    fn add(&mut self, item: &Item) {
        self.all = self.all.saturating_add(1);
        count(&mut self.outcomes, item.outcome.word());
        let stored = item.content.as_ref().map_or(0, |content| content.size_stored);
        self.bytes = self.bytes.saturating_add(stored);
    }
}

impl Manifest {
    /// Starts the account from the opening.
    pub(super) fn begin(opening: &Opening) -> Self {
        Self {
            format: opening.format,
            bundle_id: opening.bundle_id.clone(),
            case: opening.case.clone(),
            host_name: opening.host_name.clone(),
            started: opening.started,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, item: &Item) {
        self.items.add(item);
        self.scan.add(item);
        if item.makes_partial() {
            self.partial = self.partial.saturating_add(1);
        }
        let artifact = counted_as(&self.artifacts, &item.artifact);
        match self.artifacts.get_mut(artifact) {
            Some(counts) => counts.add(item),
            None => self.artifacts.entry(artifact.to_owned()).or_default().add(item),
        }
        if !item.hits.is_empty() {
            self.items_with_hits = self.items_with_hits.saturating_add(1);
            for hit in &item.hits {
                let rule = counted_as(&self.hits, &hit.rule);
                count(&mut self.hits, rule);
            }
        }
    }

    /// Adds a reason why not everything was done.
    pub(super) fn fall_short(&mut self, why: String) {
        self.complete = false;
        self.incomplete = Some(match self.incomplete.take() {
            Some(before) => format!("{before}; {why}"),
            None => why,
        });
    }

    pub(super) fn close(&mut self, closing: Closing) {
        self.ended = closing.ended;
        self.complete = closing.incomplete.is_none();
        self.incomplete = closing.incomplete;
        self.limits_reached = closing.limits_reached;
        self.mounts = closing.mounts;
        self.excluded = closing.excluded;
        self.rule_files_failed = closing.rule_files_failed;
        self.rules_set_aside = closing.rules_set_aside;
        self.sweep = closing.sweep;
        self.indicator_lists_failed = closing.indicator_lists_failed;
        self.figures = closing.figures;
    }
}

fn counted_as<'a, T>(counts: &BTreeMap<String, T>, name: &'a str) -> &'a str {
    if counts.len() < NAMES_COUNTED || counts.contains_key(name) { name } else { OTHERS }
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(number) => *number = number.saturating_add(1),
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}
