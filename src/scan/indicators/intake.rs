//! What every format's reader writes into: indicators that are in use, and the account of those that are not.
//!
//! In: observables with what their list says of them. Out: the tables that are looked up. What an exclusion names, and
//! what would fire on every host, is refused here, whatever list it stands in.

use super::digests::Digests;
use super::exclusions::Exclusions;
use super::labels::{Labels, Said};
use super::list::Account;
use super::network;
use super::network::Networks;
use super::observable::{Below, IndicatorValue, ValueReading, of_type};
use super::path::Paths;
use super::pattern::{Patterns, Within};
use super::size::SizedPaths;
use super::text_table::Texts;
use super::windows_names;
use crate::evidence::{HitKind, Utc};

/// Most digests of all lists together: at 37 bytes each they take 1.9 GB.
const DIGESTS_LIMIT: usize = 50_000_000;

/// Most names, domains, URLs and keys of all lists together: at some 100 bytes each they take 500 MB.
const TEXTS_LIMIT: usize = 5_000_000;

/// Everything that is looked up.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) md5: Digests<16>,
    pub(super) sha1: Digests<20>,
    pub(super) sha256: Digests<32>,
    pub(super) known_good: Digests<32>,
    pub(super) paths: Paths,
    pub(super) sized: SizedPaths,
    pub(super) networks: Networks,
    pub(super) domains: Texts<(Below, u32)>,
    pub(super) urls: Texts<u32>,
    pub(super) pipes: Texts<u32>,
    pub(super) mutexes: Texts<u32>,
    /// Under the comparable key: the data that must stand in it, if the list says so.
    pub(super) registry: Texts<(Option<Box<str>>, u32)>,
    /// Expressions over comparable keys; each is labelled with its number in `registry_values`.
    pub(super) registry_patterns: Patterns,
    pub(super) registry_values: Vec<(Option<Box<str>>, u32)>,
    pub(super) labels: Labels,
}

impl Tables {
    /// Makes everything findable.
    pub(super) fn seal(&mut self) {
        self.md5.seal();
        self.sha1.seal();
        self.sha256.seal();
        self.known_good.seal();
        self.paths.seal();
        self.sized.seal();
        self.registry_patterns.seal();
        self.networks.seal();
        self.domains.seal();
        self.urls.seal();
        self.pipes.seal();
        self.mutexes.seal();
        self.registry.seal();
        self.labels.seal();
    }

    /// How many digests there are.
    pub(super) fn digests(&self) -> usize {
        let all = [self.md5.len(), self.sha1.len(), self.sha256.len(), self.known_good.len()];
        all.into_iter().fold(0, usize::saturating_add)
    }

    fn texts(&self) -> usize {
        let texts = [
            self.paths.len(),
            self.sized.len(),
            self.registry_patterns.len(),
            self.networks.len(),
            self.domains.len(),
            self.urls.len(),
            self.pipes.len(),
            self.mutexes.len(),
            self.registry.len(),
        ];
        texts.into_iter().fold(0, usize::saturating_add)
    }
}

/// For what a list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListPurpose {
    /// What it names is to be found.
    Indicators,
    /// What it names is known to be good.
    KnownGood,
}

/// One list on its way into the tables.
pub(super) struct ListIntake<'a> {
    pub(super) tables: &'a mut Tables,
    pub(super) exclusions: &'a Exclusions,
    pub(super) account: &'a mut Account,
    /// Number of the list.
    pub(super) list: u32,
    pub(super) purpose: ListPurpose,
    /// When the run began: what a list says is valid until an earlier moment is not in use.
    pub(super) now: Utc,
}

impl ListIntake<'_> {
    /// Takes a value whose type the list names.
    pub(super) fn typed(&mut self, word: &str, value: &str, said: &Said<'_>) {
        match of_type(word, value) {
            ValueReading::Taken(observables, beside) => self.all(observables, beside.as_deref(), said),
            ValueReading::Refused(why) => self.refuse(why, value),
            ValueReading::Unknown => self.refuse(&format!("type {word}"), value),
        }
    }

    /// Takes observables, with what is told beside them.
    pub(super) fn all(&mut self, observables: Vec<IndicatorValue>, beside: Option<&str>, said: &Said<'_>) {
        let description = match (said.description, beside) {
            (description, None) => description.to_owned(),
            ("", Some(beside)) => beside.to_owned(),
            (description, Some(beside)) => format!("{description} ({beside})"),
        };
        if let Some(beside) = beside {
            self.account.remark("condition that is reported with a hit, and not compared", beside);
        }
        for observable in observables {
            self.take(observable, &Said { description: &description, ..*said });
        }
    }

    /// Takes one observable.
    pub(super) fn take(&mut self, observable: IndicatorValue, said: &Said<'_>) {
        if self.purpose == ListPurpose::KnownGood {
            return self.known_good(&observable);
        }
        if let Some(why) = self.exclusions.excludes(&observable) {
            return self.refuse(&why, &observable.to_string());
        }
        if let Some(why) = never_met(&observable) {
            return self.refuse(why, &observable.to_string());
        }
        let (label, kept) = self.tables.labels.number(self.list, said);
        let tables = &mut *self.tables;
        let is_digest = matches!(
            observable,
            IndicatorValue::Md5(_) | IndicatorValue::Sha1(_) | IndicatorValue::Sha256(_)
        );
        let full = if is_digest { tables.digests() >= DIGESTS_LIMIT } else { tables.texts() >= TEXTS_LIMIT };
        if full {
            return self.refuse("indicator over the limit on their number", &observable.to_string());
        }
        let kind = match observable {
            IndicatorValue::Md5(digest) => {
                tables.md5.push(digest, label);
                HitKind::Md5
            }
            IndicatorValue::Sha1(digest) => {
                tables.sha1.push(digest, label);
                HitKind::Sha1
            }
            IndicatorValue::Sha256(digest) => {
                tables.sha256.push(digest, label);
                HitKind::Sha256
            }
            IndicatorValue::Path(form) => {
                if let Err(why) = tables.paths.push(&form, label) {
                    return self.refuse(why, form.text());
                }
                HitKind::Path
            }
            IndicatorValue::Address(network) => {
                tables.networks.push(network, label);
                HitKind::Address
            }
            IndicatorValue::Domain(domain, below) => {
                tables.domains.push(domain, (below, label));
                HitKind::Domain
            }
            IndicatorValue::Url(url) => {
                tables.urls.push(url, label);
                HitKind::Url
            }
            IndicatorValue::Pipe(name) => {
                tables.pipes.push(windows_names::pipe(&name), label);
                HitKind::Pipe
            }
            IndicatorValue::Mutex(name) => {
                tables.mutexes.push(windows_names::mutex(&name), label);
                HitKind::Mutex
            }
            IndicatorValue::Sized(form, size) => {
                if let Err(why) = tables.sized.push(&form, size, label) {
                    return self.refuse(why, form.text());
                }
                HitKind::Path
            }
            IndicatorValue::Registry(value) => {
                let data: Option<Box<str>> =
                    value.data.as_deref().map(|data| windows_names::data(data).into());
                for key in windows_names::full_keys(&value.key) {
                    tables.registry.push(key, (data.clone(), label));
                }
                HitKind::Registry
            }
            IndicatorValue::RegistryPattern(value) => {
                let number = u32::try_from(tables.registry_values.len()).unwrap_or(u32::MAX);
                if let Err(why) = tables.registry_patterns.push(&value.key, Within::Text, None, number) {
                    return self.refuse(why, &value.key);
                }
                let data = value.data.as_deref().map(|data| windows_names::data(data).into());
                tables.registry_values.push((data, label));
                HitKind::Registry
            }
        };
        self.account.used(kind.word());
        if !kept {
            self.account.remark("description over the limit on text that is kept", said.description);
        }
    }

    /// Only a SHA-256 can vouch for a file: for MD5 and SHA-1 a good and a bad one can be made alike.
    fn known_good(&mut self, observable: &IndicatorValue) {
        match observable {
            IndicatorValue::Sha256(_) if self.tables.digests() >= DIGESTS_LIMIT => {
                self.refuse("digest over the limit on their number", &observable.to_string());
            }
            IndicatorValue::Sha256(digest) => {
                self.tables.known_good.push(*digest, 0);
                self.account.used("known_good");
            }
            IndicatorValue::Md5(_) | IndicatorValue::Sha1(_) => {
                self.refuse("MD5 or SHA-1, which cannot vouch for a file", &observable.to_string());
            }
            _ => self.refuse("not a digest, in a list of known good ones", &observable.to_string()),
        }
    }

    /// Counts what cannot be used.
    pub(super) fn refuse(&mut self, what: &str, example: &str) {
        self.account.unused(what, example);
    }
}

/// Tries an observable on one made for it: what nothing could meet is not in use. Patterns are tried where they are compiled.
fn never_met(observable: &IndicatorValue) -> Option<&'static str> {
    match observable {
        IndicatorValue::Pipe(name) if windows_names::pipe(name).is_empty() => Some("pipe without a name"),
        IndicatorValue::Mutex(name) if windows_names::mutex(name).is_empty() => Some("mutex without a name"),
        IndicatorValue::Registry(value) if windows_names::full_keys(&value.key).is_empty() => {
            Some("registry key without its hive")
        }
        IndicatorValue::Domain(domain, _) if network::domain(domain).as_ref() != Some(domain) => {
            Some("domain that no host could ask for")
        }
        IndicatorValue::Url(url) if network::url(url).is_none_or(|read| read.text != *url) => {
            Some("URL that no host could ask for")
        }
        _ => None,
    }
}
