//! What is no indicator, in whatever list it stands: MISP's warninglists, and the few values that are on every host.
//!
//! In: warninglists (<https://github.com/MISP/misp-warninglists>, `list.json`: `name`, `type` of `string`, `substring`,
//! `hostname`, `cidr` or `regex`, and `list`), named among the indicator lists. Out: whether an observable is excluded and by
//! which list. Applied to every list that is loaded with it.

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::Value;

use super::digests::hexadecimal;
use super::json;
use super::json::{KeyAction, Visitor};
use super::list::Account;
use super::network;
use super::network::{Network, domains_above};
use super::observable::IndicatorValue;
use super::path::PathForm;
use super::pattern::{Patterns, Within};

/// Most values of all warninglists: the largest, of the million most visited domains, has a million.
const VALUES_LIMIT: usize = 4_000_000;

/// Most parts of words that are looked for in every value, one by one.
const SUBSTRINGS_LIMIT: usize = 2_000;

/// Digests of the empty file, which every host has: MD5, SHA-1, SHA-256.
const EMPTY: [&[u8]; 3] = [
    b"\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e",
    b"\xda\x39\xa3\xee\x5e\x6b\x4b\x0d\x32\x55\xbf\xef\x95\x60\x18\x90\xaf\xd8\x07\x09",
    b"\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8\x99\x6f\xb9\x24\
      \x27\xae\x41\xe4\x64\x9b\x93\x4c\xa4\x95\x99\x1b\x78\x52\xb8\x55",
];

/// All exclusions.
#[derive(Default)]
pub(super) struct Exclusions {
    names: Vec<String>,
    /// Whole values, in lower case.
    strings: BTreeMap<Box<str>, u32>,
    /// Domains whose names below count as well.
    hostnames: BTreeMap<Box<str>, u32>,
    networks: Vec<(Network, u32)>,
    substrings: Vec<(Box<str>, u32)>,
    expressions: Patterns,
}

impl Exclusions {
    /// By which list an observable is excluded.
    pub(super) fn excludes(&self, observable: &IndicatorValue) -> Option<String> {
        if let Some(why) = digest_of_no_file(observable) {
            return Some(why.to_owned());
        }
        // Ten million digests pass here: none is written as text where no list asks for it.
        if self.names.is_empty() {
            return None;
        }
        let value = match observable {
            IndicatorValue::Md5(digest) => hexadecimal(digest),
            IndicatorValue::Sha1(digest) => hexadecimal(digest),
            IndicatorValue::Sha256(digest) => hexadecimal(digest),
            IndicatorValue::Address(network) => network.to_string(),
            IndicatorValue::Domain(text, _) | IndicatorValue::Url(text) => text.clone(),
            IndicatorValue::Path(PathForm::Literal(text))
            | IndicatorValue::Sized(PathForm::Literal(text), _)
            | IndicatorValue::Pipe(text)
            | IndicatorValue::Mutex(text) => text.to_lowercase(),
            IndicatorValue::Path(PathForm::Pattern { .. })
            | IndicatorValue::Sized(PathForm::Pattern { .. }, _)
            | IndicatorValue::RegistryPattern(_) => return None,
            IndicatorValue::Registry(value) => value.key.to_lowercase(),
        };
        let by_host = match observable {
            IndicatorValue::Domain(domain, _) => self.host(domain),
            // A page of a large site is an indicator, the site itself is not.
            IndicatorValue::Url(url) => network::url(url)
                .filter(|parts| parts.text.ends_with(&format!("{}/", parts.host)))
                .and_then(|parts| self.host(&parts.host)),
            IndicatorValue::Address(address) => {
                self.networks.iter().find(|(network, _)| network.holds(address)).map(|(_, list)| *list)
            }
            _ => None,
        };
        let list = by_host
            .or_else(|| self.strings.get(value.as_str()).copied())
            .or_else(|| {
                self.substrings.iter().find(|(part, _)| value.contains(&**part)).map(|(_, list)| *list)
            })
            .or_else(|| self.expressions.find(&value, true).first().map(|(_, list)| *list))?;
        let name = self.names.get(usize::try_from(list).ok()?).map_or("", String::as_str);
        Some(format!("excluded by the warninglist '{name}'"))
    }

    fn host(&self, domain: &str) -> Option<u32> {
        domains_above(domain).find_map(|domain| self.hostnames.get(domain).copied())
    }

    /// Reads a warninglist. Its values are counted as excluded by their kind of comparison, none as an indicator.
    pub(super) fn read(&mut self, reader: impl Read, account: &mut Account) -> Result<(), String> {
        let mut list = Warninglist::default();
        let read = json::walk(reader, &mut list);
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(list.name);
        for value in list.values {
            if let Err(why) = self.add(&list.kind, value.trim(), number) {
                account.unused(why, &value);
            } else {
                account.used("exclusion");
            }
        }
        read
    }

    fn add(&mut self, kind: &str, value: &str, list: u32) -> Result<(), &'static str> {
        let all = [self.strings.len(), self.hostnames.len(), self.networks.len(), self.expressions.len()];
        if all.into_iter().fold(0, usize::saturating_add) >= VALUES_LIMIT {
            return Err("value over the limit on their number");
        }
        match kind {
            "string" => {
                // Lists of addresses and domains are of this type as well; both are compared in their one form.
                let value = match (Network::parse(value), network::domain(value)) {
                    (Ok(network), _) => network.to_string(),
                    (_, Some(domain)) => domain,
                    _ => value.to_lowercase(),
                };
                self.strings.insert(value.into(), list);
            }
            "hostname" => {
                let domain = network::domain(value).ok_or("not a domain of two labels or more")?;
                self.hostnames.insert(domain.into(), list);
            }
            "cidr" => {
                let network =
                    Network::parse(value).map_err(|_| "not a network, or one that is refused anyway")?;
                self.networks.push((network, list));
            }
            "substring" if self.substrings.len() >= SUBSTRINGS_LIMIT => {
                return Err("part of a word over the limit on their number");
            }
            "substring" if value.len() < 2 => return Err("part of a word that is in every value"),
            "substring" => self.substrings.push((value.to_lowercase().into(), list)),
            "regex" => {
                let inner = value
                    .strip_prefix('/')
                    .and_then(|rest| rest.rsplit_once('/'))
                    .map_or(value, |(inner, _)| inner);
                self.expressions.push(inner, Within::Text, None, list)?;
            }
            _ => return Err("type of warninglist that is not known"),
        }
        Ok(())
    }

    /// Makes everything findable.
    pub(super) fn seal(&mut self) {
        self.expressions.seal();
    }
}

/// Why a digest says nothing of any file, whatever list it stands in.
fn digest_of_no_file(observable: &IndicatorValue) -> Option<&'static str> {
    let digest: &[u8] = match observable {
        IndicatorValue::Md5(digest) => digest,
        IndicatorValue::Sha1(digest) => digest,
        IndicatorValue::Sha256(digest) => digest,
        _ => return None,
    };
    let first = digest.first().copied().unwrap_or_default();
    let repeats = first >> 4 == first & 0xf && digest.iter().all(|byte| *byte == first);
    if EMPTY.contains(&digest) {
        Some("digest of the empty file")
    } else {
        repeats.then_some("digest of one repeated digit")
    }
}

#[derive(Default)]
struct Warninglist {
    name: String,
    kind: String,
    values: Vec<String>,
}

impl Visitor for Warninglist {
    fn step(&mut self, key: &str, depth: u32) -> KeyAction {
        match (key, depth) {
            ("name" | "type", 0) => KeyAction::Take,
            ("list", 0) => KeyAction::Elements,
            _ => KeyAction::Skip,
        }
    }

    fn value(&mut self, key: &str, value: Value) {
        let Value::String(text) = value else { return };
        match key {
            "name" => self.name = text.chars().take(100).collect(),
            "type" => self.kind = text,
            _ if self.values.len() < VALUES_LIMIT => self.values.push(text),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::indicators::observable::{Below, address, digest, domain, url};

    fn exclusions(lists: &[&str]) -> Exclusions {
        let mut exclusions = Exclusions::default();
        for list in lists {
            exclusions.read(list.as_bytes(), &mut Account::default()).unwrap();
        }
        exclusions.seal();
        exclusions
    }

    #[test]
    fn each_type_of_warninglist_excludes_what_it_names_and_nothing_beside_it() {
        // The keys come in any order; the values first, as the project's own files have them.
        let exclusions = exclusions(&[
            r#"{"list":["198.51.100.0/24"],"name":"ranges","type":"cidr"}"#,
            r#"{"name":"top","type":"hostname","list":["example.com",".example.org"]}"#,
            r#"{"name":"resolvers","type":"string","list":["192.0.2.53","dns.example.net"]}"#,
            r#"{"name":"parts","type":"substring","list":[".sinkhole."]}"#,
            r#"{"name":"expressions","type":"regex","list":["/^test[0-9]+\\.example\\.info$/i"]}"#,
        ]);
        let by = |observable: Result<IndicatorValue, &str>| exclusions.excludes(&observable.unwrap());
        let named = |name: &str| Some(format!("excluded by the warninglist '{name}'"));
        assert_eq!(by(address("198.51.100.7")), named("ranges"));
        assert_eq!(by(address("198.51.101.7")), None);
        assert_eq!(by(domain("www.example.com", Below::Counts)), named("top"));
        assert_eq!(by(domain("a.example.org", Below::Counts)), named("top"));
        assert_eq!(by(domain("badexample.com", Below::Counts)), None);
        assert_eq!(by(url("https://www.example.com/")), named("top"));
        assert_eq!(by(url("https://www.example.com/evil.exe")), None);
        assert_eq!(by(address("192.0.2.53")), named("resolvers"));
        assert_eq!(by(domain("dns.example.net", Below::Counts)), named("resolvers"));
        assert_eq!(by(domain("x.dns.example.net", Below::Counts)), None);
        assert_eq!(by(domain("a.sinkhole.example.nl", Below::Counts)), named("parts"));
        assert_eq!(by(domain("test12.example.info", Below::Counts)), named("expressions"));
        assert_eq!(by(domain("test.example.info", Below::Counts)), None);
    }

    #[test]
    fn what_every_host_has_is_excluded_without_any_list() {
        let exclusions = Exclusions::default();
        for text in [
            "d41d8cd98f00b204e9800998ecf8427e",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ] {
            assert!(exclusions.excludes(&digest(text).unwrap()).is_some(), "{text}");
        }
        assert!(exclusions.excludes(&digest(&"0".repeat(64)).unwrap()).is_some());
        assert_eq!(exclusions.excludes(&digest(&"01".repeat(32)).unwrap()), None);
    }
}
