//! Compiled rules in use: shared by all threads, held against one item after another, without those that are too slow.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;

use super::compile::compile;
use super::engine::{Engine, Regions, RuleId, Scan, ScanGap};
use super::gate::Gate;
use super::rule_files::{ReadRules, read};
use super::rule_plan::{Compiled, compile_all};
use super::rule_truth::NeverMatches;
use super::scan_threads::{GRACE, Guard, Undone};
use super::slow::{SlowRuleSearch, without};
use super::{
    Bytes, EngineKind, Error, Facts, OwnedFacts, RuleFacts, RuleFile, RuleSource, SkippedFiles, rule_truth,
};
use crate::evidence::{Cause, Hit};
use crate::sys::Stopwatch;

/// The embedded rule that must fire at start, and what it fires on: in pieces, so that it does not fire on this program.
const SELF_TEST: (&str, [&str; 2]) =
    ("veldkit_self_test", ["veldkit self test:", "7d0f1c52 rules are alive"]);

/// How often a slow rule is looked for in one run: each search costs up to some minutes of one core.
const SEARCHES: usize = 8;

/// Slow rules looked for on one item: each costs the item's time once more.
const ROUNDS: usize = 3;

/// How long rules may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// All rules on one item: at 1 MB/s, a hundredth of the usual rate, the default is a whole buffer.
    pub item: Duration,
    /// One rule on one item, past which it is set aside for the rest of the run: the default is far from what an honest
    /// rule takes on a slow machine.
    pub rule: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self { item: Duration::from_secs(32), rule: Duration::from_secs(10) }
    }
}

/// A rule that was too slow, and is not used any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// The rule.
    pub rule: String,
    /// The rule file it stands in.
    pub source: String,
    /// The item on which it took too long.
    pub on: String,
    /// What one rule may take, in seconds.
    pub limit_seconds: u64,
}

/// Compiled rules, shared by all threads.
pub struct Scanner {
    engine: RwLock<Arc<dyn Engine>>,
    kind: EngineKind,
    files: Vec<RuleFile>,
    skipped: SkippedFiles,
    /// Texts of the files in use, for compiling them without a rule.
    texts: Vec<(String, String)>,
    limits: TimeLimits,
    /// How often a slow rule was looked for; held while one is.
    searches: Mutex<usize>,
    set_aside: RwLock<Vec<SetAside>>,
    pub(super) archives: Option<Gate>,
    guard: Guard,
}

impl Scanner {
    /// Compiles rule files, each alone, and lets the self-test rule fire. A file that cannot be used is listed in
    /// [`Self::rule_files`] with its reason.
    ///
    /// # Errors
    /// Where a named path cannot be listed, the engine cannot start, or the self-test does not fire.
    pub fn compile(sources: &[RuleSource], kind: EngineKind) -> Result<Self, Error> {
        let ReadRules { files, skipped } = read(sources)?;
        let Compiled { engine, mut files, texts } = compile_all(&files, kind)?;
        let mut rules = BTreeMap::<String, usize>::new();
        for namespace in engine.namespaces() {
            let count = rules.entry(namespace).or_default();
            *count = count.saturating_add(1);
        }
        for file in &mut files {
            file.rules = rules.get(&file.name).copied().unwrap_or(0);
        }
        let scanner = Self {
            engine: RwLock::new(Arc::from(engine)),
            kind,
            files,
            skipped,
            texts,
            limits: TimeLimits::default(),
            searches: Mutex::default(),
            set_aside: RwLock::default(),
            archives: Some(Gate::default()),
            guard: Guard::default(),
        };
        let (rule, content) = SELF_TEST;
        let fired = scanner.scan(content.join(" ").into_bytes(), &Facts::default()).hits;
        if fired.iter().any(|hit| hit.rule == rule) { Ok(scanner) } else { Err(Error::SelfTest) }
    }

    /// Sets how long rules may take.
    pub fn set_limits(&mut self, limits: TimeLimits) {
        self.limits = limits;
    }

    /// Leaves alone what is packed in archives.
    pub fn leave_archives_closed(&mut self) {
        self.archives = None;
    }

    /// Holds all rules against the content of an item. Hits of the self-test rule count as any other's.
    #[must_use]
    pub fn scan(&self, content: impl Into<Bytes>, facts: &Facts<'_>) -> Scan {
        self.scan_within(&content.into(), facts, self.limits.item)
    }

    /// The same, for no longer than `left`. A rule that takes longer than it may is set aside, and the others are asked
    /// again.
    pub(super) fn scan_within(&self, content: &Bytes, facts: &Facts<'_>, left: Duration) -> Scan {
        let facts = Arc::new(facts.owned());
        let mut engine = self.engine();
        let (mut scan, mut slow) = self.ask(&engine, content, &facts, left);
        for _ in 0..ROUNDS {
            if !slow {
                break;
            }
            let Some(rule) = self.set_aside_the_slow_one(&engine, content, &facts) else { break };
            engine = self.engine();
            (scan, slow) = self.ask(&engine, content, &facts, left);
            let detail = format!(
                "rule '{rule}' took longer than {} s on it and was set aside for the rest of the run",
                self.limits.rule.as_secs_f32()
            );
            scan.gap.get_or_insert(ScanGap::new(Cause::Rules, detail));
        }
        scan
    }

    /// Asks an engine, and says whether that took longer than one rule may. Where it does not come to its end, what
    /// fired until then still stands.
    fn ask(
        &self,
        engine: &Arc<dyn Engine>,
        content: &Bytes,
        facts: &Arc<OwnedFacts>,
        limit: Duration,
    ) -> (Scan, bool) {
        let watch = Stopwatch::start();
        let first = Arc::new(Mutex::new(Scan::default()));
        let (asked, bytes, facts, told) =
            (Arc::clone(engine), content.clone(), Arc::clone(facts), Arc::clone(&first));
        let scanned = self.guard.within(limit.saturating_add(GRACE), content, move || {
            let scan = asked.scan(&bytes, &facts.borrowed(), limit);
            if scan.hits.is_empty() {
                return scan;
            }
            // For items on which something fired: finds every match of the rules' strings.
            told.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&scan);
            let left = limit.saturating_sub(watch.elapsed());
            let again = asked.scan_thoroughly(&bytes, &facts.borrowed(), left);
            // Where the thorough scan runs out of time, what the first one found still stands.
            let again = again.filter(|again| again.gap.is_none());
            again.map_or_else(|| scan.clone(), |again| Scan { hits: again.hits, ..scan.clone() })
        });
        let slow = watch.elapsed() >= self.limits.rule;
        match scanned {
            Ok(scan) => (scan, slow),
            Err(undone) => {
                let first = std::mem::take(&mut *first.lock().unwrap_or_else(PoisonError::into_inner));
                (undone_scan(undone, limit, first.hits), slow && undone == Undone::Abandoned)
            }
        }
    }

    /// Holds all rules against the memory of a process, for no longer than about `limit`.
    #[must_use]
    pub fn scan_regions(&self, regions: Box<dyn Regions>, facts: &Facts<'_>, limit: Duration) -> Scan {
        let (engine, facts) = (self.engine(), facts.owned());
        let none = Bytes::from(Vec::new());
        let scanned = self.guard.apart(limit.saturating_add(GRACE), &none, move || {
            engine.scan_regions(regions, &facts.borrowed(), limit)
        });
        scanned.unwrap_or_else(|undone| undone_scan(undone, limit, Vec::new()))
    }

    /// The rule files, with those that could not be used.
    #[must_use]
    pub fn rule_files(&self) -> &[RuleFile] {
        &self.files
    }

    /// Files of named directories and archives that are no rule files.
    #[must_use]
    pub const fn skipped(&self) -> &SkippedFiles {
        &self.skipped
    }

    /// The rules in use, in the order of their files; private ones are left out, since they never show.
    #[must_use]
    pub fn rules(&self) -> Vec<RuleFacts> {
        self.engine().rules()
    }

    /// The rule files that could not be used.
    pub fn failed(&self) -> impl Iterator<Item = &RuleFile> {
        self.files.iter().filter(|file| file.failed.is_some())
    }

    /// The rules in use that can never match, by what their condition says. Parses all rule files once more.
    #[must_use]
    pub fn never_matching(&self) -> Vec<NeverMatches> {
        self.texts.iter().flat_map(|(name, text)| rule_truth::never(name, text)).collect()
    }

    /// The rules that were too slow so far.
    #[must_use]
    pub fn set_aside(&self) -> Vec<SetAside> {
        self.set_aside.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long all rules together may take on one item.
    pub(super) const fn item_limit(&self) -> Duration {
        self.limits.item
    }

    fn engine(&self) -> Arc<dyn Engine> {
        Arc::clone(&self.engine.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks for the rule that took too long, and compiles all others anew. Its name, if there is one; also where
    /// another thread has set one aside meanwhile. One thread looks at a time: others scan on with what there is.
    fn set_aside_the_slow_one(
        &self,
        engine: &Arc<dyn Engine>,
        content: &Bytes,
        facts: &Arc<OwnedFacts>,
    ) -> Option<String> {
        let mut searches = self.searches.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(engine, &self.engine()) {
            return self.set_aside().last().map(|aside| aside.rule.clone());
        }
        if *searches >= SEARCHES {
            return None;
        }
        *searches = searches.saturating_add(1);
        let mut set_aside = self.set_aside();
        let texts = self.texts_in_use(&set_aside);
        let limit = self.limits.rule;
        let search =
            SlowRuleSearch { kind: self.kind, texts: &texts, content, facts, limit, guard: &self.guard };
        let RuleId { source, rule } =
            catch_unwind(AssertUnwindSafe(|| search.find(engine))).unwrap_or_default()?;
        set_aside.push(SetAside {
            rule: rule.clone(),
            source,
            on: facts.borrowed().filepath.to_owned(),
            limit_seconds: limit.as_secs(),
        });
        let (engine, _) = compile(self.kind, &self.texts_in_use(&set_aside)).ok()?;
        *self.engine.write().unwrap_or_else(PoisonError::into_inner) = Arc::from(engine);
        *self.set_aside.write().unwrap_or_else(PoisonError::into_inner) = set_aside;
        Some(rule)
    }

    /// The texts of all files, without the rules set aside.
    fn texts_in_use(&self, aside: &[SetAside]) -> Vec<(String, String)> {
        let texts = self.texts.iter().map(|(name, text)| {
            let rules: Vec<&str> =
                aside.iter().filter(|aside| aside.source == *name).map(|aside| aside.rule.as_str()).collect();
            let text =
                if rules.is_empty() { text.clone() } else { without(text, &|rule| rules.contains(&rule)) };
            (name.clone(), text)
        });
        texts.collect()
    }
}

/// What is said of an item on which the rules did not come to their end.
fn undone_scan(undone: Undone, limit: Duration, hits: Vec<Hit>) -> Scan {
    let gap = match undone {
        Undone::Abandoned => ScanGap::timeout(limit),
        Undone::NotBegun => ScanGap::new(
            Cause::Time,
            "not scanned: rules that took too long on items before it are still at work on them",
        ),
        Undone::Failed => ScanGap::new(Cause::Error, "the rule engine failed on this item"),
    };
    Scan { hits, gap: Some(gap), unseen: undone == Undone::NotBegun }
}

impl std::fmt::Debug for Scanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scanner").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_in_which_rules_do_not_come_to_their_end_is_a_gap_with_its_reason() {
        for (undone, cause, detail, unseen) in [
            (Undone::Abandoned, Cause::Time, "the rules took longer than 2 s on it", false),
            (
                Undone::NotBegun,
                Cause::Time,
                "not scanned: rules that took too long on items before it are still at work on them",
                true,
            ),
            (Undone::Failed, Cause::Error, "the rule engine failed on this item", false),
        ] {
            let scan = undone_scan(undone, Duration::from_secs(2), Vec::new());
            let gap = scan.gap.unwrap();
            assert_eq!((gap.cause, gap.detail.as_str(), scan.unseen), (cause, detail, unseen));
        }
    }
}
