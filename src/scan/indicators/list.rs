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
use crate::scan::skipped_files::SkippedFiles;

/// Most files of one folder: the largest public MISP feed has some 2,000 events.
const FILES_LIMIT: usize = 50_000;

/// Reasons for which indicators of one list are counted by name; those past it are counted together.
const REASONS_LIMIT: usize = 100;

/// Longest example, in characters.
const EXAMPLE_LENGTH: usize = 120;

/// Endings of the files that are read of a folder.
const ENDINGS: [&str; 19] = [
    "txt", "csv", "tsv", "json", "stix", "stix2", "ioc", "iocs", "xml", "list", "lst", "md5", "sha1",
    "sha256", "sha512", "hash", "hashes", "sum", "sums",
];

/// Files that are read of a folder without an ending: what distributions call their digests.
const NAMES: [&str; 5] = ["md5sums", "sha1sums", "sha256sums", "sha512sums", "checksums"];

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
    /// Indicators read: those in use and those that are not.
    #[serde(default)]
    pub read: u64,
    /// Indicators in use; of a warninglist or known good digests, the values in force.
    pub indicators: u64,
    /// Those by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kinds: BTreeMap<String, u64>,
    /// What could not be used, the most frequent reason first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<Unused>,
    /// What is to be known of indicators that are in use: conditions that are reported with a hit and not compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Unused>,
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

/// What became of one indicator that was read.
pub(super) enum IndicatorFate<'a> {
    /// In use, as one of this kind.
    InUse(&'static str),
    /// Not in use, for this reason.
    NotUsed { what: &'a str, example: &'a str },
}

/// How often something was counted, and one example of it.
type Counted = BTreeMap<String, (u64, String)>;

/// The account of a list while it is read: every indicator is counted once, in [`Self::count`], as in use or not.
#[derive(Debug, Default)]
pub(super) struct Account {
    read: u64,
    kinds: BTreeMap<&'static str, u64>,
    unused: Counted,
    remarks: Counted,
}

impl Account {
    /// Counts an indicator that was read.
    pub(super) fn count(&mut self, fate: &IndicatorFate<'_>) {
        self.read = self.read.saturating_add(1);
        match *fate {
            IndicatorFate::InUse(word) => {
                let count = self.kinds.entry(word).or_default();
                *count = count.saturating_add(1);
            }
            IndicatorFate::NotUsed { what, example } => count(&mut self.unused, what, example),
        }
    }

    /// Counts one that is in use, by the word for its kind.
    pub(super) fn used(&mut self, word: &'static str) {
        self.count(&IndicatorFate::InUse(word));
    }

    /// Counts one that is not, by the reason or its type.
    pub(super) fn unused(&mut self, what: &str, example: &str) {
        self.count(&IndicatorFate::NotUsed { what, example });
    }

    /// Counts something about an indicator that is counted as in use: a condition that is not compared.
    pub(super) fn remark(&mut self, what: &str, example: &str) {
        count(&mut self.remarks, what, example);
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
        let (unused, remarks) = (sorted(self.unused), sorted(self.remarks));
        IndicatorList { name, format, sha256, read: self.read, indicators, kinds, unused, remarks, failed }
    }
}

fn count(counted: &mut Counted, what: &str, example: &str) {
    let what: String = what.chars().take(EXAMPLE_LENGTH).collect();
    let known = counted.contains_key(&what) || counted.len() < REASONS_LIMIT;
    let what = if known { what } else { "(other reasons)".to_owned() };
    let (count, _) =
        counted.entry(what).or_insert_with(|| (0, example.chars().take(EXAMPLE_LENGTH).collect()));
    *count = count.saturating_add(1);
}

fn sorted(counted: Counted) -> Vec<Unused> {
    let all = counted.into_iter().map(|(what, (count, example))| Unused { what, count, example });
    let mut all: Vec<Unused> = all.collect();
    all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.what.cmp(&b.what)));
    all
}

/// A list to read: one file, or a feed's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListToRead {
    pub(super) path: PathBuf,
    pub(super) format: Option<Format>,
}

/// The lists that sources name, in their order and by name within a folder, and the files of folders that are none; links
/// are not followed, and count as files that are not read.
///
/// # Errors
/// A named path cannot be listed, or a folder holds no list.
pub(super) fn lists(
    sources: &[IndicatorSource],
    is_list: &dyn Fn(&Path) -> bool,
) -> Result<(Vec<ListToRead>, SkippedFiles), Error> {
    let (mut lists, mut skipped) = (Vec::new(), SkippedFiles::default());
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
        // What a version control system keeps is no list, and not a file that anybody put there.
        let entries = walkdir::WalkDir::new(path).sort_by_file_name().into_iter();
        for entry in entries.filter_entry(|entry| entry.file_name() != ".git") {
            let entry = entry.map_err(|error| failed(error.into()))?;
            if entry.file_type().is_dir() {
                continue;
            }
            let named = format.is_some() || is_named_as_list(entry.path());
            if !entry.file_type().is_file() || !(named || is_list(entry.path())) {
                skipped.add(&entry.path().display().to_string());
                continue;
            }
            if lists.len().saturating_sub(before) >= FILES_LIMIT {
                return Err(failed(std::io::Error::other(format!("more than {FILES_LIMIT} lists"))));
            }
            lists.push(ListToRead { path: entry.into_path(), format: *format });
        }
        if lists.len() == before {
            let endings = ENDINGS.join(", .");
            let text =
                format!("no .{endings} file beneath it, and no other file that is a list by its content");
            return Err(failed(std::io::Error::other(text)));
        }
    }
    Ok((lists, skipped))
}

fn is_named_as_list(path: &Path) -> bool {
    let lower = |part: Option<&OsStr>| part.and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    match lower(path.extension()) {
        Some(ending) => ENDINGS.contains(&ending.as_str()),
        None => lower(path.file_name()).is_some_and(|name| NAMES.contains(&name.as_str())),
    }
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
