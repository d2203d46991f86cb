//! What one comparison of a STIX pattern looks for: object path, operator and value, as something that can be looked up.
//!
//! The objects are those of STIX 2.1, chapter 6; which are held, and with which operators, stands in [`leaf`], top down.

use crate::scan::indicators::digests;
use crate::scan::indicators::logic::Leaf;
use crate::scan::indicators::observable;
use crate::scan::indicators::observable::{Below, IndicatorValue, RegistryValue};
use crate::scan::indicators::path::PathForm;
use crate::scan::indicators::pattern::escape;
use crate::scan::indicators::size::SizeRange;

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Like,
    Matches,
    Subset,
    Superset,
}

/// A constant of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Constant {
    Text(String),
    /// A number, a truth or a time, as it is written.
    Other(String),
    /// A binary one, `h'…'` or `b'…'`.
    Bytes(Vec<u8>),
}

impl Constant {
    /// As the text that it is compared as: of bytes, each is the character of its number (STIX 2.1, 9.6.1).
    fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Other(text) => text.clone(),
            Self::Bytes(bytes) => bytes.iter().copied().map(char::from).collect(),
        }
    }
}

/// What one comparison looks for.
pub(super) fn leaf(path: &str, operator: Operator, constant: &Constant) -> Leaf {
    let value = &constant.text();
    let Some((object, property)) = path.split_once(':') else { return Leaf::Not(format!("type {path}")) };
    if let Some((before, key)) = property.split_once("hashes") {
        let of_a_file = matches!(object, "file" | "artifact" | "process" | "email-message")
            || before.ends_with("content_ref.");
        let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
        return match (key.as_str(), operator) {
            ("md5" | "sha1" | "sha256", Operator::Equal | Operator::In) if of_a_file => {
                digest(&key, constant)
            }
            ("md5" | "sha1" | "sha256", _) if of_a_file => {
                Leaf::Not("digest that is not compared by =".to_owned())
            }
            _ => Leaf::Not(format!("type {object}:hashes.{key}")),
        };
    }
    let exact = matches!(operator, Operator::Equal | Operator::In);
    match (object, property) {
        ("file", "name") | ("process", "name" | "image_ref.name" | "binary_ref.name") => {
            file(operator, value)
        }
        ("domain-name", property) if exact && is_type_of_a_reference(property) => {
            Leaf::Narrows(format!("resolves to a {value}"))
        }
        (_, property) if exact && is_type_of_a_reference(property) => Leaf::RefType(value.clone()),
        ("file", "parent_directory_ref.path") if exact => Leaf::Folder(value.clone()),
        ("directory", "path") if exact => Leaf::Directory(value.clone()),
        ("file", "size") => size(operator, value),
        ("network-traffic", "dst_port" | "src_port") if exact => Leaf::Narrows(format!("port {value}")),
        ("network-traffic", "protocols" | "protocols[*]" | "protocols[0]") if exact => {
            Leaf::Narrows(format!("protocol {value}"))
        }
        ("ipv4-addr" | "ipv6-addr", "value") => address(operator, value),
        ("network-traffic", "dst_ref.value" | "src_ref.value") => match address(operator, value) {
            Leaf::Not(_) if exact => held(observable::domain(value, Below::Counts)),
            leaf => leaf,
        },
        ("domain-name", "resolves_to_refs[*].value" | "resolves_to_refs[0].value") if exact => {
            let text = format!("resolves to {value}");
            match observable::address(value).or_else(|_| observable::domain(value, Below::Counts)) {
                Ok(address) => Leaf::ResolvesTo(address, text),
                Err(why) => Leaf::Not(why.to_owned()),
            }
        }
        ("domain-name", "value") if exact => held(observable::domain(value, Below::Counts)),
        // Everything below a domain, as LIKE says it; the domain itself counts as well.
        ("domain-name", "value") if operator == Operator::Like && value.starts_with("%.") => {
            match value.trim_start_matches('%') {
                rest if rest.contains(['%', '_']) => Leaf::Not(compared(path)),
                rest => held(observable::domain(rest, Below::Counts)),
            }
        }
        ("url", "value") if exact => held(observable::url(value)),
        ("mutex", "name") if exact => Leaf::Observable(IndicatorValue::Mutex(value.clone())),
        ("windows-registry-key", "key") if exact => {
            Leaf::Observable(IndicatorValue::Registry(RegistryValue { key: value.clone(), data: None }))
        }
        ("windows-registry-key", "values.name" | "values[*].name" | "values[0].name") if exact => {
            Leaf::ValueName(value.clone())
        }
        ("windows-registry-key", "values.data" | "values[*].data" | "values[0].data") if exact => {
            Leaf::ValueData(value.clone())
        }
        ("windows-registry-key", property) if exact && property.ends_with("data_type") => {
            Leaf::Narrows(format!("data type {value}"))
        }
        _ if exact => Leaf::Not(format!("type {path}")),
        _ => Leaf::Not(compared(path)),
    }
}

fn compared(path: &str) -> String {
    format!("type {path}, compared by LIKE, MATCHES or another operator than = and IN")
}

/// `dst_ref.type`, `resolves_to_refs[*].type`: says of what kind the other object is.
fn is_type_of_a_reference(property: &str) -> bool {
    let Some(reference) = property.strip_suffix(".type") else { return false };
    let name = reference.split('[').next().unwrap_or_default();
    name.ends_with("_ref") || name.ends_with("_refs")
}

fn held(read: Result<IndicatorValue, &'static str>) -> Leaf {
    read.map_or_else(|why| Leaf::Not(why.to_owned()), Leaf::Observable)
}

/// A digest, which must be of the length that its key says.
fn digest(key: &str, constant: &Constant) -> Leaf {
    let text = match constant {
        Constant::Bytes(bytes) if matches!(bytes.len(), 16 | 20 | 32) => digests::hexadecimal(bytes),
        constant => constant.text(),
    };
    match observable::digest(&text) {
        Ok(value) => {
            let fits = matches!(
                (&value, key),
                (IndicatorValue::Md5(_), "md5")
                    | (IndicatorValue::Sha1(_), "sha1")
                    | (IndicatorValue::Sha256(_), "sha256")
            );
            if fits {
                Leaf::Observable(value)
            } else {
                Leaf::Not("digest of another length than its key says".to_owned())
            }
        }
        Err(why) => Leaf::Not(why.to_owned()),
    }
}

/// An address, or a network that is compared as a set.
fn address(operator: Operator, value: &str) -> Leaf {
    match (operator, observable::address(value)) {
        // What a host talks to is one address: it holds no network.
        (Operator::Superset, Ok(IndicatorValue::Address(network))) if !network.is_one() => {
            Leaf::Not("network that must be part of what is seen (ISSUPERSET)".to_owned())
        }
        (Operator::Equal | Operator::In | Operator::Subset | Operator::Superset, read) => held(read),
        _ => Leaf::Not("address that is not compared by =, IN, ISSUBSET or ISSUPERSET".to_owned()),
    }
}

/// The size of a file; a string of digits counts as a number, as exports write it.
fn size(operator: Operator, value: &str) -> Leaf {
    let Ok(size) = value.trim().parse::<u64>() else {
        return Leaf::Not("size that is no whole number".to_owned());
    };
    let range = match operator {
        Operator::Equal | Operator::In => Some((size, size)),
        Operator::LessOrEqual => Some((0, size)),
        Operator::GreaterOrEqual => Some((size, u64::MAX)),
        Operator::Less => size.checked_sub(1).map(|most| (0, most)),
        Operator::Greater => size.checked_add(1).map(|least| (least, u64::MAX)),
        _ => return Leaf::Not("size that is not compared as a number".to_owned()),
    };
    range.map_or_else(
        || Leaf::Not("size that no file has".to_owned()),
        |(at_least, at_most)| Leaf::Size(SizeRange { at_least, at_most }),
    )
}

/// A file's name; a pipe is written as one as well.
fn file(operator: Operator, value: &str) -> Leaf {
    let form = match operator {
        Operator::Like if value.contains(['/', '\\']) => PathForm::path_pattern(like_path(value)),
        Operator::Like => PathForm::name_pattern(format!("^{}$", like(value, "(?s:.)"))),
        Operator::Matches => PathForm::name_pattern(value.to_owned()),
        Operator::Equal | Operator::In => {
            if value.to_ascii_lowercase().starts_with(r"\\.\pipe\") {
                return Leaf::Observable(IndicatorValue::Pipe(value.to_owned()));
            }
            // A star in a name that is compared by = stands for itself, and no system of Windows has one.
            return held(observable::path(value));
        }
        _ => return Leaf::Not("name that is compared by an order or as a set".to_owned()),
    };
    Leaf::Observable(IndicatorValue::Path(form))
}

/// `%` is any text and `_` any character, which `any` matches.
fn like(value: &str, any: &str) -> String {
    let part = |c: char| match c {
        '%' => format!("{any}*"),
        '_' => any.to_owned(),
        c => escape(c.encode_utf8(&mut [0; 4])),
    };
    value.chars().map(part).collect()
}

/// The same over a path, below the last separator before each.
fn like_path(value: &str) -> String {
    format!(r"(^|\\){}$", like(value, r"[^\\]"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Utc;
    use crate::scan::indicators::logic::alternatives;
    use crate::scan::indicators::stix::pattern::parse;

    #[test]
    fn like_and_matches_become_expressions_over_the_name() {
        for (pattern, expected) in [
            ("[file:name LIKE 'evil_%.exe']", PathForm::name_pattern(r"^evil(?s:.)(?s:.)*\.exe$".to_owned())),
            (
                r"[file:name LIKE 'Temp\\%.exe']",
                PathForm::path_pattern(r"(^|\\)Temp\\[^\\]*\.exe$".to_owned()),
            ),
            ("[file:name MATCHES '^evil[0-9]+']", PathForm::name_pattern("^evil[0-9]+".to_owned())),
        ] {
            assert_eq!(
                alternatives(parse(pattern, Utc::from_unix(0, 0).unwrap()).unwrap()),
                [Ok((vec![IndicatorValue::Path(expected)], None))],
                "{pattern}"
            );
        }
    }
}
