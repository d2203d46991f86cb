//! Finds the rule that is too slow on an item, so that it is set aside and not the run.
//!
//! In: an item on which the rules together took longer than one may alone. Out: that rule, if it is one. boreal 1.4 tells
//! no times of rules, asks the clock every ten thousand steps, and in some steps not at all. So the rule is looked for on
//! as short a beginning of the item as is slow for its length already: what takes minutes on all of it takes a
//! twentieth of a second there. boreal tells when it is done with the condition of each rule: a slow condition is named by
//! that in one more scan. Slow strings are found by parts: of the files, then of the rules of a file, each part
//! compiled by itself. Every look is one that can be left behind, and what they may take together is bounded.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use boreal_parser::file::YaraFileComponent;
use boreal_parser::rule::Rule;

use super::compile::compile;
use super::engine::{Engine, RuleId};
use super::scan_threads::{GRACE, Guard, Undone};
use super::{Bytes, EngineKind, OwnedFacts};
use crate::sys::Stopwatch;

/// How long looking for one rule may take, whatever the parts cost.
const SEARCH: Duration = Duration::from_mins(2);

/// The shortest beginning of an item on which a rule is looked for, in bytes. It doubles from there, and what is slow
/// by the cube of the length eight times as slow: from here, the first that is slow comes to its end.
const BEGINNING: usize = 1 << 10;

/// Where less is measured, the machine's other work is measured.
const LEAST: Duration = Duration::from_millis(100);

/// How often something is slow before it is called so: other work of a busy machine, as scans left behind are, makes one
/// look slow, and seldom all of them.
const LOOKS: usize = 3;

/// Parts looked at one after the other until one is slow: sixteen of a thousand leave one after three rounds, in each of
/// which one part is slow and all are compiled once.
const PARTS: usize = 16;

/// Where a slow rule is looked for.
pub(super) struct SlowRuleSearch<'a> {
    pub(super) kind: EngineKind,
    pub(super) texts: &'a [(String, String)],
    pub(super) content: &'a Bytes,
    pub(super) facts: &'a Arc<OwnedFacts>,
    /// What one rule may take.
    pub(super) limit: Duration,
    pub(super) guard: &'a Guard,
}

/// What a look came to.
enum Look {
    Fast,
    Slow,
    /// It did not come to its end, and is not taken again.
    LeftBehind,
}

/// The beginning of an item on which rules are timed.
struct Piece {
    bytes: Bytes,
    /// What one rule may take on it: its part of what it may take on all.
    limit: Duration,
}

impl SlowRuleSearch<'_> {
    /// The rule that takes longer than it may, if one does by itself.
    pub(super) fn find(&self, engine: &Arc<dyn Engine>) -> Option<RuleId> {
        let watch = Stopwatch::start();
        let mut pieces = self.pieces();
        pieces.find_map(|piece| {
            if watch.elapsed() > SEARCH || !self.is_slow(engine, &piece) {
                return None;
            }
            // Near its limit a rule is slow in one look and not in the next; on a longer piece it stands out more.
            self.find_on(&piece, engine, &watch)
        })
    }

    fn find_on(&self, piece: &Piece, engine: &Arc<dyn Engine>, watch: &Stopwatch) -> Option<RuleId> {
        let by_condition = self.slow_conditions(engine, piece);
        self.narrowed(by_condition, piece, watch).or_else(|| {
            let file = narrow(self.texts.to_vec(), watch, &|texts| self.are_slow(texts, piece))?;
            let rules = rules(&file.1).into_iter();
            let rules = rules.map(|rule| RuleId { source: file.0.clone(), rule: rule.name });
            self.narrowed(rules.collect(), piece, watch)
        })
    }

    /// The slow one of some rules of one file.
    fn narrowed(&self, rules: Vec<RuleId>, piece: &Piece, watch: &Stopwatch) -> Option<RuleId> {
        narrow(rules, watch, &|some| {
            let Some(first) = some.first() else { return false };
            let Some((name, text)) = self.texts.iter().find(|(name, _)| *name == first.source) else {
                return false;
            };
            let kept: Vec<&str> = some.iter().map(|id| id.rule.as_str()).collect();
            self.are_slow(&[(name.clone(), without(text, &|rule| !kept.contains(&rule)))], piece)
        })
    }

    /// Beginnings of the item, each twice as long as the one before it, and the item itself.
    fn pieces(&self) -> impl Iterator<Item = Piece> {
        let whole = self.content.len().max(1);
        let lengths = std::iter::successors(Some(BEGINNING), |length| length.checked_mul(2))
            .take_while(move |length| *length < whole);
        lengths.chain(std::iter::once(whole)).map(move |length| {
            let part = u32::try_from(length).unwrap_or(u32::MAX);
            let limit = self.limit.saturating_mul(part).checked_div(u32::try_from(whole).unwrap_or(u32::MAX));
            let limit = limit.unwrap_or_default().max(LEAST).min(self.limit);
            Piece { bytes: self.content.first(length), limit }
        })
    }

    /// Whether these files alone take longer than one rule may.
    fn are_slow(&self, texts: &[(String, String)], piece: &Piece) -> bool {
        let Ok((engine, _)) = compile(self.kind, texts) else { return false };
        self.is_slow(&Arc::from(engine), piece)
    }

    fn is_slow(&self, engine: &Arc<dyn Engine>, piece: &Piece) -> bool {
        for _ in 0..LOOKS {
            match self.look(engine, piece) {
                Look::Fast => return false,
                Look::Slow => {}
                Look::LeftBehind => return true,
            }
        }
        true
    }

    fn look(&self, engine: &Arc<dyn Engine>, piece: &Piece) -> Look {
        let (engine, bytes) = (Arc::clone(engine), piece.bytes.clone());
        let (facts, limit) = (Arc::clone(self.facts), piece.limit);
        let watch = Stopwatch::start();
        let ended = self.guard.within(self.longest(), &piece.bytes, move || {
            // As an item on which something fires is asked: what is slow may be to find every match.
            drop(engine.scan(&bytes, &facts.borrowed(), limit));
            drop(engine.scan_thoroughly(&bytes, &facts.borrowed(), limit));
        });
        match ended {
            Err(Undone::Abandoned) => Look::LeftBehind,
            Ok(()) if watch.elapsed() >= limit => Look::Slow,
            _ => Look::Fast,
        }
    }

    /// The rules one of whose conditions is slow.
    fn slow_conditions(&self, engine: &Arc<dyn Engine>, piece: &Piece) -> Vec<RuleId> {
        let done = Arc::new(AtomicUsize::new(0));
        let (asked, bytes, count) = (Arc::clone(engine), piece.bytes.clone(), Arc::clone(&done));
        let (facts, limit, most) = (Arc::clone(self.facts), piece.limit, self.limit);
        let found = self.guard.within(self.longest(), &piece.bytes, move || {
            asked.slow_condition(&bytes, &facts.borrowed(), limit, most, &count)
        });
        let number = match found {
            Ok(number) => number,
            // Left behind in the strings, or in the condition after those that were done with.
            Err(Undone::Abandoned) => Some(done.load(Ordering::Relaxed)).filter(|done| *done > 0),
            Err(_) => None,
        };
        number.map(|number| engine.numbered(number)).unwrap_or_default()
    }

    /// How long one look is waited for.
    fn longest(&self) -> Duration {
        self.limit.saturating_add(GRACE)
    }
}

/// Goes on with the first part that is slow until one is left, which is asked by itself; none where slowness is the sum
/// of many.
fn narrow<T: Clone>(mut some: Vec<T>, watch: &Stopwatch, is_slow: &dyn Fn(&[T]) -> bool) -> Option<T> {
    while some.len() > 1 {
        let size = some.len().div_ceil(PARTS);
        let slow = some.chunks(size).find(|part| watch.elapsed() <= SEARCH && is_slow(part))?;
        some = slow.to_vec();
    }
    if is_slow(&some) { some.pop() } else { None }
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
    fn parts_end_at_the_slow_one_and_nowhere_where_many_are_slow_together() {
        let watch = Stopwatch::start();
        let all: Vec<u32> = (0..1000).collect();
        for slow in [0, 1, 62, 63, 499, 500, 999] {
            assert_eq!(narrow(all.clone(), &watch, &|some: &[u32]| some.contains(&slow)), Some(slow));
        }
        assert_eq!(narrow(all, &watch, &|some: &[u32]| some.len() > 30), None);
        assert_eq!(narrow(vec![1], &watch, &|_| false), None);
        assert_eq!(narrow(Vec::<u32>::new(), &watch, &|_| true), None);
    }
}
