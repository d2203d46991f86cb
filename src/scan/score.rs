//! How bad several hits are together.
//!
//! Each hit has a score from 0 to 100: what its list or its rule's `meta` says, else [`DEFAULT`]. The hits of an item,
//! each rule counted once, are sorted, the highest first, and combined as
//!
//! ```text
//! 100 × (1 − Π (1 − sᵢ / (100 × 2ⁱ)))        i = 0, 1, 2 …
//! ```
//!
//! so that the highest counts in full, the next half of itself, the third a quarter; more hits never lower the score and
//! many weak ones never reach what one strong one says. A 75 alone is 75; with a 60 beside it, 83. One that is sure (100)
//! settles it. The parts are named by [`reasons`], in that order.

use std::collections::BTreeMap;

use crate::evidence::{Assessment, Hit, Level};

/// The score of a rule or an indicator that says none: most public rules are written to be believed.
pub const DEFAULT: u8 = 75;

/// Hits that count: the seventeenth would add less than a thousandth.
const COUNTED: usize = 16;

/// Fractions are reckoned in these parts.
const PARTS: u64 = 1_000_000_000;

/// How bad the hits are together; nothing where there are none.
#[must_use]
pub fn assess(hits: &[Hit]) -> Option<Assessment> {
    if hits.is_empty() {
        return None;
    }
    let mut innocent = PARTS;
    let mut whole = 100_u64;
    for (_, score) in reasons(hits).into_iter().take(COUNTED) {
        let left = whole.saturating_sub(u64::from(score));
        innocent = innocent.saturating_mul(left).checked_div(whole).unwrap_or(0);
        whole = whole.saturating_mul(2);
    }
    let guilt = PARTS.saturating_sub(innocent).saturating_mul(100);
    let score = guilt.saturating_add(PARTS / 2).checked_div(PARTS).unwrap_or(0);
    let score = u8::try_from(score).unwrap_or(100).min(100);
    Some(Assessment { score, level: Level::of(score) })
}

/// What contributes: each rule or indicator once, with the score it is counted with, the highest first.
#[must_use]
pub fn reasons(hits: &[Hit]) -> Vec<(&Hit, u8)> {
    // The same rule that fires on ten files of one archive says no more than on one.
    let mut once = BTreeMap::new();
    for hit in hits {
        once.entry((&hit.source, &hit.rule)).or_insert(hit);
    }
    let mut scored: Vec<_> = once.into_values().map(|hit| (hit, hit.score().unwrap_or(DEFAULT))).collect();
    scored.sort_by(|(_, a), (_, b)| b.cmp(a));
    scored
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(scores: &[u8]) -> Vec<Hit> {
        let hit = |(number, score): (usize, &u8)| Hit {
            score: Some(*score),
            ..Hit::rule(format!("rule{number}"), "a.yar")
        };
        scores.iter().enumerate().map(hit).collect()
    }

    fn score(scores: &[u8]) -> u8 {
        assess(&hits(scores)).unwrap().score
    }

    #[test]
    fn the_highest_counts_in_full_and_further_ones_for_less_and_less() {
        assert_eq!(assess(&[]), None);
        assert_eq!(score(&[75]), 75);
        assert_eq!(score(&[60, 75]), 83);
        assert_eq!(score(&[75, 60, 40]), 84);
        assert_eq!(score(&[100, 10]), 100);
        assert_eq!(score(&[0]), 0);
        assert_eq!(score(&[10; 40]), 19, "many weak ones are not one strong one");
        assert_eq!(score(&[99; 40]), 100);
    }

    #[test]
    fn more_hits_never_lower_it_and_their_order_does_not_matter() {
        for first in (0..=100).step_by(5) {
            for second in (0..=100).step_by(5) {
                let both = score(&[first, second]);
                assert!(both >= score(&[first]).max(score(&[second])), "{first} {second}");
                assert_eq!(both, score(&[second, first]));
            }
        }
    }

    #[test]
    fn a_rule_counts_once_however_often_it_fires_and_says_its_score_in_its_meta() {
        let mut hit = Hit::rule("one", "a.yar");
        assert_eq!(assess(&[hit.clone()]).unwrap().score, DEFAULT);
        hit.meta = vec![("score".into(), "50".into())];
        assert_eq!(assess(&vec![hit.clone(); 9]).unwrap(), Assessment { score: 50, level: Level::Notice });
        let other = Hit { source: "b.yar".into(), ..hit.clone() };
        assert_eq!(assess(&[hit, other]).unwrap().score, 63);
    }
}
