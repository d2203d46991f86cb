//! Indicators: digests, names and paths, addresses, domains, URLs, pipes, mutexes and registry values that lists name.
//!
//! In: lists in the formats of the field, each read by a module here (`line_list`, `csv`, `misp`, `stix`,
//! `openioc`, `exclusions`) and detected from its content (`detect`). Out: [`Indicators`], which returns those that match an
//! observation, as [`Hit`]s. Everything in a list is hostile: nothing is held whole that has no limit, and what cannot
//! be used is counted and named ([`IndicatorList`]). No look-up grows with the lists by more than a logarithm.

use std::collections::BTreeMap;
use std::net::IpAddr;

mod checksum;
mod command;
mod csv;
mod decode;
mod detect;
mod digests;
mod exclusions;
mod hosts;
mod idna;
mod intake;
mod item;
mod json;
mod labels;
mod line_list;
mod list;
mod load;
mod logic;
mod logs;
mod member;
mod misp;
mod network;
mod observable;
mod openioc;
mod path;
mod pattern;
mod python_regex;
mod rows;
mod size;
mod specimen;
mod stix;
mod sums;
mod text_table;
mod windows_names;

pub use list::{Format, IndicatorList, IndicatorSource, Unused};
pub use load::read_bytes;
pub use path::Case;
pub use rows::InText;
pub(crate) use sums::Sums;

use digests::hexadecimal;
use intake::Tables;
use observable::{Below, IndicatorValue};

use crate::evidence::{Content, Digest, Hit, HitKind, cut};

/// Most hits that one observation gives: a digest that stands in a hundred lists says no more than in the first ones.
const HITS_LIMIT: usize = 32;

/// Everything that the lists name, shared by all threads.
#[derive(Default)]
pub struct Indicators {
    tables: Tables,
    lists: Vec<IndicatorList>,
    known_good: Vec<IndicatorList>,
    /// Of the folders of either.
    skipped: [super::SkippedFiles; 2],
}

/// What digests an item needs besides its SHA-256.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Some list names an MD5.
    pub md5: bool,
    /// Some list names a SHA-1.
    pub sha1: bool,
}

/// What the digests of all lists cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// How many there are.
    pub digests: usize,
    /// Memory they take with what is told of them, in bytes.
    pub bytes: usize,
}

impl Indicators {
    /// The lists of indicators, with those that could not be read.
    #[must_use]
    pub fn lists(&self) -> &[IndicatorList] {
        &self.lists
    }

    /// The lists of digests that are known to be good.
    #[must_use]
    pub fn known_good_lists(&self) -> &[IndicatorList] {
        &self.known_good
    }

    /// Files of named folders that were not read as lists: those of indicators, and of known good digests.
    #[must_use]
    pub const fn skipped(&self) -> &[super::SkippedFiles; 2] {
        &self.skipped
    }

    /// All lists that could not be read to their end.
    pub fn failed(&self) -> impl Iterator<Item = &IndicatorList> {
        self.lists.iter().chain(&self.known_good).filter(|list| list.failed.is_some())
    }

    /// How many indicators are in use.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.lists.iter().fold(0, |sum, list| sum.saturating_add(list.indicators))
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether addresses, domains or URLs are in use.
    #[must_use]
    pub fn names_the_network(&self) -> bool {
        let Tables { networks, domains, urls, .. } = &self.tables;
        networks.len() > 0 || domains.len() > 0 || urls.len() > 0
    }

    /// How many indicators of each kind are in use.
    #[must_use]
    pub fn kinds(&self) -> BTreeMap<&str, u64> {
        let mut kinds = BTreeMap::new();
        for (kind, count) in
            self.lists.iter().flat_map(|list| &list.kinds).filter(|(kind, _)| *kind != "exclusion")
        {
            let sum: &mut u64 = kinds.entry(kind.as_str()).or_default();
            *sum = sum.saturating_add(*count);
        }
        kinds
    }

    /// The digests that the lists ask for.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        Wanted { md5: self.tables.md5.len() > 0, sha1: self.tables.sha1.len() > 0 }
    }

    /// What the digests cost.
    #[must_use]
    pub fn cost(&self) -> Cost {
        let Tables { md5, sha1, sha256, known_good, labels, .. } = &self.tables;
        let bytes = [md5.bytes(), sha1.bytes(), sha256.bytes(), known_good.bytes(), labels.bytes()];
        Cost { digests: self.tables.digests(), bytes: bytes.into_iter().fold(0, usize::saturating_add) }
    }

    /// Whether a list of known good digests has it.
    #[must_use]
    pub fn known_good(&self, digest: &Digest) -> bool {
        !self.tables.known_good.find(digest.as_bytes()).is_empty()
    }

    /// Whether the whole of an item is known to be good: as it is on the target, with its holes as zeros.
    #[must_use]
    pub fn is_known_good(&self, content: &Content) -> bool {
        self.known_good(content.sha256_logical.as_ref().unwrap_or(&content.sha256_stored))
    }

    /// What the digests of a whole item meet. An item that meets several digests of one case gives one hit, by the
    /// strongest of them.
    #[must_use]
    pub fn content(&self, content: &Content) -> Vec<Hit> {
        let Tables { md5, sha1, sha256, .. } = &self.tables;
        let mut met: Vec<(HitKind, u32, String)> = Vec::new();
        let mut add = |kind, labels: Vec<u32>, digest: &[u8]| {
            for label in labels {
                if !met.iter().any(|(_, other, _)| *other == label) {
                    met.push((kind, label, hexadecimal(digest)));
                }
            }
        };
        for digest in [Some(content.sha256_stored), content.sha256_logical].into_iter().flatten() {
            let labels = sha256.find(digest.as_bytes()).iter().map(digests::DigestEntry::label).collect();
            add(HitKind::Sha256, labels, digest.as_bytes());
        }
        if let Some(digest) = content.sha1 {
            add(
                HitKind::Sha1,
                sha1.find(digest.as_bytes()).iter().map(digests::DigestEntry::label).collect(),
                digest.as_bytes(),
            );
        }
        if let Some(digest) = content.md5 {
            add(
                HitKind::Md5,
                md5.find(digest.as_bytes()).iter().map(digests::DigestEntry::label).collect(),
                digest.as_bytes(),
            );
        }
        met.into_iter()
            .take(HITS_LIMIT)
            .map(|(kind, label, value)| self.hit(kind, &value, label, None))
            .collect()
    }

    /// What a digest in hexadecimal digits meets, of whichever of the three kinds it is.
    #[must_use]
    pub fn digest(&self, digest: &str) -> Vec<Hit> {
        let Tables { md5, sha1, sha256, .. } = &self.tables;
        let (kind, labels): (_, Vec<u32>) = match observable::digest(digest) {
            Ok(IndicatorValue::Md5(bytes)) => {
                (HitKind::Md5, md5.find(&bytes).iter().map(digests::DigestEntry::label).collect())
            }
            Ok(IndicatorValue::Sha1(bytes)) => {
                (HitKind::Sha1, sha1.find(&bytes).iter().map(digests::DigestEntry::label).collect())
            }
            Ok(IndicatorValue::Sha256(bytes)) => {
                (HitKind::Sha256, sha256.find(&bytes).iter().map(digests::DigestEntry::label).collect())
            }
            _ => return Vec::new(),
        };
        let value = digest.trim().to_ascii_lowercase();
        labels.into_iter().take(HITS_LIMIT).map(|label| self.hit(kind, &value, label, None)).collect()
    }

    /// What a path meets, as people of its system write it: `C:\Temp\x.exe`, `/tmp/x`.
    #[must_use]
    pub fn path(&self, path: &str, case: Case) -> Vec<Hit> {
        let met = self.tables.paths.find(path, case).into_iter().take(HITS_LIMIT);
        met.map(|(indicator, label)| self.hit(HitKind::Path, &indicator, label, Some(path))).collect()
    }

    /// What a path meets that lists name together with the size of the file.
    #[must_use]
    pub fn sized(&self, path: &str, size: u64, case: Case) -> Vec<Hit> {
        let met = self.tables.sized.find(path, size, case).into_iter().take(HITS_LIMIT);
        met.map(|(indicator, label)| self.hit(HitKind::Path, &indicator, label, Some(path))).collect()
    }

    /// What the name of a file meets, where its folder is not known.
    #[must_use]
    pub fn name(&self, name: &str, case: Case) -> Vec<Hit> {
        self.path(name, case)
    }

    /// What an address meets: itself, and the networks it lies in.
    #[must_use]
    pub fn address(&self, address: &IpAddr) -> Vec<Hit> {
        let seen = address.to_canonical().to_string();
        let met = self.tables.networks.find(address).take(HITS_LIMIT);
        met.map(|(network, label)| self.hit(HitKind::Address, &network.to_string(), label, Some(&seen)))
            .collect()
    }

    /// What a domain meets: itself, and the domains above it that count for what is below them.
    #[must_use]
    pub fn domain(&self, domain: &str) -> Vec<Hit> {
        let Some(seen) = network::domain(domain) else { return Vec::new() };
        let met = network::domains_above(&seen).flat_map(|above| {
            let found = self.tables.domains.find(above);
            let itself = above.len() == seen.len();
            found.filter(move |(_, (below, _))| itself || *below == Below::Counts)
        });
        met.take(HITS_LIMIT)
            .map(|(text, (_, label))| self.hit(HitKind::Domain, text, *label, Some(&seen)))
            .collect()
    }

    /// What a URL meets: itself, and its host.
    #[must_use]
    pub fn url(&self, url: &str) -> Vec<Hit> {
        let Some(seen) = network::url(url) else { return Vec::new() };
        let met = self.tables.urls.find(&seen.text).take(HITS_LIMIT);
        let mut hits: Vec<Hit> =
            met.map(|(text, label)| self.hit(HitKind::Url, text, *label, Some(url))).collect();
        hits.extend(match seen.host.parse() {
            Ok(address) => self.address(&address),
            Err(_) => self.domain(&seen.host),
        });
        hits
    }

    /// What the name of a named pipe meets.
    #[must_use]
    pub fn pipe(&self, name: &str) -> Vec<Hit> {
        let met = self.tables.pipes.find(&windows_names::pipe(name)).take(HITS_LIMIT);
        met.map(|(text, label)| self.hit(HitKind::Pipe, text, *label, Some(name))).collect()
    }

    /// What the name of a mutex meets.
    #[must_use]
    pub fn mutex(&self, name: &str) -> Vec<Hit> {
        let met = self.tables.mutexes.find(&windows_names::mutex(name)).take(HITS_LIMIT);
        met.map(|(text, label)| self.hit(HitKind::Mutex, text, *label, Some(name))).collect()
    }

    /// What a registry value meets: its key alone, its key and name, and either with its data. `data` as text, where
    /// the value has some.
    #[must_use]
    pub fn registry(&self, key: &str, name: Option<&str>, data: Option<&str>) -> Vec<Hit> {
        let comparable = windows_names::key(key);
        let named =
            name.filter(|name| !name.is_empty()).map(|name| windows_names::key(&format!("{key}\\{name}")));
        let held = data.map(windows_names::data);
        let seen = match (name, data) {
            (Some(name), Some(data)) => format!("{key}\\{name} = {data}"),
            (Some(name), None) => format!("{key}\\{name}"),
            (None, _) => key.to_owned(),
        };
        let keys: Vec<String> = std::iter::once(comparable).chain(named).collect();
        let met = keys.iter().flat_map(|key| self.tables.registry.find(key));
        let right = met.filter(|(_, (wanted, _))| {
            wanted.as_deref().is_none_or(|wanted| held.as_deref() == Some(wanted))
        });
        let whole = right.map(|(text, (_, label))| (&**text, *label));
        let patterns = keys.iter().flat_map(|key| self.tables.registry_patterns.find(key, true));
        let patterns = patterns.filter_map(|(text, number)| {
            let (wanted, label) = self.tables.registry_values.get(usize::try_from(number).ok()?)?;
            wanted.as_deref().is_none_or(|wanted| held.as_deref() == Some(wanted)).then_some((text, *label))
        });
        whole
            .chain(patterns)
            .take(HITS_LIMIT)
            .map(|(text, label)| self.hit(HitKind::Registry, text, label, Some(&seen)))
            .collect()
    }

    fn hit(&self, kind: HitKind, indicator: &str, label: u32, seen: Option<&str>) -> Hit {
        let label = self.tables.labels.get(label);
        let list = label.and_then(|label| self.lists.get(usize::try_from(label.list).ok()?));
        let source = list.map(|list| list.name.clone()).unwrap_or_default();
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Hit {
            value: seen.filter(|seen| *seen != indicator).map(cut),
            score: label.and_then(|label| label.score),
            description: label.and_then(|label| text(&label.description)),
            reference: label.and_then(|label| text(&label.reference)),
            ..Hit::indicator(kind, indicator, source)
        }
    }
}

impl std::fmt::Debug for Indicators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Indicators").field("lists", &self.lists.len()).finish_non_exhaustive()
    }
}
