//! From the paths that an operator names to indicators that are looked up: which format each list is in, its digest, and
//! the account of it.
//!
//! In: files and folders. Out: [`Indicators`]. Warninglists are read first, since they hold for every list; a list that
//! cannot be read, or not to its end, says so and costs only itself.

use std::fmt::Write as _;
use std::path::Path;

use super::decode;
use super::decode::{Digesting, Text, TextLines};
use super::exclusions::Exclusions;
use super::intake::{ListIntake, ListPurpose};
use super::list;
use super::list::{Account, Format, IndicatorList, IndicatorSource, ListToRead, MANIFEST};
use super::{Indicators, csv, detect, line_list, misp, openioc, stix};
use crate::evidence::{Digest, Utc};
use crate::scan::{Error, SkippedFiles};

impl Indicators {
    /// Reads lists of indicators, and lists of digests that are known to be good. `now` is the moment at which a list's
    /// `valid_until` must not have passed. A list that cannot be read is listed with its reason, and costs only itself.
    ///
    /// # Errors
    /// A named path cannot be listed.
    pub fn load(
        sources: &[IndicatorSource],
        known_good: &[IndicatorSource],
        now: Utc,
    ) -> Result<Self, Error> {
        let mut all = Self::default();
        let (listed, skipped) = list::lists(sources, &is_list)?;
        let (good, not_good) = list::lists(known_good, &is_list)?;
        all.skipped = [skipped, not_good];
        for (lists, skipped) in [&listed, &good].into_iter().zip(&mut all.skipped) {
            for list in lists.iter().filter(|list| list.format == Some(Format::MispFeed)) {
                skip_unnamed(&list.path, skipped);
            }
        }
        // Warninglists come first: they hold for every list, whatever the order in which they were named.
        let formats: Vec<Option<Format>> = listed.iter().map(format_of).collect();
        let mut exclusions = Exclusions::default();
        let mut lists = vec![None; listed.len()];
        let is_warninglist = |format: &Option<Format>| *format == Some(Format::Warninglist);
        for ((list, format), place) in listed.iter().zip(&formats).zip(&mut lists) {
            if is_warninglist(format) {
                let mut account = Account::default();
                let read = read_file(&list.path, |text, _| exclusions.read(text, &mut account));
                *place = Some(close(account, list, *format, read));
            }
        }
        exclusions.seal();
        for (number, ((list, format), place)) in listed.iter().zip(&formats).zip(&mut lists).enumerate() {
            if !is_warninglist(format) {
                *place = Some(all.take(list, *format, &exclusions, number, ListPurpose::Indicators, now));
            }
        }
        all.lists = lists.into_iter().flatten().collect();
        for list in &good {
            let taken = all.take(list, format_of(list), &exclusions, 0, ListPurpose::KnownGood, now);
            all.known_good.push(taken);
        }
        all.tables.seal();
        Ok(all)
    }

    fn take(
        &mut self,
        list: &ListToRead,
        format: Option<Format>,
        exclusions: &Exclusions,
        number: usize,
        purpose: ListPurpose,
        now: Utc,
    ) -> IndicatorList {
        let mut account = Account::default();
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let intake = ListIntake {
            tables: &mut self.tables,
            exclusions,
            account: &mut account,
            list: number,
            purpose,
            now,
        };
        let read = match format {
            Some(Format::MispFeed) => read_feed(&list.path, intake),
            format => read_list(&list.path, format, intake),
        };
        close(account, list, format, read)
    }
}

/// Whether a file is a list by its content.
fn is_list(path: &Path) -> bool {
    let text = decode::open(path).and_then(Text::new);
    text.is_ok_and(|text| detect::is_list(text.head()))
}

/// The format that is forced, or told by the content; nothing where it cannot be told, which reading the list then says.
fn format_of(list: &ListToRead) -> Option<Format> {
    list.format.or_else(|| {
        let text = Text::new(decode::open(&list.path).ok()?).ok()?;
        detect::format(text.head()).ok()
    })
}

/// How reading a list ended: its digest, and why it ended before its end.
type Read = (Digest, Result<(), String>);

fn close(account: Account, list: &ListToRead, format: Option<Format>, (sha256, read): Read) -> IndicatorList {
    account.close(list.path.display().to_string(), format, sha256, read.err())
}

/// Opens a file, has it read, and takes the digest of all of it whatever came of that.
fn read_file(
    path: &Path,
    read: impl FnOnce(&mut Text<Digesting<std::fs::File>>, &[u8]) -> Result<(), String>,
) -> Read {
    let unread = |error: std::io::Error| (Digest::of(b""), Err(error.to_string()));
    let mut text = match decode::open(path).and_then(Text::new) {
        Ok(text) => text,
        Err(error) => return unread(error),
    };
    let head = text.head().to_vec();
    let result = read(&mut text, &head);
    match text.into_inner().finish() {
        Ok(digest) => (digest, result),
        Err(error) => unread(error),
    }
}

fn read_list(path: &Path, format: Option<Format>, mut intake: ListIntake<'_>) -> Read {
    read_file(path, |text, head| {
        let format = format.map_or_else(|| detect::format(head), Ok)?;
        read_as(format, text, head, &mut intake)
    })
}

fn read_as(
    format: Format,
    text: impl std::io::Read,
    head: &[u8],
    intake: &mut ListIntake<'_>,
) -> Result<(), String> {
    match format {
        Format::Values => line_list::values(&mut TextLines::new(text), intake),
        Format::Filenames => line_list::filenames(&mut TextLines::new(text), intake),
        Format::Csv => csv::read(&String::from_utf8_lossy(head), &mut TextLines::new(text), intake),
        Format::Misp => misp::read(text, intake),
        Format::Stix => stix::read(text, intake),
        Format::OpenIoc => openioc::read(text, intake),
        Format::MispFeed => Err("a feed is a folder with a manifest.json".to_owned()),
        Format::Warninglist => Err("a warninglist among digests that are known to be good".to_owned()),
    }
}

/// Reads the events of a feed's folder, in the order of their names. One that cannot be read is counted.
fn read_feed(folder: &Path, mut intake: ListIntake<'_>) -> Read {
    let mut sums = String::new();
    let mut sum = |name: &str, digest: Digest| {
        let _ = writeln!(sums, "{digest}  {name}");
    };
    let mut events = misp::FeedNames::default();
    let (digest, listed) = read_file(&folder.join(MANIFEST), |text, _| {
        events = misp::manifest(text)?;
        Ok(())
    });
    sum(MANIFEST, digest);
    for name in &events.others {
        intake.refuse("event of the feed whose name is no UUID", name);
    }
    let mut unread = 0_usize;
    for name in &events.files {
        let path = folder.join(name);
        let (digest, read) = read_file(&path, |text, _| misp::read(text, &mut intake));
        sum(name, digest);
        if let Err(why) = read {
            unread = unread.saturating_add(1);
            intake.refuse("event of the feed that cannot be read to its end", &format!("{name}: {why}"));
        }
    }
    let unread = unread.saturating_add(events.others.len());
    let all = events.files.len().saturating_add(events.others.len());
    let read = listed.and_then(|()| {
        if unread == 0 { Ok(()) } else { Err(format!("{unread} of {all} events of the feed cannot be read")) }
    });
    (Digest::of(sums.as_bytes()), read)
}

/// Counts the files in a feed's folder that its manifest does not name. MISP writes `hashes.csv` beside the events: digests of what is
/// in them.
fn skip_unnamed(folder: &Path, skipped: &mut SkippedFiles) {
    let mut named = misp::FeedNames::default();
    let _ = read_file(&folder.join(MANIFEST), |text, _| {
        named = misp::manifest(text)?;
        Ok(())
    });
    let entries = walkdir::WalkDir::new(folder).min_depth(1).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| entry.file_name() != ".git").flatten() {
        let name = entry.path().strip_prefix(folder).ok().and_then(Path::to_str).unwrap_or_default();
        let is_known = name == MANIFEST || name == "hashes.csv";
        if !entry.file_type().is_dir() && !is_known && !named.files.iter().any(|file| file == name) {
            skipped.add(&entry.path().display().to_string());
        }
    }
}

/// Reads a list from memory, for whoever tests or fuzzes what reads it: the account of it, and the indicators.
#[must_use]
pub fn read_bytes(bytes: &[u8], format: Option<Format>, now: Utc) -> Indicators {
    let mut all = Indicators::default();
    let mut account = Account::default();
    let mut exclusions = Exclusions::default();
    let mut told = format;
    let read = Text::new(Digesting::new(bytes)).map_err(|error| error.to_string()).and_then(|text| {
        let head = text.head().to_vec();
        let format = format.map_or_else(|| detect::format(&head), Ok)?;
        told = Some(format);
        if format == Format::Warninglist {
            return exclusions.read(text, &mut account);
        }
        let mut intake = ListIntake {
            tables: &mut all.tables,
            exclusions: &exclusions,
            account: &mut account,
            list: 0,
            purpose: ListPurpose::Indicators,
            now,
        };
        read_as(format, text, &head, &mut intake)
    });
    all.lists = vec![account.close("memory".to_owned(), told, Digest::of(bytes), read.err())];
    all.tables.seal();
    all
}
