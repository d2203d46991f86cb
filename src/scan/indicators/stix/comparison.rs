//! What one comparison of a STIX pattern looks for: object path, operator and value, as something that can be looked up.
//!
//! The objects are those of STIX 2.1, chapter 6; which are held, and with which operators, stands in [`leaf`], top down.

use crate::scan::indicators::logic::Leaf;
use crate::scan::indicators::observable;
use crate::scan::indicators::observable::{Below, IndicatorValue, RegistryValue};
use crate::scan::indicators::path::PathForm;
use crate::scan::indicators::pattern::escape;

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Order,
    In,
    Like,
    Matches,
}

/// What one comparison looks for.
pub(super) fn leaf(path: &str, operator: Operator, value: &str) -> Leaf {
    let Some((object, property)) = path.split_once(':') else { return Leaf::Not(format!("type {path}")) };
    if let Some((before, key)) = property.split_once("hashes") {
        let of_a_file = matches!(object, "file" | "artifact" | "process" | "email-message")
            || before.ends_with("content_ref.");
        let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
        return match (key.as_str(), operator) {
            ("md5" | "sha1" | "sha256", Operator::Equal | Operator::In) if of_a_file => {
                held(observable::digest(value))
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
        ("file", "parent_directory_ref.path") | ("directory", "path") if exact => {
            Leaf::Folder(value.to_owned())
        }
        ("file", "size") if exact => Leaf::Narrows(format!("size {value}")),
        ("network-traffic", "dst_port" | "src_port") if exact => Leaf::Narrows(format!("port {value}")),
        ("network-traffic", "protocols" | "protocols[*]" | "protocols[0]") if exact => {
            Leaf::Narrows(format!("protocol {value}"))
        }
        ("ipv4-addr" | "ipv6-addr", "value") if exact => held(observable::address(value)),
        ("network-traffic", "dst_ref.value" | "src_ref.value") if exact => held(observable::guess(value)),
        ("domain-name", "value") if exact => held(observable::domain(value, Below::Counts)),
        // Everything below a domain, as LIKE says it; the domain itself counts as well.
        ("domain-name", "value") if operator == Operator::Like && value.starts_with("%.") => {
            held(observable::domain(value.trim_start_matches('%'), Below::Counts))
        }
        ("url", "value") if exact => held(observable::url(value)),
        ("mutex", "name") if exact => Leaf::Observable(IndicatorValue::Mutex(value.to_owned())),
        ("windows-registry-key", "key") if exact => {
            Leaf::Observable(IndicatorValue::Registry(RegistryValue { key: value.to_owned(), data: None }))
        }
        ("windows-registry-key", "values.name" | "values[*].name" | "values[0].name") if exact => {
            Leaf::ValueName(value.to_owned())
        }
        ("windows-registry-key", "values.data" | "values[*].data" | "values[0].data") if exact => {
            Leaf::ValueData(value.to_owned())
        }
        ("windows-registry-key", property) if property.ends_with("data_type") => {
            Leaf::Narrows(format!("data type {value}"))
        }
        _ if exact => Leaf::Not(format!("type {path}")),
        _ => Leaf::Not(format!("type {path}, compared by LIKE or MATCHES")),
    }
}

fn held(read: Result<IndicatorValue, &'static str>) -> Leaf {
    read.map_or_else(|why| Leaf::Not(why.to_owned()), Leaf::Observable)
}

/// A file's name; a pipe is written as one as well.
fn file(operator: Operator, value: &str) -> Leaf {
    let expression = match operator {
        Operator::Like => like(value),
        // Names are held against whole paths: where the expression begins at the name's start, so does it here.
        Operator::Matches => match value.strip_prefix('^') {
            Some(rest) => format!(r"(^|\\){rest}"),
            None => value.to_owned(),
        },
        _ if value.to_ascii_lowercase().starts_with(r"\\.\pipe\") => {
            return Leaf::Observable(IndicatorValue::Pipe(value.to_owned()));
        }
        _ => return held(observable::path(value)),
    };
    Leaf::Observable(IndicatorValue::Path(PathForm::Pattern { expression, except: None }))
}

/// `%` is any text and `_` any character, within a name.
fn like(value: &str) -> String {
    let body: String = value
        .chars()
        .map(|c| match c {
            '%' => r"[^\\]*".to_owned(),
            '_' => r"[^\\]".to_owned(),
            c => escape(c.encode_utf8(&mut [0; 4])),
        })
        .collect();
    format!(r"(^|\\){body}$")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::indicators::logic::alternatives;
    use crate::scan::indicators::stix::pattern::parse;

    #[test]
    fn like_and_matches_become_expressions_over_the_name() {
        for (pattern, expected) in [
            ("[file:name LIKE 'evil_%.exe']", r"(^|\\)evil[^\\][^\\]*\.exe$"),
            ("[file:name MATCHES '^evil[0-9]+']", r"(^|\\)evil[0-9]+"),
            ("[file:name MATCHES 'evil']", "evil"),
        ] {
            let form = PathForm::Pattern { expression: expected.into(), except: None };
            assert_eq!(
                alternatives(parse(pattern).unwrap()),
                [Ok((vec![IndicatorValue::Path(form)], None))],
                "{pattern}"
            );
        }
    }
}
