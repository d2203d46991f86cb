//! OpenIOC documents (<https://github.com/fireeye/OpenIOC_1.1>): version 1.0 (`ioc`, `definition`) and 1.1 (`OpenIOC`, `criteria`).
//!
//! In: XML, read without a document type and without entities of its own. Out: the observables of its terms (`FileItem/Md5sum`,
//! `PortItem/remoteIP` …), joined as its AND and OR say. Negated terms cannot be looked for and say so.

use std::io::Read;

use roxmltree::{Document, Node, ParsingOptions};

use super::intake::ListIntake;
use super::labels::Said;
use super::logic::{Expression, Leaf, alternatives};
use super::observable;
use super::observable::{Below, IndicatorValue, RegistryValue};
use super::path::PathForm;
use super::pattern::{Within, escape};
use super::size::SizeRange;
use super::windows_names;

/// Largest document: the largest public ones have some 2 MB.
const DOCUMENT_LIMIT: usize = 32 << 20;

/// Most elements, attributes and texts of one document; each takes some 100 bytes.
const NODES_LIMIT: u32 = 2_000_000;

/// Deepest nesting of its logic.
const DEPTH_LIMIT: u32 = 64;

/// Reads a document.
pub(super) fn read(reader: impl Read, intake: &mut ListIntake<'_>) -> Result<(), String> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(DOCUMENT_LIMIT).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(limit).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() > DOCUMENT_LIMIT {
        return Err(format!("larger than {DOCUMENT_LIMIT} bytes"));
    }
    // The declaration may name Latin-1; UTF-16 was told by its first bytes before.
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|latin| latin.into_bytes().into_iter().map(char::from).collect());
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES_LIMIT, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text, options).map_err(|error| error.to_string())?;
    let root = document.root_element();
    if !matches!(root.tag_name().name(), "ioc" | "OpenIOC") {
        return Err(format!("its root element is '{}', not that of OpenIOC", root.tag_name().name()));
    }
    let first = |name: &str| root.descendants().find(|node| node.tag_name().name() == name);
    let text_of = |name: &str| first(name).and_then(|node| node.text()).unwrap_or_default().trim();
    let description = match text_of("short_description") {
        "" => text_of("description"),
        description => description,
    };
    let reference = match first("link").and_then(|link| link.attribute("href").or(link.text())) {
        Some(reference) if !reference.trim().is_empty() => reference.trim(),
        _ => root.attribute("id").unwrap_or_default(),
    };
    let said = Said { score: None, description, reference };
    let tops = root.descendants().filter(|node| {
        is(node, "Indicator") && !node.ancestors().skip(1).any(|above| is(&above, "Indicator"))
    });
    for top in tops {
        let Some(expression) = indicator(&top, 0) else {
            intake.refuse("logic nested too deep", top.attribute("id").unwrap_or_default());
            continue;
        };
        for alternative in alternatives(expression) {
            match alternative {
                Ok((observables, beside)) => intake.all(observables, beside.as_deref(), &said),
                Err(why) => intake.refuse(&why, description),
            }
        }
    }
    Ok(())
}

fn is(node: &Node<'_, '_>, name: &str) -> bool {
    node.tag_name().name() == name
}

/// An `Indicator` with what it joins.
fn indicator(node: &Node<'_, '_>, depth: u32) -> Option<Expression> {
    if depth > DEPTH_LIMIT {
        return None;
    }
    let mut parts = Vec::new();
    for child in node.children() {
        if is(&child, "IndicatorItem") {
            parts.push(Expression::Is(item(&child)));
        } else if is(&child, "Indicator") {
            parts.push(indicator(&child, depth.saturating_add(1))?);
        }
    }
    let all = node.attribute("operator").is_some_and(|operator| operator.eq_ignore_ascii_case("and"));
    Some(if all { Expression::All(parts) } else { Expression::Any(parts) })
}

/// How a term is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Is,
    Contains,
    Matches,
    StartsWith,
    EndsWith,
}

/// An `IndicatorItem`.
fn item(node: &Node<'_, '_>) -> Leaf {
    let child = |name: &str| node.children().find(|child| is(child, name));
    let search = child("Context").and_then(|context| context.attribute("search")).unwrap_or_default();
    let content = child("Content").and_then(|content| content.text()).unwrap_or_default().trim();
    let condition = match node.attribute("condition").unwrap_or("is").to_ascii_lowercase().as_str() {
        "is" => Condition::Is,
        "contains" => Condition::Contains,
        "matches" => Condition::Matches,
        "starts-with" => Condition::StartsWith,
        "ends-with" => Condition::EndsWith,
        _ => return Leaf::Not("negated term, or one compared by an order".to_owned()),
    };
    if node.attribute("negate").is_some_and(|negate| negate.eq_ignore_ascii_case("true")) {
        return Leaf::Not("negated term, or one compared by an order".to_owned());
    }
    if content.is_empty() {
        return Leaf::Not("empty value".to_owned());
    }
    term(search, condition, content)
}

fn term(search: &str, condition: Condition, content: &str) -> Leaf {
    let lower = search.to_ascii_lowercase();
    let (item, last) = lower
        .split_once('/')
        .map_or(("", lower.as_str()), |(item, _)| (item, lower.rsplit('/').next().unwrap_or_default()));
    let exact = condition == Condition::Is;
    let held = |read: Result<IndicatorValue, &'static str>| {
        read.map_or_else(|why| Leaf::Not(why.to_owned()), Leaf::Observable)
    };
    match (lower.as_str(), last) {
        (_, "md5sum" | "sha1sum" | "sha256sum") if exact => held(observable::digest(content)),
        ("fileitem/filename" | "processitem/name" | "driveritem/drivername", _) => {
            file(Within::Name, condition, content)
        }
        ("fileitem/fullpath" | "processitem/path" | "serviceitem/path" | "serviceitem/pathmd5sum", _) => {
            file(Within::Path, condition, content)
        }
        ("fileitem/filepath", _) if exact => Leaf::Folder(content.to_owned()),
        ("fileitem/filepath", _) => file(Within::Path, condition, content),
        ("fileitem/sizeinbytes", _) if exact => match content.parse() {
            Ok(size) => Leaf::Size(SizeRange { at_least: size, at_most: size }),
            Err(_) => Leaf::Not("size that is no whole number".to_owned()),
        },
        ("portitem/remoteip" | "portitem/localip" | "network/ip" | "routeentryitem/destination", _) => {
            address(condition, content).map_or_else(|why| Leaf::Not(why.to_owned()), Leaf::Observable)
        }
        ("portitem/remoteport" | "portitem/localport", _) if exact => {
            Leaf::Narrows(format!("port {content}"))
        }
        ("portitem/protocol" | "portitem/state" | "registryitem/type" | "registryitem/hive", _) if exact => {
            Leaf::Narrows(format!("{last} {content}"))
        }
        ("network/dns" | "dnsentryitem/host" | "dnsentryitem/recordname" | "urlhistoryitem/hostname", _)
            if exact || matches!(condition, Condition::Contains | Condition::EndsWith) =>
        {
            // A whole name in part of another: that of a host below it.
            held(observable::domain(content, Below::Counts))
        }
        ("urlhistoryitem/url" | "network/uri" | "filedownloadhistoryitem/sourceurl", _) if exact => {
            held(observable::url(content))
        }
        ("registryitem/keypath" | "registryitem/path", _) => key(condition, content),
        ("registryitem/valuename", _) if exact => Leaf::ValueName(content.to_owned()),
        ("registryitem/text" | "registryitem/value", _) if exact => Leaf::ValueData(content.to_owned()),
        ("processitem/handlelist/handle/name", _) if exact => {
            let lower = content.to_ascii_lowercase();
            let is_pipe = lower.starts_with(r"\device\namedpipe\") || lower.starts_with(r"\\.\pipe\");
            Leaf::Observable(if is_pipe {
                IndicatorValue::Pipe(content.to_owned())
            } else {
                IndicatorValue::Mutex(content.to_owned())
            })
        }
        ("processitem/handlelist/handle/type", _) if exact => {
            Leaf::Narrows(format!("handle of type {content}"))
        }
        _ if exact || item.is_empty() => Leaf::Not(format!("term {search}")),
        _ => Leaf::Not(format!("term {search}, compared in part")),
    }
}

/// A text as an expression that is compared as the condition says, over a whole text that it may be a part of.
fn expression(condition: Condition, content: &str) -> String {
    match condition {
        Condition::Is => format!("^{}$", escape(content)),
        Condition::Contains => escape(content),
        Condition::StartsWith => format!("^{}", escape(content)),
        Condition::EndsWith => format!("{}$", escape(content)),
        Condition::Matches => content.to_owned(),
    }
}

/// A name or a path, each with its ends where it begins and ends itself.
fn file(within: Within, condition: Condition, content: &str) -> Leaf {
    let form = match condition {
        Condition::Is => match PathForm::of(content) {
            Ok(form) => form,
            Err(why) => return Leaf::Not(why.to_owned()),
        },
        condition => PathForm::Pattern { expression: expression(condition, content), within, except: None },
    };
    Leaf::Observable(IndicatorValue::Path(form))
}

/// A registry key, or a part of one: as keys are compared, in lower case and without what differs by user and set.
fn key(condition: Condition, content: &str) -> Leaf {
    let key = match condition {
        Condition::Is => {
            let key = RegistryValue { key: content.to_owned(), data: None };
            return Leaf::Observable(IndicatorValue::Registry(key));
        }
        // An expression is compared with keys in their one form.
        Condition::Matches => content.to_owned(),
        condition => {
            let ended = if content.ends_with('\\') { "\\" } else { "" };
            expression(condition, &format!("{}{ended}", windows_names::key(content)))
        }
    };
    Leaf::Observable(IndicatorValue::RegistryPattern(RegistryValue { key, data: None }))
}

/// An address; the beginning of one, to a dot, is a network.
fn address(condition: Condition, content: &str) -> Result<IndicatorValue, &'static str> {
    match condition {
        Condition::Is => observable::address(content),
        Condition::StartsWith if content.ends_with('.') => {
            let parts = content.trim_end_matches('.').split('.').count();
            let rest = ["0"; 4].get(parts..).unwrap_or_default().join(".");
            observable::address(&format!("{content}{rest}/{}", parts.saturating_mul(8)))
        }
        _ => Err("address that is compared in part"),
    }
}
