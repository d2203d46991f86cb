//! Finds the rule that is too slow on an item, so that it is set aside and not the run.
//!
//! In: an item on which the rules together took longer than one may alone. Out: that rule, if it is one. boreal 1.4 tells
//! no times of rules, and asks the clock every ten thousand steps. But it tells when it is done with the condition of
//! each rule: a slow condition is named by that in one more scan. Slow strings are found by halves: files first, then
//! the rules of the file, each half compiled by itself and stopped at the limit.

use std::ops::Range;
use std::time::Duration;

use boreal_parser::file::YaraFileComponent;
use boreal_parser::rule::Rule;

use super::engine::{self, Engine, RuleId};
use super::stopwatch::Stopwatch;
use super::{EngineKind, Facts};

/// How long looking for one rule may take, whatever the halves cost.
const SEARCH: Duration = Duration::from_mins(2);

/// Where a slow rule is looked for.
pub(super) struct Search<'a> {
    pub(super) kind: EngineKind,
    pub(super) texts: &'a [(String, String)],
    pub(super) content: &'a [u8],
    pub(super) facts: &'a Facts<'a>,
    /// What one rule may take.
    pub(super) rule_limit: Duration,
    /// What all together may take.
    pub(super) file_limit: Duration,
}

impl Search<'_> {
    /// The rule that takes longer than it may, if one does by itself.
    pub(super) fn find(&self, engine: &dyn Engine) -> Option<RuleId> {
        let watch = Stopwatch::start();
        let mut suspects = engine.slow_conditions(self.content, self.facts, self.rule_limit, self.file_limit);
        if suspects.len() == 1 {
            return suspects.pop();
        }
        if suspects.is_empty() {
            let files: Vec<&(String, String)> = self.texts.iter().collect();
            let file = bisect(files, &watch, &|files: &[&(String, String)]| {
                let texts: Vec<_> = files.iter().map(|file| (*file).clone()).collect();
                self.is_slow(&texts)
            })?;
            let rules = rules(&file.1);
            suspects.extend(rules.into_iter().map(|rule| RuleId { source: file.0.clone(), rule: rule.name }));
        }
        bisect(suspects, &watch, &|some: &[RuleId]| {
            let Some(first) = some.first() else { return false };
            let Some((name, text)) = self.texts.iter().find(|(name, _)| *name == first.source) else {
                return false;
            };
            let kept: Vec<&str> = some.iter().map(|id| id.rule.as_str()).collect();
            self.is_slow(&[(name.clone(), without(text, &|rule| !kept.contains(&rule)))])
        })
    }

    /// Whether these files alone take longer than one rule may.
    fn is_slow(&self, texts: &[(String, String)]) -> bool {
        let Ok((engine, _)) = engine::compile(self.kind, texts) else { return false };
        let watch = Stopwatch::start();
        drop(engine.scan(self.content, self.facts, self.rule_limit));
        watch.elapsed() >= self.rule_limit
    }
}

/// Halves until one is left that is slow by itself; none where slowness is the sum of many.
fn bisect<T: Clone>(mut some: Vec<T>, watch: &Stopwatch, is_slow: &dyn Fn(&[T]) -> bool) -> Option<T> {
    while some.len() > 1 {
        if watch.elapsed() > SEARCH {
            return None;
        }
        let second = some.split_off(some.len() / 2);
        if is_slow(&some) {
            continue;
        }
        if !is_slow(&second) {
            return None;
        }
        some = second;
    }
    some.pop()
}

/// A rule file's text in which some rules say nothing any more: they keep their names, so that others may still refer
/// to them, and lose strings and condition. A global rule becomes true, since a false one silences its whole file.
pub(super) fn without(text: &str, drop_rule: &dyn Fn(&str) -> bool) -> String {
    let mut result = text.to_owned();
    for rule in rules(text).into_iter().rev() {
        if drop_rule(&rule.name) {
            let condition = if rule.is_global { "true" } else { "false" };
            let Some(body) = body(text, &rule) else { continue };
            result.replace_range(body, &format!(" {{ condition: {condition} }}"));
        }
    }
    result
}

/// The rules of a text, in its order; none where it cannot be parsed.
fn rules(text: &str) -> Vec<Rule> {
    let Ok(file) = boreal_parser::parse(text) else { return Vec::new() };
    let rules = file.components.into_iter().filter_map(|component| match component {
        YaraFileComponent::Rule(rule) => Some(*rule),
        YaraFileComponent::Import(_) | YaraFileComponent::Include(_) => None,
    });
    rules.collect()
}

/// What stands behind a rule's name, up to and with its closing brace.
fn body(text: &str, rule: &Rule) -> Option<Range<usize>> {
    let mut at = rule.condition.span.end;
    loop {
        let rest = text.get(at..)?;
        at = at.saturating_add(if rest.starts_with("//") {
            rest.find('\n')?
        } else if rest.starts_with("/*") {
            rest.find("*/")?.saturating_add(2)
        } else if rest.starts_with('}') {
            return Some(rule.name_span.end..at.saturating_add(1));
        } else {
            rest.chars().next()?.len_utf8()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_is_taken_out_keeps_its_name_and_the_rest_stays_as_it_was() {
        let text = "import \"pe\"\nprivate rule a : x { strings: $a = \"}\" condition: $a // }\n /* } */ }\n\
                    global rule g { condition: filesize > 0 }\nrule b { condition: a and true }";
        assert_eq!(
            without(text, &|rule| rule != "b"),
            "import \"pe\"\nprivate rule a { condition: false }\nglobal rule g { condition: true }\n\
             rule b { condition: a and true }"
        );
        assert_eq!(without(text, &|_| false), text);
        assert_eq!(without("no rules", &|_| true), "no rules");
    }

    #[test]
    fn halves_end_at_the_slow_one_and_nowhere_where_many_are_slow_together() {
        let watch = Stopwatch::start();
        let all: Vec<u32> = (0..1000).collect();
        for slow in [0, 1, 499, 500, 999] {
            assert_eq!(bisect(all.clone(), &watch, &|some: &[u32]| some.contains(&slow)), Some(slow));
        }
        assert_eq!(bisect(all, &watch, &|some: &[u32]| some.len() > 100), None);
        assert_eq!(bisect(Vec::<u32>::new(), &watch, &|_| true), None);
    }
}
