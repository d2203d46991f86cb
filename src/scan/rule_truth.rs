//! Rules whose condition can never be true: `uint8(0) == 0x4D5A`, `3 of ($a, $b)`, a file smaller than its own lower bound.
//!
//! In: the text of a rule file. Out: the rules that can match nothing, each with its reason. What is found is certain; most
//! conditions cannot be decided without a file, and nothing is said of them.

use boreal_parser::expression::{Expression, ExpressionKind, ForSelection, ReadIntegerType, VariableSet};
use boreal_parser::file::YaraFileComponent;
use boreal_parser::rule::Rule;
use serde::Serialize;

use super::SCAN_LIMIT;

/// A rule that can never match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeverMatches {
    /// The rule file that it is in.
    pub source: String,
    /// Its identifier.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// Deepest nesting of a condition that is followed.
const DEPTH: usize = 64;

/// Numbers from one to another, the ends included.
type Numbers = (i64, i64);

/// What a condition is for every file whose size is within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Always,
    Never,
    Depends,
}

/// The rules of a text that can never match.
pub(super) fn never(source: &str, text: &str) -> Vec<NeverMatches> {
    let Ok(file) = boreal_parser::parse(text) else { return Vec::new() };
    let rules = file.components.iter().filter_map(|component| match component {
        YaraFileComponent::Rule(rule) => Some(rule),
        YaraFileComponent::Import(_) | YaraFileComponent::Include(_) => None,
    });
    rules
        .filter_map(|rule| {
            let reason = reason(rule)?;
            Some(NeverMatches { source: source.to_owned(), rule: rule.name.clone(), reason })
        })
        .collect()
}

fn reason(rule: &Rule) -> Option<String> {
    let limit = i64::try_from(SCAN_LIMIT).unwrap_or(i64::MAX);
    let of = |sizes| Condition { rule }.truth(&rule.condition, sizes, 0);
    if of((0, i64::MAX)) == Truth::Never {
        return Some("its condition is false for every file".to_owned());
    }
    (of((0, limit)) == Truth::Never).then(|| {
        format!(
            "its condition asks for files of more than {SCAN_LIMIT} bytes, which is the most that rules see"
        )
    })
}

struct Condition<'a> {
    rule: &'a Rule,
}

impl Condition<'_> {
    fn truth(&self, expression: &Expression, sizes: Numbers, depth: usize) -> Truth {
        if depth > DEPTH {
            return Truth::Depends;
        }
        let deeper = depth.saturating_add(1);
        match &expression.expr {
            ExpressionKind::Boolean(truth) => {
                if *truth {
                    Truth::Always
                } else {
                    Truth::Never
                }
            }
            ExpressionKind::Not(inner) => match self.truth(inner, sizes, deeper) {
                Truth::Always => Truth::Never,
                Truth::Never => Truth::Always,
                Truth::Depends => Truth::Depends,
            },
            ExpressionKind::And(parts) => self.all(parts, sizes, deeper),
            ExpressionKind::Or(parts) => {
                let truths: Vec<Truth> = parts.iter().map(|part| self.truth(part, sizes, deeper)).collect();
                if truths.contains(&Truth::Always) {
                    Truth::Always
                } else if truths.iter().all(|truth| *truth == Truth::Never) {
                    Truth::Never
                } else {
                    Truth::Depends
                }
            }
            ExpressionKind::Cmp { left, right, less_than, can_be_equal } => {
                let (Some(left), Some(right)) = (numbers(left, sizes), numbers(right, sizes)) else {
                    return Truth::Depends;
                };
                let (low, high) = if *less_than { (left, right) } else { (right, left) };
                // `low < high` or `low <= high`, of which a value outside the file is neither.
                let never = if *can_be_equal { low.0 > high.1 } else { low.0 >= high.1 };
                if never { Truth::Never } else { Truth::Depends }
            }
            ExpressionKind::Eq(left, right) => match (numbers(left, sizes), numbers(right, sizes)) {
                (Some(left), Some(right)) if left.1 < right.0 || right.1 < left.0 => Truth::Never,
                _ => Truth::Depends,
            },
            ExpressionKind::For { selection, body: Some(body), .. }
                if asks_for_one(selection) && self.truth(body, sizes, deeper) == Truth::Never =>
            {
                Truth::Never
            }
            ExpressionKind::For { selection, set, .. }
            | ExpressionKind::ForIn { selection, set, .. }
            | ExpressionKind::ForAt { selection, set, .. } => self.more_than_there_are(selection, set),
            _ => Truth::Depends,
        }
    }

    /// An AND: what its parts ask of the same number, as the size or how often a string is there, one number must meet.
    fn all(&self, parts: &[Expression], sizes: Numbers, depth: usize) -> Truth {
        let mut asked: Vec<(Subject<'_>, Numbers)> = vec![(Subject::Size, sizes)];
        for (subject, (least, most)) in flat(parts).into_iter().filter_map(asks) {
            let known = asked.iter_mut().find(|(other, _)| *other == subject);
            let narrower = if let Some((_, held)) = known {
                *held = (held.0.max(least), held.1.min(most));
                *held
            } else {
                asked.push((subject, (least, most)));
                (least, most)
            };
            if narrower.0 > narrower.1 {
                return Truth::Never;
            }
        }
        let sizes = asked.first().map_or(sizes, |(_, sizes)| *sizes);
        let truths: Vec<Truth> = parts.iter().map(|part| self.truth(part, sizes, depth)).collect();
        if truths.contains(&Truth::Never) {
            Truth::Never
        } else if truths.iter().all(|truth| *truth == Truth::Always) {
            Truth::Always
        } else {
            Truth::Depends
        }
    }

    /// `3 of ($a, $b)`.
    fn more_than_there_are(&self, selection: &ForSelection, set: &VariableSet) -> Truth {
        let ForSelection::Expr { expr, as_percent: false } = selection else { return Truth::Depends };
        let ExpressionKind::Integer(wanted) = expr.expr else { return Truth::Depends };
        let in_set = |name: &str| {
            set.elements.is_empty()
                || set.elements.iter().any(|element| {
                    if element.is_wildcard { name.starts_with(&element.name) } else { name == element.name }
                })
        };
        let there_are = self.rule.variables.iter().filter(|variable| in_set(&variable.name)).count();
        if i64::try_from(there_are).is_ok_and(|there_are| wanted > there_are) {
            Truth::Never
        } else {
            Truth::Depends
        }
    }
}

/// Whether at least one string has to meet what is asked.
fn asks_for_one(selection: &ForSelection) -> bool {
    match selection {
        ForSelection::Any | ForSelection::All => true,
        ForSelection::Expr { expr, .. } => matches!(expr.expr, ExpressionKind::Integer(wanted) if wanted > 0),
        ForSelection::None => false,
    }
}

/// The numbers that an expression can be; nothing where that is not known.
fn numbers(expression: &Expression, sizes: Numbers) -> Option<Numbers> {
    match &expression.expr {
        ExpressionKind::Filesize => Some(sizes),
        ExpressionKind::Integer(number) => Some((*number, *number)),
        ExpressionKind::Count(_) => Some((0, i64::MAX)),
        ExpressionKind::ReadInteger { ty, .. } => Some(match ty {
            ReadIntegerType::Int8 => (-0x80, 0x7f),
            ReadIntegerType::Uint8 => (0, 0xff),
            ReadIntegerType::Int16 | ReadIntegerType::Int16BE => (-0x8000, 0x7fff),
            ReadIntegerType::Uint16 | ReadIntegerType::Uint16BE => (0, 0xffff),
            ReadIntegerType::Int32 | ReadIntegerType::Int32BE => (i32::MIN.into(), i32::MAX.into()),
            ReadIntegerType::Uint32 | ReadIntegerType::Uint32BE => (0, u32::MAX.into()),
        }),
        ExpressionKind::Mul(left, right) => {
            let (ExpressionKind::Integer(left), ExpressionKind::Integer(right)) = (&left.expr, &right.expr)
            else {
                return None;
            };
            left.checked_mul(*right).map(|number| (number, number))
        }
        _ => None,
    }
}

/// A number that a file has: several parts of a condition may ask for the same.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Subject<'a> {
    Size,
    /// How often a string is in the file.
    Count(&'a str),
    /// What is at a place of it.
    Value(&'a ReadIntegerType, i64),
}

fn subject(expression: &Expression) -> Option<Subject<'_>> {
    match &expression.expr {
        ExpressionKind::Filesize => Some(Subject::Size),
        ExpressionKind::Count(name) => Some(Subject::Count(name)),
        ExpressionKind::ReadInteger { ty, addr } => match addr.expr {
            ExpressionKind::Integer(at) => Some(Subject::Value(ty, at)),
            _ => None,
        },
        _ => None,
    }
}

/// The parts of an AND, those of one inside of it among them.
fn flat(parts: &[Expression]) -> Vec<&Expression> {
    let (mut all, mut ahead): (Vec<_>, Vec<_>) = (Vec::new(), parts.iter().collect());
    while let Some(part) = ahead.pop() {
        match &part.expr {
            ExpressionKind::And(inner) => ahead.extend(inner),
            _ => all.push(part),
        }
    }
    all
}

/// What a part asks of one number: from which to which it may be.
fn asks(expression: &Expression) -> Option<(Subject<'_>, Numbers)> {
    const ANY: Numbers = (0, i64::MAX);
    let (left, right, is_below, step) = match &expression.expr {
        ExpressionKind::Variable(name) => return Some((Subject::Count(name), (1, i64::MAX))),
        ExpressionKind::Not(inner) => {
            let ExpressionKind::Variable(name) = &inner.expr else { return None };
            return Some((Subject::Count(name), (0, 0)));
        }
        ExpressionKind::Eq(left, right) => {
            return match (subject(left), numbers(right, ANY), subject(right), numbers(left, ANY)) {
                (Some(subject), Some(value), ..) | (_, _, Some(subject), Some(value)) => {
                    Some((subject, value))
                }
                _ => None,
            };
        }
        ExpressionKind::Cmp { left, right, less_than, can_be_equal } => {
            (left, right, *less_than, i64::from(!*can_be_equal))
        }
        _ => return None,
    };
    let (subject, bound, is_below) = match (subject(left), subject(right)) {
        (Some(subject), _) => (subject, numbers(right, ANY)?, is_below),
        (None, Some(subject)) => (subject, numbers(left, ANY)?, !is_below),
        (None, None) => return None,
    };
    Some(if is_below {
        (subject, (i64::MIN, bound.1.saturating_sub(step)))
    } else {
        (subject, (bound.0.saturating_add(step), i64::MAX))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(condition: &str) -> Option<String> {
        let text = format!("rule r {{ strings: $a = \"x\" $b1 = \"y\" $b2 = \"z\" condition: {condition} }}");
        assert!(boreal_parser::parse(&text).is_ok(), "{condition}");
        never("f", &text).pop().map(|never| never.reason)
    }

    #[test]
    fn conditions_that_no_file_meets_are_found() {
        for condition in [
            "false",
            "$a and false",
            "not true",
            "false or (false and $a)",
            "uint8(0) == 0x4D5A and $a",
            "uint16(0) == 0x5A4D and uint16(0) == 0x457F and $a",
            "0x12345 == uint16be(4)",
            "filesize < 0",
            "filesize > 10MB and $a and filesize < 5MB",
            "filesize >= 10 and 10 > filesize",
            "4 of them and $a and $b1 and $b2",
            "3 of ($b*) and $a",
            "#a < 0",
            "#a > 5 and #a < 3",
            "#a > 5 and ($b1 and 3 > #a)",
            "#a == 1 and #a == 2",
            "$a and not $a",
            "$a and #a == 0 and $b1",
            "uint32(4) > 10 and uint32(4) < 5",
            "for any of them : (# > 5 and # < 3)",
        ] {
            assert_eq!(
                found(condition).as_deref(),
                Some("its condition is false for every file"),
                "{condition}"
            );
        }
        let large = found("$a and filesize > 100MB").unwrap();
        assert!(large.contains("the most that rules see"), "{large}");
    }

    #[test]
    fn conditions_that_a_file_can_meet_are_left_alone() {
        for condition in [
            "$a",
            "true",
            "not false",
            "uint16(0) == 0x5A4D or uint16(0) == 0x457F",
            "uint16(0) == 0x5A4D and uint16(2) == 0x457F",
            "filesize < 10MB and filesize > 5MB",
            "filesize > 10 and filesize >= 10 and 11 >= filesize",
            "not (filesize > 100MB) and $a",
            "2 of ($b*) or 3 of them",
            "filesize < 100MB and $a",
            "uint8(0) != 0x4D5A",
            "false or $a",
            "#a > 5 and #b1 < 3",
            "#a > 5 or #a < 3",
            "#a >= 3 and #a <= 3 and $a",
            "#a < filesize and #a > 2",
            "uint32(4) > 10 and uint32(8) < 5",
            "uint16(4) > 10 and uint32(4) < 5",
            "$a and not $b1",
        ] {
            assert_eq!(found(condition), None, "{condition}");
        }
    }
}
