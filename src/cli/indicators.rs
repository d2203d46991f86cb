//! `veldkit indicators check`, and how every command that scans is told which indicators to look for.
//!
//! In: lists of indicators and of known good digests. Out: what of each list is in use, what is not and why; the
//! indicators themselves for whoever scans.

use clap::{Args, Subcommand};
use serde_json::json;

use super::changeable::refuse_if_changeable;
use super::kit::ChosenKit;
use super::kit::unusable as kit_unusable;
use super::scanning::{count_unusable, unlisted};
use super::{Console, Exit, Failure};
use crate::acquisition::Clock;
use crate::evidence::Utc;
use crate::kit::description::KitFileUse;
use crate::scan;
use crate::scan::indicators::{IndicatorList, IndicatorSource, Indicators};
use crate::text::indicators as text;
use crate::text::layout::data;
use crate::text::phrases::Phrase;
use crate::text::scanning::kit_lists_files;
use crate::text::{Items, Sentence};

/// Which indicators are looked for.
#[derive(Debug, Args)]
pub(super) struct IndicatorSet {
    #[arg(long)]
    pub(super) indicators: Vec<IndicatorSource>,
    #[arg(long)]
    pub(super) known_good: Vec<IndicatorSource>,
}

impl IndicatorSet {
    /// Reads them; nothing where none is asked for. `now` is the moment at which a list must still be valid.
    pub(super) fn load(&self, now: Utc) -> Result<Option<Indicators>, scan::Error> {
        if self.indicators.is_empty() && self.known_good.is_empty() {
            return Ok(None);
        }
        Indicators::load(&self.indicators, &self.known_good, now).map(Some)
    }

    /// Refuses lists that others can change where this run has all rights: they would decide what is found and what is not.
    pub(super) fn refuse_changeable(&self, console: &mut Console<'_>) -> Result<(), Failure> {
        let mut all = self.indicators.iter().chain(&self.known_good);
        all.try_for_each(|source| refuse_if_changeable(&source.path, console))
    }

    /// The same with the lists of a kit after those named.
    pub(super) fn with_kit(&self, kit: &ChosenKit) -> Self {
        let of = |purpose| {
            let files = kit.kit.description.files_for(purpose);
            files.map(|file| IndicatorSource { path: kit.kit.path(file), format: None }).collect::<Vec<_>>()
        };
        Self {
            indicators: [self.indicators.clone(), of(KitFileUse::Indicators)].concat(),
            known_good: [self.known_good.clone(), of(KitFileUse::KnownGood)].concat(),
        }
    }
}

/// Checks that the lists of a kit, which were read last, are the ones that it lists: by the digests of the bytes that are in use.
///
/// # Errors
/// Exit code 2 where one is another file, or could not be read.
pub(super) fn check_kit(indicators: &Indicators, kit: &ChosenKit) -> Result<(), Failure> {
    for (purpose, lists) in
        [(KitFileUse::Indicators, indicators.lists()), (KitFileUse::KnownGood, indicators.known_good_lists())]
    {
        let files: Vec<_> = kit.kit.description.files_for(purpose).collect();
        let own =
            lists.len().checked_sub(files.len()).and_then(|first| lists.get(first..)).unwrap_or_default();
        if own.len() != files.len() {
            return Err(Failure::refused(kit_lists_files()));
        }
        for (file, list) in files.into_iter().zip(own) {
            kit.kit.check(file, &list.sha256).map_err(kit_unusable)?;
        }
    }
    Ok(())
}

/// What `indicators` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Check(Check),
}

/// What `indicators check` takes.
#[derive(Debug, Args)]
struct Check {
    #[arg(required = true)]
    paths: Vec<IndicatorSource>,
    #[arg(long)]
    json: bool,
}

/// Carries out `indicators`: 0 where all lists can be read to their end and something of each is in use, 3 where some, 1 where none.
pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let Action::Check(Check { paths, json }) = &arguments.action;
    let indicators = Indicators::load(paths, &[], Clock::start().started()).map_err(unlisted)?;
    let unusable = count_unusable(&[], None, Some(&indicators), console);
    let failed = indicators.failed().count();
    if *json {
        console.result(json!({
            "indicators": indicators.len(),
            "failed": failed,
            "lists": indicators.lists(),
            "skipped": indicators.skipped().first(),
        }));
    } else {
        indicators.lists().iter().flat_map(lines).for_each(|line| console.answer(&line));
        if let Some(line) = skipped(&indicators) {
            console.answer(&line);
        }
        console.answer(&sum(&indicators, failed));
    }
    let usable = indicators.lists().iter().any(|list| list.indicators > 0);
    Ok(Exit::of([(!usable, Exit::Failure), (unusable > 0, Exit::Partial)]))
}

/// What a person reads of one list.
fn lines(list: &IndicatorList) -> Vec<Sentence> {
    let format = list.format.map_or_else(text::unknown_format, |format| data(format.word()));
    let kinds: Vec<_> = list.kinds.iter().map(|(kind, count)| text::kind(kind, *count)).collect();
    let head = match kinds.as_slice() {
        [] => text::unused_list(&list.name, &format),
        kinds => text::list(&list.name, &format, list.indicators, Items::all(kinds)),
    };
    let mut lines = vec![head];
    lines.extend(
        list.unused.iter().map(|unused| text::unused(unused.count, Phrase(&unused.what), &unused.example)),
    );
    lines.extend(
        list.remarks.iter().map(|remark| text::remark(remark.count, Phrase(&remark.what), &remark.example)),
    );
    lines.extend(list.failed.as_deref().map(Phrase).map(text::not_to_its_end));
    lines
}

/// How many files of named directories are not read, and the first of them.
fn skipped(indicators: &Indicators) -> Option<Sentence> {
    let [skipped, good] = indicators.skipped();
    let count = skipped.count.saturating_add(good.count);
    let first = skipped.names.iter().chain(&good.names).next()?;
    Some(text::no_lists(count, first))
}

fn sum(indicators: &Indicators, failed: usize) -> Sentence {
    let sum = text::sum(indicators.lists().len(), &text::indicators(indicators.len()));
    if failed == 0 { sum } else { text::sum_with_broken(failed, &sum) }
}

/// Lists those that were not read to their end, and says how many lines of all lists are not in use.
pub(super) fn name_unused(indicators: Option<&Indicators>, console: &mut Console<'_>) {
    let Some(indicators) = indicators else { return };
    for list in indicators.failed() {
        let reason = list.failed.as_deref().unwrap_or_default();
        console.warn(&text::list_not_to_its_end(&list.name, Phrase(reason)));
    }
    if let Some(skipped) = skipped(indicators) {
        console.say(&skipped);
    }
    let all = indicators.lists().iter().chain(indicators.known_good_lists());
    let unused =
        all.flat_map(|list| &list.unused).fold(0_u64, |sum, unused| sum.saturating_add(unused.count));
    console.say(&text::in_use(indicators.len(), unused));
}
