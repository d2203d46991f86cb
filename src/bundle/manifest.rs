//! `manifest.json`: the closing account. Counts, limits and the digests that no record holds, so that every entry
//! of a bundle is named by something that is chained or signed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::opening::Opening;
use crate::evidence::{Digest, Item, Outcome, ScanCounts, Utc};

/// Different rules, and different artifacts, that are counted by name; those past it are counted together under
/// [`OTHERS`]. A rule set of the size of all public ones together has some 20,000 rules.
pub const NAMES_COUNTED: usize = 20_000;
/// The name under which those past [`NAMES_COUNTED`] are counted.
pub const OTHERS: &str = "(others)";

/// What the caller adds when a run ends.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Closing {
    /// When the run ended.
    pub ended: Option<Utc>,
    /// Why it did not do all that was asked, for example `interrupted by the operator`; absent where it did.
    pub incomplete: Option<String>,
    /// The limits that were reached, for example `time-limit 600 s`.
    pub limits_reached: Vec<String>,
    /// Every mount, visited or skipped with the reason.
    pub mounts: Value,
    /// Artifacts left out on purpose.
    pub excluded: Value,
    /// Rule files that did not compile, with the reason.
    pub rule_files_failed: Value,
    /// Rules that were too slow and were set aside, with the item on which.
    pub rules_set_aside: Value,
    /// What sweeps looked at and did not take: counts.
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
    /// The case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Name of the host.
    pub host_name: String,
    /// When the run began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Utc>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Utc>,
    /// Whether all that was asked was done.
    pub complete: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
    /// The chain of checkpoints.
    pub chain: ChainEnd,
    /// Digests of the entries that no record names: `veldkit.json`, `README.txt`, `log/custody.jsonl`.
    pub entries: BTreeMap<String, Digest>,
    /// Number of entries before this one.
    pub entries_before: u64,
    /// Counts of all items.
    pub items: Counts,
    /// Items that make the run partial (exit code 3).
    pub partial: u64,
    /// Counts by artifact.
    pub artifacts: BTreeMap<String, Counts>,
    /// What became of the items as far as scanning goes; its numbers add up to all of them.
    pub scan: ScanCounts,
    /// Items that at least one rule or indicator fired on.
    pub items_with_hits: u64,
    /// How many items each rule or indicator fired on.
    pub hits: BTreeMap<String, u64>,
    /// The limits that were reached.
    pub limits_reached: Vec<String>,
    /// Every mount, visited or skipped with the reason.
    pub mounts: Value,
    /// Artifacts left out on purpose.
    pub excluded: Value,
    /// Rule files that did not compile, with the reason.
    pub rule_files_failed: Value,
    /// Rules that were too slow and were set aside, with the item on which.
    pub rules_set_aside: Value,
    /// What sweeps looked at and did not take: counts.
    pub sweep: Value,
    /// Indicator lists that could not be read to their end, with the reason.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub indicator_lists_failed: Value,
    /// Other figures of the run.
    pub figures: Value,
}

/// Where the chain of checkpoints ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEnd {
    /// Number of checkpoints.
    pub checkpoints: u64,
    /// SHA-256 of the last one's `records/N.jsonl`; of `veldkit.json` where there is none.
    pub last: Option<Digest>,
}

/// Items by outcome, and the bytes stored of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Number of items.
    pub all: u64,
    /// By outcome's word; an outcome that never occurred is left out.
    pub outcomes: BTreeMap<String, u64>,
    /// Bytes stored, before compression.
    pub bytes: u64,
}

impl Counts {
    /// How many items have an outcome.
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
    /// Starts the account with what the opening says.
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

    /// Notes that not all that was asked was done, in addition to what is noted already.
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
