//! Indicator lists as the operator names them and as the bundle records them.
//!
//! In: `PATH` or `FORMAT=PATH`, a file or a folder. Out: the files to read, in their order; and of each list an account
//! that adds up: what is in use by kind, what could not be used by reason with an example, and why a file failed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::evidence::{Digest, Printable};
use crate::scan::Error;

/// Most files of one folder: the largest public MISP feed has some 2,000 events.
const FILES_LIMIT: usize = 50_000;

/// Reasons for which indicators of one list are counted by name; those past it are counted together.
const REASONS_LIMIT: usize = 100;

/// Longest example, in characters.
const EXAMPLE_LENGTH: usize = 120;

/// Endings of the files that are read of a folder.
const ENDINGS: [&str; 8] = ["txt", "csv", "tsv", "json", "stix", "ioc", "xml", "list"];

/// The file that makes a folder a MISP feed.
pub(super) const MANIFEST: &str = "manifest.json";

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One value a line, with a description: digests, addresses, domains, URLs.
    Values,
    /// One expression over paths a line: `regex;score;false positives`.
    Filenames,
    /// Columns.
    Csv,
    /// A MISP event, or several.
    Misp,
    /// A folder of MISP events with their `manifest.json`.
    MispFeed,
    /// A MISP warninglist: values that are no indicators, of whatever list.
    Warninglist,
    /// A STIX 2 bundle.
    Stix,
    /// An OpenIOC document.
    OpenIoc,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 8] = [
        Self::Values,
        Self::Filenames,
        Self::Csv,
        Self::Misp,
        Self::MispFeed,
        Self::Warninglist,
        Self::Stix,
        Self::OpenIoc,
    ];

    /// The word for it, which also forces it: `stix=PATH`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Filenames => "filenames",
            Self::Csv => "csv",
            Self::Misp => "misp",
            Self::MispFeed => "misp_feed",
            Self::Warninglist => "warninglist",
            Self::Stix => "stix",
            Self::OpenIoc => "open_ioc",
        }
    }
}

/// Where indicators come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndicatorSource {
    /// A list, a folder of lists, or a MISP feed.
    pub path: PathBuf,
    /// How it is written, where the operator says so.
    pub format: Option<Format>,
}

impl FromStr for IndicatorSource {
    type Err = std::convert::Infallible;

    /// Reads `PATH` or `FORMAT=PATH`; a path that has an equals sign in it is taken as it is unless a format stands before.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let forced = text.split_once('=').and_then(|(word, path)| {
            let format = Format::ALL.into_iter().find(|format| format.word() == word)?;
            Some(Self { path: path.into(), format: Some(format) })
        });
        Ok(forced.unwrap_or_else(|| Self { path: text.into(), format: None }))
    }
}

/// An indicator list, as recorded in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndicatorList {
    /// Its name as given.
    pub name: String,
    /// How it is written; absent where that could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Digest of the file; of a feed's folder, that of the lines `sha256sum` prints of the files read, in their order.
    pub sha256: Digest,
    /// Indicators in use; of a warninglist or known good digests, the values in force.
    pub indicators: u64,
    /// Those by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kinds: BTreeMap<String, u64>,
    /// What could not be used, the most frequent reason first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<Unused>,
    /// Why reading ended before its end; what was read until then is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// What of a list could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unused {
    /// Why, or its type.
    pub what: String,
    /// How many.
    pub count: u64,
    /// One of them.
    pub example: String,
}

/// The account of a list while it is read.
#[derive(Debug, Default)]
pub(super) struct Account {
    kinds: BTreeMap<&'static str, u64>,
    unused: BTreeMap<String, (u64, String)>,
}

impl Account {
    /// Counts one that is in use, by the word for its kind.
    pub(super) fn used(&mut self, word: &'static str) {
        let count = self.kinds.entry(word).or_default();
        *count = count.saturating_add(1);
    }

    /// Counts one that is not, by the reason or its type.
    pub(super) fn unused(&mut self, what: &str, example: &str) {
        let known = self.unused.contains_key(what) || self.unused.len() < REASONS_LIMIT;
        let what = if known { what } else { "(other reasons)" };
        if let Some((count, _)) = self.unused.get_mut(what) {
            *count = count.saturating_add(1);
            return;
        }
        let example = example.chars().take(EXAMPLE_LENGTH).collect();
        self.unused.insert(what.chars().take(EXAMPLE_LENGTH).collect(), (1, example));
    }

    /// How many are in use.
    pub(super) fn in_use(&self) -> u64 {
        self.kinds.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(super) fn close(
        self,
        name: String,
        format: Option<Format>,
        sha256: Digest,
        failed: Option<String>,
    ) -> IndicatorList {
        let indicators = self.in_use();
        let kinds = self.kinds.into_iter().map(|(word, count)| (word.to_owned(), count)).collect();
        let mut unused: Vec<Unused> =
            self.unused.into_iter().map(|(what, (count, example))| Unused { what, count, example }).collect();
        unused.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.what.cmp(&b.what)));
        IndicatorList { name, format, sha256, indicators, kinds, unused, failed }
    }
}

/// A list to read: one file, or a feed's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListToRead {
    pub(super) path: PathBuf,
    pub(super) format: Option<Format>,
}

/// The lists that sources name, in their order and by name within a folder; links are not followed.
///
/// # Errors
/// A named path cannot be listed, or a folder holds no list.
pub(super) fn lists(sources: &[IndicatorSource]) -> Result<Vec<ListToRead>, Error> {
    let mut lists = Vec::new();
    for IndicatorSource { path, format } in sources {
        let failed = |source| Error::ListIndicators { path: path.clone(), source };
        let facts = std::fs::metadata(path).map_err(failed)?;
        if facts.is_file() {
            lists.push(ListToRead { path: path.clone(), format: *format });
            continue;
        }
        // A pipe would hold up the run.
        if !facts.is_dir() {
            return Err(failed(std::io::Error::other("neither a regular file nor a directory")));
        }
        if path.join(MANIFEST).is_file() {
            lists.push(ListToRead { path: path.clone(), format: Some(Format::MispFeed) });
            continue;
        }
        let before = lists.len();
        for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|error| failed(error.into()))?;
            if !entry.file_type().is_file() || !is_list(entry.path()) {
                continue;
            }
            if lists.len().saturating_sub(before) >= FILES_LIMIT {
                return Err(failed(std::io::Error::other(format!("more than {FILES_LIMIT} lists"))));
            }
            lists.push(ListToRead { path: entry.into_path(), format: *format });
        }
        if lists.len() == before {
            let endings = ENDINGS.join(", .");
            return Err(failed(std::io::Error::other(format!("no .{endings} file beneath it"))));
        }
    }
    Ok(lists)
}

fn is_list(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

impl fmt::Display for IndicatorSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(format) = self.format {
            write!(f, "{}=", format.word())?;
        }
        write!(f, "{}", Printable(&self.path.display().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_before_an_equals_sign_is_forced_and_any_other_word_is_part_of_the_path() {
        let read = |text: &str| text.parse::<IndicatorSource>().unwrap();
        assert_eq!(
            read("stix=a.json"),
            IndicatorSource { path: "a.json".into(), format: Some(Format::Stix) }
        );
        assert_eq!(read("x=a.json"), IndicatorSource { path: "x=a.json".into(), format: None });
        assert_eq!(read("stix=a.json").to_string(), "stix=a.json");
    }

    #[test]
    fn an_account_adds_up_and_never_grows_with_what_a_list_invents() {
        let mut account = Account::default();
        account.used("sha256");
        account.used("md5");
        for number in 0..10_000 {
            account.unused(&format!("type {number}"), "x");
        }
        account.unused("type 0", "y");
        let list = account.close("a".into(), None, Digest::of(b""), None);
        assert_eq!((list.indicators, list.unused.len()), (2, REASONS_LIMIT + 1));
        assert_eq!(list.unused.iter().map(|unused| unused.count).sum::<u64>(), 10_001);
        assert_eq!(list.unused[0].what, "(other reasons)");
        assert_eq!(list.unused[1], Unused { what: "type 0".into(), count: 2, example: "x".into() });
    }
}
