//! The reference engine: YARA's own C library, behind the feature `libyara`.
//!
//! Not in the default build: it parses hostile files in C. It is here so that the two engines' hits can be held
//! against each other. Each file is first compiled by itself, since YARA's compiler cannot be used after an error.

use std::time::Duration;

use ::yara::{Compiler, Metadata, MetadataValue, Rule, Rules, YaraErrorKind};

use super::engine::{Engine, Failures, Regions, Scan, ScanGap};
use super::{Error, Facts, MATCHES_PER_HIT, MATCHES_PER_STRING, RuleFacts, meta_value};
use crate::evidence::{Cause, Hit, Match};

pub(super) struct Libyara {
    rules: Rules,
}

impl Libyara {
    /// Compiles texts, each in the namespace of its name.
    pub(super) fn compile(files: &[(String, String)]) -> Result<(Self, Failures), Error> {
        let mut all = fresh()?;
        let mut failures = Vec::new();
        for (name, text) in files {
            match fresh()?.add_rules_str_with_namespace(text, name) {
                Ok(_) => all = all.add_rules_str_with_namespace(text, name).map_err(failed)?,
                Err(error) => failures.push((name.clone(), reason(&error))),
            }
        }
        let rules = all.compile_rules().map_err(failed)?;
        Ok((Self { rules }, failures))
    }
}

fn fresh() -> Result<Compiler, Error> {
    let mut compiler = Compiler::new().map_err(failed)?;
    compiler.disable_include_directive();
    for (name, _) in Facts::default().variables() {
        compiler.define_variable(name, "").map_err(failed)?;
    }
    Ok(compiler)
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Engine(error.to_string())
}

fn reason(error: &::yara::Error) -> String {
    match error {
        ::yara::Error::Compile(errors) => {
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}

impl Engine for Libyara {
    fn scan(&self, content: &[u8], facts: &Facts<'_>, limit: Duration) -> Scan {
        let gap = |error: ::yara::errors::YaraError| match error.kind {
            YaraErrorKind::ScanTimeout => Some(ScanGap::timeout(limit)),
            _ => Some(ScanGap::new(Cause::Error, error.to_string())),
        };
        let mut scanner = match self.rules.scanner() {
            Ok(scanner) => scanner,
            Err(error) => return Scan { gap: gap(error), ..Scan::default() },
        };
        // libyara counts whole seconds, and takes 0 for no limit.
        scanner.set_timeout(i32::try_from(limit.as_secs().max(1)).unwrap_or(i32::MAX));
        for (name, value) in facts.variables() {
            if let Err(error) = scanner.define_variable(name, value) {
                return Scan { gap: gap(error), ..Scan::default() };
            }
        }
        match scanner.scan_mem(content) {
            Ok(rules) => Scan { hits: rules.iter().map(hit).collect(), ..Scan::default() },
            Err(error) => Scan { gap: gap(error), ..Scan::default() },
        }
    }

    /// Each region by itself: what a rule needs of several it does not find.
    fn scan_regions(&self, mut regions: Box<dyn Regions>, facts: &Facts<'_>, limit: Duration) -> Scan {
        let mut scan = Scan::default();
        while regions.advance() {
            let (start, bytes) = regions.region();
            let Scan { hits, gap, .. } = self.scan(bytes, facts, limit);
            for mut hit in hits {
                for found in &mut hit.matches {
                    found.offset = found.offset.saturating_add(start);
                }
                if scan.hits.iter().all(|other| (&other.source, &other.rule) != (&hit.source, &hit.rule)) {
                    scan.hits.push(hit);
                }
            }
            scan.gap = scan.gap.or(gap);
        }
        scan
    }

    fn namespaces(&self) -> Vec<String> {
        self.rules.get_rules().iter().map(|rule| rule.namespace.to_owned()).collect()
    }

    fn rules(&self) -> Vec<RuleFacts> {
        // The bindings do not tell which are private: those are among them here.
        let rules = self.rules.get_rules();
        let facts = rules.iter().map(|rule| RuleFacts {
            rule: rule.identifier.to_owned(),
            source: rule.namespace.to_owned(),
            tags: rule.tags.iter().map(ToString::to_string).collect(),
            meta: rule.metadatas.iter().map(meta).collect(),
        });
        facts.collect()
    }
}

fn hit(rule: &Rule<'_>) -> Hit {
    let matches = rule.strings.iter().flat_map(|string| {
        string.matches.iter().take(MATCHES_PER_STRING).map(|found| Match {
            string: string.identifier.to_owned(),
            offset: u64::try_from(found.base.saturating_add(found.offset)).unwrap_or(u64::MAX),
            length: u64::try_from(found.length).unwrap_or(u64::MAX),
        })
    });
    Hit {
        tags: rule.tags.iter().map(ToString::to_string).collect(),
        meta: rule.metadatas.iter().map(meta).collect(),
        matches: matches.take(MATCHES_PER_HIT).collect(),
        ..Hit::rule(rule.identifier, rule.namespace)
    }
}

fn meta(meta: &Metadata<'_>) -> (String, String) {
    let value = match meta.value {
        MetadataValue::Integer(number) => number.to_string(),
        MetadataValue::String(text) => meta_value(text),
        MetadataValue::Boolean(truth) => truth.to_string(),
    };
    (meta.identifier.to_owned(), value)
}
