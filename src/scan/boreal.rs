//! The default engine: boreal, in pure Rust.
//!
//! All files go into one compiler, each in its own namespace, so that a scan is one pass. A file that fails after
//! some of its rules were added would leave those behind; then everything is compiled anew without it, once, since
//! namespaces do not see each other and so no further file can fail by its absence.

use std::panic::{AssertUnwindSafe, catch_unwind};

use boreal::compiler::{Compiler, CompilerBuilder, CompilerParams};
use boreal::module::Console;
use boreal::scanner::{EvaluatedRule, ScanError, ScanParams, ScanResult};
use boreal::{Metadata, MetadataValue};

use super::{Engine, Facts, MATCHES_PER_HIT, MATCHES_PER_STRING, RuleFacts, Scan, TIMEOUT, meta_value};
use crate::evidence::{Hit, Match};

pub(super) struct Boreal {
    scanner: boreal::Scanner,
    /// For items on which something fired: finds every match of the rules' strings.
    thorough: ScanParams,
}

/// Files that could not be used: name and reason.
pub(super) type Failures = Vec<(String, String)>;

impl Boreal {
    /// Compiles texts, each in the namespace of its name.
    pub(super) fn compile(files: &[(String, String)]) -> (Self, Failures) {
        let (mut compiler, failures) = add(files, &[]);
        if !failures.is_empty() {
            (compiler, _) = add(files, &failures);
        }
        let mut scanner = compiler.finalize();
        let params = ScanParams::default().timeout_duration(Some(TIMEOUT)).match_max_length(0);
        let thorough = params.clone().compute_full_matches(true);
        scanner.set_scan_params(params);
        (Self { scanner, thorough }, failures)
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
    fn scan(&self, content: &[u8], facts: &Facts<'_>) -> Scan {
        // Cloning copies the variables and shares the rules.
        let mut scanner = self.scanner.clone();
        for (name, value) in facts.variables() {
            // Fails only for a name or type that was not defined at compilation, where all five are.
            drop(scanner.define_symbol(name, value));
        }
        let (found, gap) = outcome(scanner.scan_mem(content));
        if found.rules.is_empty() {
            return Scan { hits: Vec::new(), gap };
        }
        let first: Vec<Hit> = found.rules.iter().map(|rule| self.hit(rule)).collect();
        let mut again = scanner.clone();
        again.set_scan_params(self.thorough.clone());
        // Where the thorough scan runs out of time, what the first one found still stands.
        let hits = match again.scan_mem(content) {
            Ok(full) => full.rules.iter().map(|rule| self.hit(rule)).collect(),
            Err(_) => first,
        };
        Scan { hits, gap }
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

fn outcome<'s>(
    result: Result<ScanResult<'s>, (ScanError, ScanResult<'s>)>,
) -> (ScanResult<'s>, Option<String>) {
    match result {
        Ok(found) => (found, None),
        Err((ScanError::Timeout, found)) => {
            (found, Some(format!("the rules took longer than {} s on it", TIMEOUT.as_secs())))
        }
        Err((error, found)) => (found, Some(error.to_string())),
    }
}

impl Boreal {
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
