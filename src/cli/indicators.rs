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
use crate::evidence::{Printable, Utc};
use crate::kit::description::KitFileUse;
use crate::scan;
use crate::scan::indicators::{IndicatorList, IndicatorSource, Indicators};
use crate::text::phrases::Phrase;
use crate::text::{Language, Localized as _};

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
            return Err(Failure::usage("a list of the kit is a directory, and a kit lists files"));
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
        for list in indicators.lists() {
            for line in lines(list, console.lang) {
                console.result(line);
            }
        }
        if let Some(line) = skipped(&indicators, console.lang) {
            console.result(line);
        }
        console.result(sum(&indicators, failed, console.lang));
    }
    let usable = indicators.lists().iter().any(|list| list.indicators > 0);
    Ok(Exit::of([(!usable, Exit::Failure), (unusable > 0, Exit::Partial)]))
}

/// What a person reads of one list.
fn lines(list: &IndicatorList, lang: Language) -> Vec<String> {
    let name = Printable(&list.name);
    let format =
        list.format.map_or_else(|| lang.pick("onbekend formaat", "unknown format"), |format| format.word());
    let kinds: Vec<String> = list.kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join(", ")) };
    let in_use = lang.pick("in gebruik", "in use");
    let mut lines = vec![format!("{name} ({format}): {} {in_use}{kinds}", list.indicators)];
    let (not, such_as) = lang.pick(("niet gebruikt", "zoals"), ("not used", "such as"));
    for unused in &list.unused {
        let (what, example) = (Phrase(&unused.what).written(lang), Printable(&unused.example));
        lines.push(format!("  {not}: {} × {what}, {such_as} '{example}'", unused.count));
    }
    for remark in &list.remarks {
        let (what, example) = (Phrase(&remark.what).written(lang), Printable(&remark.example));
        lines.push(format!(
            "  {}: {} × {what}, {such_as} '{example}'",
            lang.pick("let op", "note"),
            remark.count
        ));
    }
    if let Some(why) = &list.failed {
        let text = lang.pick("niet tot het einde gelezen", "not read to its end");
        lines.push(format!("  {text}: {}", Phrase(why).written(lang)));
    }
    lines
}

/// How many files of named directories are not read, and the first of them.
fn skipped(indicators: &Indicators, lang: Language) -> Option<String> {
    let [skipped, good] = indicators.skipped();
    let count = skipped.count.saturating_add(good.count);
    let first = skipped.names.iter().chain(&good.names).next()?;
    let text = lang.pick("bestanden die geen lijst zijn, overgeslagen", "files that are no list, skipped");
    Some(format!("{count} {text}, {} '{}'", lang.pick("zoals", "such as"), Printable(first)))
}

fn sum(indicators: &Indicators, failed: usize, lang: Language) -> String {
    let (count, lists) = (indicators.len(), indicators.lists().len());
    match (lang, failed) {
        (Language::Nl, 0) => format!("{count} indicatoren uit {lists} lijsten"),
        (Language::En, 0) => format!("{count} indicators from {lists} lists"),
        (Language::Nl, _) => format!(
            "{count} indicatoren uit {lists} lijsten, waarvan {failed} niet tot het einde zijn gelezen"
        ),
        (Language::En, _) => {
            format!("{count} indicators from {lists} lists, {failed} of which were not read to their end")
        }
    }
}

/// Names the lists that were not read to their end, and says how many lines of all lists are not in use.
pub(super) fn name_unused(indicators: Option<&Indicators>, console: &mut Console<'_>) {
    let Some(indicators) = indicators else { return };
    for list in indicators.failed() {
        let text = console
            .lang
            .pick("indicatorlijst niet tot het einde gelezen", "indicator list not read to its end");
        let reason = list.failed.as_deref().unwrap_or_default();
        let reason = Phrase(reason).written(console.lang);
        console.warn(format_args!("{text}: {}: {reason}", Printable(&list.name)));
    }
    if let Some(skipped) = skipped(indicators, console.lang) {
        console.say(skipped);
    }
    let all = indicators.lists().iter().chain(indicators.known_good_lists());
    let unused =
        all.flat_map(|list| &list.unused).fold(0_u64, |sum, unused| sum.saturating_add(unused.count));
    let count = indicators.len();
    console.say(match console.lang {
        Language::Nl => {
            format!("{count} indicatoren in gebruik, {unused} niet; 'veldkit indicators check' zegt waarom")
        }
        Language::En => {
            format!("{count} indicators in use, {unused} not; 'veldkit indicators check' says why")
        }
    });
}
