//! `veldkit collect`: from arguments to a sealed bundle, and the last lines a person or a program reads.
//!
//! Everything that can be wrong with the command line, the playbooks, the keys or the destination is found before
//! the first byte is written.

use std::thread;

use super::indicators::{check_kit, name_unused};
use super::kit::ChosenKit;
use super::progress;
use super::progress::Display;
use super::scanning;
use super::scanning::name_failed;
use super::{Console, Exit, Failure};
use crate::acquisition;
use crate::acquisition::{Clock, Progress, RunContext, RunSummary, Settings, Stop};
use crate::bundle;
use crate::bundle::opening::OutsideFile;
use crate::bundle::{FingerprintedRecipient, Sealed, Writer, WriterOptions};
use crate::cli::interrupts;
use crate::kit::trust::Surroundings;
use crate::live;
use crate::playbook::{Plan, Source};
use crate::scan;
use crate::scan::Scanner;
use crate::scan::indicators::Indicators;
use crate::sources::{Target, TargetBuilder};
use crate::text::Language;
use crate::text::collect as text;
use crate::text::playbook::bilingual;

mod arguments;
mod destination;
mod dry_run;
mod keys;
mod opening;
mod outside;
mod planning;
mod report;
mod rights;
mod shared;

pub(super) use arguments::Collect;
use arguments::Scanning;
use report::RunReport;

/// What is known of a run before it begins.
#[derive(Clone, Copy)]
struct Inquiry<'a> {
    arguments: &'a Collect,
    kit: Option<&'a ChosenKit>,
    plan: &'a Plan,
    target: &'a Target,
    clock: &'a Clock,
    stop: &'a Stop,
}

/// What is matched against every item.
#[derive(Clone, Copy)]
struct Judges<'a> {
    scanner: Option<&'a Scanner>,
    indicators: Option<&'a Indicators>,
}

/// Carries out `collect`.
pub(super) fn run(
    arguments: &Collect,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    console.quiet = arguments.quiet;
    // Before Ctrl-C asks for a seal: at a question it ends the process.
    let kit = arguments.kit.choose(surroundings, console)?;
    let kit = kit.as_ref();
    let clock = Clock::start();
    let interrupts = interrupts::listen()?;
    let stop = interrupts.stop();
    let of_host = arguments.choice.root.is_none() && arguments.choice.image.is_none();
    if let Some(lost) = rights::lost(&crate::sources::privileges(), of_host) {
        console.warn(&lost);
    }
    let target = target(arguments, &clock)?;
    if arguments.choice.vss && target.shadow_copies().is_empty() {
        console.warn(&text::no_shadow_copies());
    }
    let (plan, named) = planning::plan(arguments, &target, kit, console)?;
    let inquiry = Inquiry { arguments, kit, plan: &plan, target: &target, clock: &clock, stop };
    if arguments.dry_run {
        interrupts.begin();
        return Ok(dry_run::run(&inquiry, console));
    }

    let mut place = destination::choose(arguments, &target, &clock, console)?;
    let of_kit = kit.map_or(&[][..], |kit| &kit.kit.description.recipients);
    let keys = keys::choose(arguments, of_kit, clock.started(), console)?;
    let (scanner, indicators) = judges(&inquiry, &place, console)?;
    let named_rules = &arguments.scanning.rule_set.rules;
    scanning::refuse_changeable(named_rules, scanner.as_ref(), console)?;
    arguments.scanning.indicator_set.refuse_changeable(console)?;
    name_failed(scanner.as_ref(), console);
    name_unused(indicators.as_ref(), console);
    let unusable = scanning::count_unusable(named_rules, scanner.as_ref(), indicators.as_ref(), console);
    let judges = Judges { scanner: scanner.as_ref(), indicators: indicators.as_ref() };
    let unlocked = live::unlocked_volumes(&target);
    if !unlocked.is_empty() {
        console.warn(&report::do_not_shut_down(&unlocked));
    }
    for note in &plan.notes {
        let words = bilingual(&note.nl, &note.en);
        console.say(&text::note(&note.playbook, &words));
    }

    let outside = outside::files(&inquiry, judges, &named, &keys.to.files);
    outside::print(&outside, console);
    let opening = opening::describe(&inquiry, judges, &outside)?;
    keys.to.recipients.check().map_err(Failure::usage)?;
    keys.to.keep_new_identity(clock.started(), console)?;
    keys.to.say_who_can_read(console);
    let recipients = keys.to.recipients.fingerprints();
    interrupts.begin();
    let sink = place.sink()?;
    let target = target.keeping_out(&place.own_files());
    let options = WriterOptions {
        signer: keys.signer,
        language: console.lang,
        sidecar: place.sidecar.clone(),
        file_size_limit: place.file_size_limit,
        ..WriterOptions::new(Box::new(move || clock.now()))
    };
    let writer = Writer::create(sink, &keys.to.recipients, &opening, options)
        .map_err(|error| destination::explain(error, &place))?;

    let progress = Progress::default();
    let run = RunContext {
        plan: &plan,
        target: &target,
        settings: Settings {
            size_limit: place.size_limit(arguments.limits.size_limit),
            ..settings(arguments, judges)
        },
        clock: &clock,
        progress: &progress,
        stop,
    };
    let display = Display::of_stderr(arguments.quiet);
    let ending = Ending {
        arguments,
        clock: &clock,
        place: &place,
        outside: &outside,
        indicators: indicators.as_ref(),
        rows: has_rows(&plan),
        recipients: &recipients,
        unlocked: &unlocked,
        progress: &progress,
    };
    let ended = progress::show(&progress, display, console.lang, || {
        acquisition::run_to_end(&run, writer, |writer, summary| {
            let closing = report::closing(&run, &summary, writer.manifest(), unusable);
            let sealed = writer.seal(closing);
            if summary.left_behind {
                ending.leave(&summary, sealed, console);
            }
            (summary, sealed)
        })
    });
    let (summary, sealed) = ended.map_err(|error| destination::unsealed(error, &place))?;
    ending.report(&summary, sealed, console)
}

/// What the last words of a run are made of, besides how it ended.
struct Ending<'a> {
    arguments: &'a Collect,
    clock: &'a Clock,
    place: &'a destination::BundleDestination,
    outside: &'a [OutsideFile],
    indicators: Option<&'a Indicators>,
    rows: bool,
    recipients: &'a [FingerprintedRecipient],
    unlocked: &'a [String],
    progress: &'a Progress,
}

impl Ending<'_> {
    /// Prints the report of a sealed run, and returns its exit code.
    fn report(
        &self,
        summary: &RunSummary,
        sealed: Result<Sealed, bundle::Error>,
        console: &mut Console<'_>,
    ) -> Result<Exit, Failure> {
        let sealed = sealed.map_err(acquisition::Error::Bundle);
        let report = RunReport {
            summary,
            sealed: &sealed.map_err(|error| destination::unsealed(error, self.place))?,
            place: self.place,
            outside: self.outside,
            indicators: self.indicators,
            rows: self.rows,
            recipients: self.recipients,
            unlocked: self.unlocked,
            bytes_read: self.progress.snapshot().bytes_read,
            elapsed: self.clock.elapsed(),
            exit_on_hit: self.arguments.scanning.exit_on_hit,
        };
        report.print(self.arguments.json, console);
        Ok(report.exit())
    }

    /// The same for a run of which a thread may be blocked in a read: it cannot be joined, and ends with the process.
    fn leave(
        &self,
        summary: &RunSummary,
        sealed: Result<Sealed, bundle::Error>,
        console: &mut Console<'_>,
    ) -> ! {
        let exit = self.report(summary, sealed, console).unwrap_or_else(|failure| {
            console.fail(&failure);
            failure.exit
        });
        interrupts::leave(console.finish(exit))
    }
}

/// Compiles the rules and loads the indicators.
///
/// Thousands of rules take a core some tenths of a second, millions of indicators some seconds; meanwhile another looks
/// for what there is to collect.
fn judges(
    inquiry: &Inquiry<'_>,
    place: &destination::BundleDestination,
    console: &mut Console<'_>,
) -> Result<(Option<Scanner>, Option<Indicators>), Failure> {
    let scanning = &inquiry.arguments.scanning;
    let chosen = choose(scanning, inquiry.kit, console.lang)?;
    let of_kit = inquiry.kit.map(|kit| scanning.indicator_set.with_kit(kit));
    let indicator_set = of_kit.as_ref().unwrap_or(&scanning.indicator_set);
    thread::scope(|scope| {
        let compiling = scope.spawn(|| chosen.as_ref().map(scanning::Chosen::compile).transpose());
        let loading = scope.spawn(|| indicator_set.load(inquiry.clock.started()));
        destination::warn_of_shortage(inquiry, place, console)?;
        let failed = |_| Err(scan::Error::Engine("its compiler failed".to_owned()));
        let scanner = compiling.join().unwrap_or_else(failed).map_err(scanning::unlisted)?;
        let failed = |_| Err(scan::Error::Indicators);
        let indicators = loading.join().unwrap_or_else(failed).map_err(scanning::unlisted)?;
        if let (Some(indicators), Some(kit)) = (&indicators, inquiry.kit) {
            check_kit(indicators, kit)?;
        }
        Ok((scanner, indicators))
    })
}

fn settings<'a>(arguments: &Collect, judges: Judges<'a>) -> Settings<'a> {
    Settings {
        threads: workers(arguments.limits.threads, judges.scanner.is_some()),
        scanner: judges.scanner,
        indicators: judges.indicators,
        level: arguments.destination.level,
        time_limit: arguments.limits.time_limit,
        size_limit: arguments.limits.size_limit,
        max_file_size: arguments.limits.max_file_size,
    }
}

fn target(arguments: &Collect, clock: &Clock) -> Result<Target, Failure> {
    let choice = &arguments.choice;
    let target = match (&choice.root, &choice.image) {
        (Some(root), _) => TargetBuilder::tree(root).map_err(Failure::new)?,
        (None, Some(image)) => TargetBuilder::image(image, choice.partition)
            .map_err(|error| Failure::new(error).hint(text::list_the_volumes()))?,
        (None, None) => {
            TargetBuilder::live().map_err(|error| Failure::new(error).hint(text::choose_a_root()))?
        }
    };
    let target = target.started(clock.started()).with_network(choice.network_mounts);
    Ok(target.with_shadow_copies(choice.vss).build())
}

/// Whether rows are taken: of live state, or of the registry.
fn has_rows(plan: &Plan) -> bool {
    let mut sources = plan.steps.iter().flat_map(|step| &step.sources);
    sources
        .any(|source| matches!(source, Source::Live(_) | Source::RegistryKeys(_) | Source::RegistryValues(_)))
}

/// The rules of the run, if it scans at all.
fn choose(
    scanning: &Scanning,
    kit: Option<&ChosenKit>,
    lang: Language,
) -> Result<Option<scanning::Chosen>, Failure> {
    if scanning.no_scan { Ok(None) } else { scanning.rule_set.choose(kit, lang).map(Some) }
}

/// How many workers take items, where nobody says so. One a processor; where rules are asked half as many again, since a
/// worker sleeps while the thread that asks them works (`scan::guard`), and waking it takes a processor that halted
/// meanwhile about as long as a small file takes to be scanned. 14,419 files of 512 MiB, 5,000 rules and two processors
/// took two workers 8.1 s and three 6.9 s; without rules a third one gained nothing.
pub(super) fn workers(asked: Option<u16>, scanning: bool) -> usize {
    let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let more = if scanning { processors.div_ceil(2) } else { 0 };
    asked.map_or_else(|| processors.saturating_add(more), usize::from)
}

impl From<bundle::Error> for Failure {
    fn from(error: bundle::Error) -> Self {
        Self::new(error)
    }
}
