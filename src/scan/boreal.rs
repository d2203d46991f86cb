//! The default engine: boreal, in pure Rust.
//!
//! All files go into one compiler, each in its own namespace, so that a scan is one pass. A file that fails after
//! some of its rules were added would leave those behind; then everything is compiled anew without it, once, since
//! namespaces do not see each other and so no further file can fail by its absence.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use boreal::compiler::{Compiler, CompilerBuilder, CompilerParams};
use boreal::memory::{FragmentedMemory, MemoryParams, Region, RegionDescription};
use boreal::module::Console;
use boreal::scanner::{
    CallbackEvents, EvaluatedRule, FragmentedScanMode, ScanCallbackResult, ScanError, ScanEvent, ScanParams,
    ScanResult,
};
use boreal::{Metadata, MetadataValue};

use super::engine::{Engine, Failures, Regions, RuleId, Scan, ScanGap};
use super::{Facts, MATCHES_PER_HIT, MATCHES_PER_STRING, RuleFacts, meta_value};
use crate::evidence::{Cause, Hit, Match};
use crate::sys::Stopwatch;

pub(super) struct Boreal {
    scanner: boreal::Scanner,
}

impl Boreal {
    /// Compiles texts, each in the namespace of its name.
    pub(super) fn compile(files: &[(String, String)]) -> (Self, Failures) {
        let (mut compiler, failures) = add(files, &[]);
        if !failures.is_empty() {
            (compiler, _) = add(files, &failures);
        }
        (Self { scanner: compiler.finalize() }, failures)
    }
}

/// Adds the files to a fresh compiler, but for those that failed before.
fn add(files: &[(String, String)], without: &[(String, String)]) -> (Compiler, Failures) {
    // What rules print to a console is nobody's here; without the module, rules that print could not be used at all.
    let mut compiler = CompilerBuilder::new().add_module(Console::with_callback(|_| {})).build();
    compiler.set_params(CompilerParams::default().disable_includes(true));
    for (name, _) in Facts::default().variables() {
        compiler.define_symbol(name, "");
    }
    let mut failures = Vec::new();
    for (name, text) in files {
        if without.iter().any(|(failed, _)| failed == name) {
            continue;
        }
        // A text that makes the compiler itself fall costs only itself, too: what it left half done is compiled anew.
        let added = catch_unwind(AssertUnwindSafe(|| {
            compiler.add_rules_str_in_namespace(text, name).map(drop).map_err(|error| error.to_string())
        }));
        if let Err(reason) = added.unwrap_or_else(|_| Err("the rule compiler itself failed on it".to_owned()))
        {
            // boreal calls a text without a file "mem", before line and column.
            let reason = reason.trim().strip_prefix("mem:").unwrap_or(reason.trim()).to_owned();
            failures.push((name.clone(), reason));
        }
    }
    (compiler, failures)
}

impl Engine for Boreal {
    fn scan(&self, content: &[u8], facts: &Facts<'_>, limit: Duration) -> Scan {
        let scanner = self.with(facts, params(limit));
        self.scan_of(outcome(scanner.scan_mem(content), limit))
    }

    fn scan_thoroughly(&self, content: &[u8], facts: &Facts<'_>, limit: Duration) -> Option<Scan> {
        let scanner = self.with(facts, params(limit).compute_full_matches(true));
        Some(self.scan_of(outcome(scanner.scan_mem(content), limit)))
    }

    fn scan_regions(&self, regions: Box<dyn Regions>, facts: &Facts<'_>, limit: Duration) -> Scan {
        // Each region is read once; conditions that ask for bytes at an offset have no answer.
        let params = params(limit)
            .compute_full_matches(true)
            .process_memory(true)
            .fragmented_scan_mode(FragmentedScanMode::single_pass());
        let scanner = self.with(facts, params);
        self.scan_of(outcome(scanner.scan_fragmented(Fragments(regions)), limit))
    }

    fn slow_condition(
        &self,
        content: &[u8],
        facts: &Facts<'_>,
        limit: Duration,
        most: Duration,
        done: &AtomicUsize,
    ) -> Option<usize> {
        // An event a rule comes when its condition was evaluated, in the order in which rules are listed; the first one
        // comes after the strings of all rules were looked for, and tells nothing. Private rules come without.
        let events = CallbackEvents::RULE_MATCH | CallbackEvents::RULE_NO_MATCH;
        let scanner = self.with(facts, params(most).include_not_matched_rules(true).callback_events(events));
        let (mut lap, mut slow) = (None::<Stopwatch>, None);
        let result = scanner.scan_mem_with_callback(content, |event| {
            if matches!(event, ScanEvent::RuleMatch(_) | ScanEvent::RuleNoMatch(_)) {
                if lap.is_some_and(|lap| lap.elapsed() >= limit) {
                    slow = Some(done.load(Ordering::Relaxed));
                    return ScanCallbackResult::Abort;
                }
                lap = Some(Stopwatch::start());
                done.fetch_add(1, Ordering::Relaxed);
            }
            ScanCallbackResult::Continue
        });
        // Where time ran out, the one at work is the next.
        let at = done.load(Ordering::Relaxed);
        slow.or_else(|| matches!(result, Err(ScanError::Timeout)).then_some(at).filter(|at| *at > 0))
    }

    fn numbered(&self, number: usize) -> Vec<RuleId> {
        let order: Vec<_> =
            self.scanner.rules().map(|rule| (rule.namespace, rule.name, rule.is_private)).collect();
        let shown: Vec<usize> =
            order.iter().enumerate().filter(|(_, rule)| !rule.2).map(|(index, _)| index).collect();
        // It was one of those listed after the last that was done with: private ones, and the one that shows.
        let from = number
            .checked_sub(1)
            .and_then(|before| shown.get(before))
            .map_or(0, |index| index.saturating_add(1));
        let to = shown.get(number).map_or(order.len(), |index| index.saturating_add(1));
        let between = order.get(from..to).unwrap_or_default().iter();
        between
            .map(|(source, rule, _)| RuleId { source: (*source).to_owned(), rule: (*rule).to_owned() })
            .collect()
    }

    fn namespaces(&self) -> Vec<String> {
        self.scanner.rules().map(|rule| rule.namespace.to_owned()).collect()
    }

    fn rules(&self) -> Vec<RuleFacts> {
        let shown = self.scanner.rules().filter(|rule| !rule.is_private);
        let facts = shown.map(|rule| RuleFacts {
            rule: rule.name.to_owned(),
            source: rule.namespace.to_owned(),
            tags: rule.tags.iter().map(|tag| self.scanner.get_string_symbol(*tag).to_owned()).collect(),
            meta: rule.metadatas.iter().map(|meta| self.meta(meta)).collect(),
        });
        facts.collect()
    }
}

fn params(limit: Duration) -> ScanParams {
    ScanParams::default().timeout_duration(Some(limit)).match_max_length(0)
}

fn outcome<'s>(
    result: Result<ScanResult<'s>, (ScanError, ScanResult<'s>)>,
    limit: Duration,
) -> (ScanResult<'s>, Option<ScanGap>) {
    match result {
        Ok(found) => (found, None),
        Err((ScanError::Timeout, found)) => (found, Some(ScanGap::timeout(limit))),
        Err((error, found)) => (found, Some(ScanGap::new(Cause::Error, error.to_string()))),
    }
}

/// Regions as boreal asks for them.
#[derive(Debug)]
struct Fragments(Box<dyn Regions>);

impl FragmentedMemory for Fragments {
    fn next(&mut self, _params: &MemoryParams) -> Option<RegionDescription> {
        if !self.0.advance() {
            return None;
        }
        let (start, bytes) = self.0.region();
        Some(RegionDescription { start: usize::try_from(start).unwrap_or(usize::MAX), length: bytes.len() })
    }

    fn fetch(&mut self, _params: &MemoryParams) -> Option<Region<'_>> {
        let (start, mem) = self.0.region();
        Some(Region { start: usize::try_from(start).unwrap_or(usize::MAX), mem })
    }

    /// Never asked for where regions are read once.
    fn reset(&mut self) {}
}

impl Boreal {
    /// A scanner with an item's facts: cloning copies the variables and shares the rules.
    fn with(&self, facts: &Facts<'_>, params: ScanParams) -> boreal::Scanner {
        let mut scanner = self.scanner.clone();
        for (name, value) in facts.variables() {
            // Fails only for a name or type that was not defined at compilation, where all five are.
            drop(scanner.define_symbol(name, value));
        }
        scanner.set_scan_params(params);
        scanner
    }

    fn scan_of(&self, (found, gap): (ScanResult<'_>, Option<ScanGap>)) -> Scan {
        Scan { hits: found.rules.iter().map(|rule| self.hit(rule)).collect(), gap, unseen: false }
    }

    fn hit(&self, rule: &EvaluatedRule<'_>) -> Hit {
        let matches = rule.matches.iter().flat_map(|string| {
            string.matches.iter().take(MATCHES_PER_STRING).map(|found| Match {
                string: format!("${}", string.name),
                offset: u64::try_from(found.offset).unwrap_or(u64::MAX),
                length: u64::try_from(found.length).unwrap_or(u64::MAX),
            })
        });
        Hit {
            tags: rule.tags.iter().map(|tag| self.scanner.get_string_symbol(*tag).to_owned()).collect(),
            meta: rule.metadatas.iter().map(|meta| self.meta(meta)).collect(),
            matches: matches.take(MATCHES_PER_HIT).collect(),
            ..Hit::rule(rule.name, rule.namespace)
        }
    }

    fn meta(&self, meta: &Metadata) -> (String, String) {
        let value = match meta.value {
            MetadataValue::Bytes(symbol) => {
                meta_value(&String::from_utf8_lossy(self.scanner.get_bytes_symbol(symbol)))
            }
            MetadataValue::Integer(number) => number.to_string(),
            MetadataValue::Boolean(truth) => truth.to_string(),
        };
        (self.scanner.get_string_symbol(meta.name).to_owned(), value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_whose_time_is_over_has_its_reason() {
        let text = "rule slow { condition: for all i in (0..1000000000) : (uint8(i % 4) == 97) }";
        let (engine, failures) = Boreal::compile(&[("slow.yar".to_owned(), text.to_owned())]);
        assert!(failures.is_empty(), "{failures:?}");
        let limit = Duration::from_millis(50);
        let gap = engine.scan(b"aaaa", &Facts::default(), limit).gap.unwrap();
        assert_eq!(
            (gap.cause, gap.detail.as_str()),
            (Cause::Time, "the rules took longer than 0.05 s on it")
        );
    }
}
