//! What follows from indicators that are joined by AND and OR, as STIX and OpenIOC have them.
//!
//! In: an expression over observables. Out: alternatives, each of which fires by itself. An OR is several; an AND is one
//! thing or none: a digest decides for the whole and the rest of the AND is told beside it; a name and its folder are
//! a path; a registry key, the name of a value and its data are one value; what only narrows (a port, a size) is told
//! beside. An AND of two things that must both be seen is not two alerts and not one: it is refused, and counted.

use super::observable::{IndicatorValue, RegistryValue};
use super::path::PathForm;

/// Most alternatives of one expression: a pattern that lists a case's digests has thousands.
const ALTERNATIVES_LIMIT: usize = 20_000;

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    Is(Leaf),
    All(Vec<Self>),
    Any(Vec<Self>),
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leaf {
    /// Can be looked up.
    Observable(IndicatorValue),
    /// Makes another one more exact: what people should read beside it.
    Narrows(String),
    /// The folder of a name.
    Folder(String),
    /// The name of a value below a registry key.
    ValueName(String),
    /// The data of a registry value.
    ValueData(String),
    /// Cannot be looked up; why.
    Not(String),
}

/// What fires by itself, and what is told beside it.
pub(super) type Alternative = (Vec<IndicatorValue>, Option<String>);

/// The alternatives of an expression, each usable or refused with its reason.
pub(super) fn alternatives(expression: Expression) -> Vec<Result<Alternative, String>> {
    match disjunction(expression) {
        Some(all) => all.into_iter().map(conclude).collect(),
        None => vec![Err("pattern with too many alternatives".to_owned())],
    }
}

/// An OR of ANDs; nothing where it grows past the limit.
fn disjunction(expression: Expression) -> Option<Vec<Vec<Leaf>>> {
    match expression {
        Expression::Is(leaf) => Some(vec![vec![leaf]]),
        Expression::Any(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(disjunction(part)?);
                if all.len() > ALTERNATIVES_LIMIT {
                    return None;
                }
            }
            Some(all)
        }
        Expression::All(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                let part = disjunction(part)?;
                let leaves = part.iter().fold(0_usize, |sum, leaves| sum.saturating_add(leaves.len()));
                let size = all
                    .iter()
                    .fold(leaves, |sum: usize, leaves: &Vec<Leaf>| sum.saturating_add(leaves.len()));
                if all.len().saturating_mul(part.len()) > ALTERNATIVES_LIMIT || size > ALTERNATIVES_LIMIT {
                    return None;
                }
                all = all
                    .iter()
                    .flat_map(|left| {
                        part.iter().map(move |right| left.iter().chain(right).cloned().collect())
                    })
                    .collect();
            }
            Some(all)
        }
    }
}

fn conclude(leaves: Vec<Leaf>) -> Result<Alternative, String> {
    let (mut digests, mut others, mut beside, mut not) = (Vec::new(), Vec::new(), Vec::new(), None);
    let (mut folder, mut value_name, mut value_data) = (None, None, None);
    for leaf in leaves {
        match leaf {
            Leaf::Observable(
                one @ (IndicatorValue::Md5(_) | IndicatorValue::Sha1(_) | IndicatorValue::Sha256(_)),
            ) => {
                digests.push(one);
            }
            Leaf::Observable(other) if others.contains(&other) => {}
            Leaf::Observable(other) => others.push(other),
            Leaf::Narrows(text) => beside.push(text),
            Leaf::Folder(text) => folder = Some(text),
            Leaf::ValueName(text) => value_name = Some(text),
            Leaf::ValueData(text) => value_data = Some(text),
            Leaf::Not(why) => not = not.or(Some(why)),
        }
    }
    if !digests.is_empty() {
        let names = others.iter().filter_map(|other| match other {
            IndicatorValue::Path(form) => Some(format!("file name {}", form.text())),
            _ => None,
        });
        beside.extend(names);
        beside.extend(folder.map(|folder| format!("folder {folder}")));
        return Ok((digests, told(&beside)));
    }
    if let Some(why) = not {
        return Err(why);
    }
    let one = match (others.as_slice(), folder, value_name, value_data) {
        ([one], None, None, None) => one.clone(),
        ([IndicatorValue::Path(PathForm::Literal(name))], Some(folder), None, None) => {
            let separator = if folder.contains('/') { '/' } else { '\\' };
            let path = format!("{}{separator}{name}", folder.trim_end_matches(['/', '\\']));
            IndicatorValue::Path(PathForm::of(&path).map_err(ToOwned::to_owned)?)
        }
        ([], Some(folder), None, None) => {
            let folder = folder.trim_end_matches(['/', '\\']);
            IndicatorValue::Path(PathForm::containing(&format!("{folder}\\")))
        }
        ([IndicatorValue::Registry(key)], None, name, data) => {
            let key = name.map_or_else(
                || key.key.clone(),
                |name| format!("{}\\{name}", key.key.trim_end_matches('\\')),
            );
            IndicatorValue::Registry(RegistryValue { key, data })
        }
        ([], None, None, None) => return Err("pattern without an observable".to_owned()),
        ([], ..) => return Err("registry value without its key".to_owned()),
        _ => return Err("pattern that needs several observables at once".to_owned()),
    };
    Ok((vec![one], told(&beside)))
}

fn told(beside: &[String]) -> Option<String> {
    (!beside.is_empty()).then(|| beside.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::indicators::observable::{address, digest, path};

    fn is(read: Result<IndicatorValue, &'static str>) -> Expression {
        Expression::Is(Leaf::Observable(read.unwrap()))
    }

    fn md5(digit: &str) -> Result<IndicatorValue, &'static str> {
        digest(&digit.repeat(16))
    }

    #[test]
    fn an_or_is_several_and_an_and_of_two_observables_is_none() {
        let any = Expression::Any(vec![is(address("198.51.100.7")), is(address("198.51.100.8"))]);
        assert_eq!(alternatives(any.clone()).len(), 2);
        let all = Expression::All(vec![any, is(path("evil.exe"))]);
        let refused: Vec<_> = alternatives(all).into_iter().map(Result::unwrap_err).collect();
        assert_eq!(refused, ["pattern that needs several observables at once"; 2]);
    }

    #[test]
    fn a_digest_decides_for_its_and_and_several_digests_of_it_are_one_file() {
        let size = Expression::Is(Leaf::Narrows("size 7".into()));
        let all =
            Expression::All(vec![is(md5("ab")), is(digest(&"cd".repeat(32))), is(path("evil.exe")), size]);
        let expected = vec![md5("ab").unwrap(), digest(&"cd".repeat(32)).unwrap()];
        assert_eq!(alternatives(all), [Ok((expected, Some("size 7, file name evil.exe".into())))]);
    }

    #[test]
    fn a_name_and_its_folder_are_a_path() {
        let folder = |text: &str| Expression::Is(Leaf::Folder(text.into()));
        let all = Expression::All(vec![is(path("evil.exe")), folder("C:\\Temp\\")]);
        assert_eq!(alternatives(all), [Ok((vec![path("C:\\Temp\\evil.exe").unwrap()], None))]);
    }

    #[test]
    fn what_cannot_be_looked_up_costs_its_own_and_only() {
        let not = || Expression::Is(Leaf::Not("NOT".into()));
        let all =
            Expression::Any(vec![is(md5("ab")), Expression::All(vec![is(address("198.51.100.7")), not()])]);
        assert_eq!(alternatives(all), [Ok((vec![md5("ab").unwrap()], None)), Err("NOT".into())]);
    }

    #[test]
    fn an_expression_that_multiplies_is_refused() {
        let any = || Expression::Any((0..200).map(|_| is(md5("ab"))).collect());
        let refused = alternatives(Expression::All((0..20).map(|_| any()).collect()));
        assert_eq!(refused, [Err("pattern with too many alternatives".to_owned())]);
    }
}
