//! What follows from indicators that are joined by AND and OR, as STIX and OpenIOC have them.
//!
//! In: an expression over observables. Out: alternatives, each of which fires by itself. An OR is several; an AND is one
//! thing or none: a digest decides for the whole and the rest of the AND is reported beside it; a name and its folder are
//! a path, and with a size one that only a file of that size meets; a registry key, the name of a value and its data are
//! one value; what only narrows and is not compared (a port, what a domain resolves to) is reported beside, and counted by
//! the list's account. An AND of two things that must both be seen is not two alerts and not one: it is refused, and counted.

use super::observable::{IndicatorValue, RegistryValue};
use super::path::{Depth, PathForm};
use super::size::SizeRange;

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
    /// Makes another one more exact, and is not compared: what people should read beside it.
    Narrows(String),
    /// The sizes that a file may have: compared with its name or path.
    Size(SizeRange),
    /// The type of object that an address or a name is of: `ipv4-addr`, `domain-name`.
    RefType(String),
    /// What a domain resolves to.
    ResolvesTo(IndicatorValue, String),
    /// The folder of a name.
    Folder(String),
    /// A directory, whatever is in it.
    Directory(String),
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

/// The leaves of one AND, by what they are.
#[derive(Default)]
struct Parts {
    digests: Vec<IndicatorValue>,
    others: Vec<IndicatorValue>,
    beside: Vec<String>,
    types: Vec<String>,
    resolved: Vec<(IndicatorValue, String)>,
    size: Option<SizeRange>,
    folder: Option<String>,
    directory: Option<String>,
    value_name: Option<String>,
    value_data: Option<String>,
    not: Option<String>,
}

impl Parts {
    fn of(leaves: Vec<Leaf>) -> Result<Self, String> {
        let mut parts = Self::default();
        for leaf in leaves {
            match leaf {
                Leaf::Observable(
                    one @ (IndicatorValue::Md5(_) | IndicatorValue::Sha1(_) | IndicatorValue::Sha256(_)),
                ) => parts.digests.push(one),
                Leaf::Observable(other) if parts.others.contains(&other) => {}
                Leaf::Observable(other) => parts.others.push(other),
                Leaf::Narrows(text) => parts.beside.push(text),
                Leaf::RefType(kind) => parts.types.push(kind),
                Leaf::ResolvesTo(value, text) => parts.resolved.push((value, text)),
                Leaf::Size(size) => {
                    let both = parts.size.unwrap_or(SizeRange::ANY).and(size);
                    parts.size = Some(both.ok_or("size that no file has")?);
                }
                Leaf::Folder(text) => once(&mut parts.folder, text)?,
                Leaf::Directory(text) => once(&mut parts.directory, text)?,
                Leaf::ValueName(text) => once(&mut parts.value_name, text)?,
                Leaf::ValueData(text) => once(&mut parts.value_data, text)?,
                Leaf::Not(why) => parts.not = parts.not.or(Some(why)),
            }
        }
        Ok(parts)
    }
}

/// Keeps a property of one object, of which a second, other value would never hold at once.
fn once(place: &mut Option<String>, text: String) -> Result<(), String> {
    match place {
        Some(before) if *before != text => Err("pattern that asks one property for two values".to_owned()),
        _ => {
            *place = Some(text);
            Ok(())
        }
    }
}

fn conclude(leaves: Vec<Leaf>) -> Result<Alternative, String> {
    let mut parts = Parts::of(leaves)?;
    if !parts.digests.is_empty() {
        return Ok(by_digest(parts));
    }
    if let Some(why) = parts.not {
        return Err(why);
    }
    let has_domain = parts.others.iter().any(|other| matches!(other, IndicatorValue::Domain(..)));
    for (value, text) in std::mem::take(&mut parts.resolved) {
        // Alone it is the address itself that is to be seen.
        if has_domain { parts.beside.push(text) } else { parts.others.push(value) }
    }
    if parts.types.iter().any(|kind| parts.others.iter().any(|other| !is_of(kind, other))) {
        return Err("pattern whose type contradicts its value".to_owned());
    }
    let Parts { others, beside, folder, directory, value_name, value_data, size, .. } = parts;
    let one = match (others.as_slice(), folder, directory, value_name, value_data) {
        ([one], None, None, None, None) => one.clone(),
        ([IndicatorValue::Path(PathForm::Literal(name))], Some(folder), None, None, None) => {
            let separator = if folder.contains('/') { '/' } else { '\\' };
            let path = format!("{}{separator}{name}", folder.trim_end_matches(['/', '\\']));
            IndicatorValue::Path(PathForm::of(&path).map_err(ToOwned::to_owned)?)
        }
        ([], Some(folder), None, None, None) => {
            IndicatorValue::Path(PathForm::below(&folder, Depth::Direct).map_err(ToOwned::to_owned)?)
        }
        ([], None, Some(directory), None, None) => {
            IndicatorValue::Path(PathForm::below(&directory, Depth::Any).map_err(ToOwned::to_owned)?)
        }
        ([IndicatorValue::Registry(key)], None, None, name, data) => {
            let key = name.map_or_else(
                || key.key.clone(),
                |name| format!("{}\\{name}", key.key.trim_end_matches('\\')),
            );
            IndicatorValue::Registry(RegistryValue { key, data })
        }
        ([IndicatorValue::RegistryPattern(key)], None, None, None, data) => {
            IndicatorValue::RegistryPattern(RegistryValue { key: key.key.clone(), data })
        }
        ([IndicatorValue::RegistryPattern(_)], None, None, Some(_), _) => {
            return Err("registry value below a key that is not given in full".to_owned());
        }
        ([], None, None, None, None) => return Err("pattern without an observable".to_owned()),
        ([], None, None, ..) => return Err("registry value without its key".to_owned()),
        _ => return Err("pattern that needs several observables at once".to_owned()),
    };
    let one = match (one, size) {
        (one, None) => one,
        (IndicatorValue::Path(form), Some(size)) => IndicatorValue::Sized(form, size),
        (_, Some(_)) => return Err("pattern that needs several observables at once".to_owned()),
    };
    Ok((vec![one], told(&beside)))
}

/// A digest decides for its AND: what else is in it is reported beside, and not compared.
fn by_digest(parts: Parts) -> Alternative {
    let Parts { digests, others, mut beside, resolved, size, folder, directory, not, .. } = parts;
    beside.extend(size.map(|size| size.to_string()));
    beside.extend(others.iter().map(|other| match other {
        IndicatorValue::Path(form) => format!("file name {}", form.text()),
        other => format!("{other}"),
    }));
    beside.extend(folder.or(directory).map(|folder| format!("folder {folder}")));
    beside.extend(resolved.into_iter().map(|(_, text)| text));
    beside.extend(not.map(|why| format!("not compared: {why}")));
    (digests, told(&beside))
}

/// Whether an observable can be of a type of object.
fn is_of(kind: &str, observable: &IndicatorValue) -> bool {
    match observable {
        IndicatorValue::Address(network) => kind == if network.is_v4() { "ipv4-addr" } else { "ipv6-addr" },
        IndicatorValue::Domain(..) => kind == "domain-name",
        IndicatorValue::Url(_) => kind == "url",
        IndicatorValue::Path(_) => matches!(kind, "file" | "directory"),
        _ => true,
    }
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
        let size = Expression::Is(Leaf::Size(SizeRange { at_least: 7, at_most: 7 }));
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
