//! `veldkit scan`: rules and indicators held against files, or against a bundle that was collected before. Nothing is taken.
//!
//! In: paths, or a bundle with an identity. Out: what fires, the worst first for a person, or a JSON line a hit and a
//! summary last; and how many items the rules saw, and did not see, and why.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::collect::workers;
use super::identities::Keys;
use super::indicators::{IndicatorSet, check_kit, name_unused};
use super::interrupts;
use super::kit::KitArguments;
use super::outside;
use super::quantity::{between, duration, size};
use super::reading_limits::ReadingLimits;
use super::scanning::{Processes, RuleSet, count_unusable, name_failed, refuse_changeable, unlisted};
use super::verify::explain;
use super::{Console, Exit, Failure};
use crate::acquisition::{Clock, Progress, RunContext, RunSummary, Settings, look_at};
use crate::analysis::rescan::{Rescan, rescan};
use crate::analysis::{Integrity, Trust};
use crate::evidence::Item;
use crate::kit::trust::Surroundings;
use crate::playbook::plan_to_look;
use crate::scan::indicators::Indicators;
use crate::scan::{Examined, Scanner};
use crate::sources::{TargetBuilder, quote};
use crate::text::collect::choose_a_root;
use crate::text::outside::more_in_json;
use crate::text::scan as text;

mod gaps;
mod report;

use report::{ScanEnd, ScanReport};

/// What `scan` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[arg(required_unless_present_any = ["bundle", "scan_processes", "pid"])]
    paths: Vec<PathBuf>,
    #[arg(long, conflicts_with_all = ["paths", "scan_processes", "pid"], requires = "key")]
    bundle: Option<PathBuf>,
    #[arg(long, conflicts_with = "bundle")]
    root: Option<PathBuf>,
    #[arg(long)]
    network_mounts: bool,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    reading: ReadingLimits,
    #[command(flatten)]
    rule_set: RuleSet,
    #[command(flatten)]
    processes: Processes,
    #[command(flatten)]
    indicator_set: IndicatorSet,
    #[command(flatten)]
    kit: KitArguments,
    #[command(flatten)]
    ending: Ending,
    #[arg(long, value_parser = duration)]
    time_limit: Option<Duration>,
    #[arg(long, value_parser = size)]
    max_file_size: Option<u64>,
    #[arg(long, value_parser = between::<u16, 1, 256>)]
    threads: Option<u16>,
}

/// What is printed, and how the process ends.
#[derive(Debug, Args)]
struct Ending {
    #[arg(long)]
    exit_on_hit: bool,
    #[arg(long)]
    json: bool,
    #[arg(long, short)]
    quiet: bool,
}

/// Carries out `scan`.
pub(super) fn run(
    arguments: &Arguments,
    surroundings: &Surroundings,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    console.quiet = arguments.ending.quiet;
    let kit = arguments.kit.choose(surroundings, console)?;
    let kit = kit.as_ref();
    let clock = Clock::start();
    let identities = arguments.bundle.as_ref().map(|_| arguments.keys.read(console.lang)).transpose()?;
    let scanner = arguments.rule_set.choose(kit, console.lang)?.compile().map_err(unlisted)?;
    refuse_changeable(&arguments.rule_set.rules, Some(&scanner), console)?;
    name_failed(Some(&scanner), console);
    arguments.indicator_set.refuse_changeable(console)?;
    let of_kit = kit.map(|kit| arguments.indicator_set.with_kit(kit));
    let indicator_set = of_kit.as_ref().unwrap_or(&arguments.indicator_set);
    let indicators = indicator_set.load(clock.started()).map_err(unlisted)?;
    let indicators = indicators.as_ref();
    if let (Some(indicators), Some(kit)) = (indicators, kit) {
        check_kit(indicators, kit)?;
    }
    name_unused(indicators, console);
    let unusable = count_unusable(&arguments.rule_set.rules, Some(&scanner), indicators, console);
    let mut outside_files: Vec<_> = kit.iter().map(|kit| kit.itself()).collect();
    outside_files.extend(outside::judging(kit, Some(&scanner), indicators));
    outside::print(&outside_files, more_in_json, console);
    let mut report = ScanReport::new(arguments.ending.json);
    let ended = ScanEnd { unusable, outside: outside_files, ..ScanEnd::default() };
    let judges = (&scanner, indicators);
    let ended = match (&arguments.bundle, identities) {
        (Some(bundle), Some(identities)) => {
            let limits = arguments.reading.read();
            let mut telling = Telling { report: &mut report, console };
            let verdict = rescan(bundle, &identities, &limits, judges, &mut telling).map_err(explain)?;
            if verdict.integrity != Integrity::Whole {
                console.warn(&text::bundle_not_whole());
            }
            ScanEnd { bundle: Some(super::verify::exit(&verdict)), ..ended }
        }
        _ => return files(arguments, judges, (&clock, ended), report, console),
    };
    Ok(report.finish(judges, &ended, &clock, arguments.ending.exit_on_hit, console))
}

/// Scans files of this machine, or of a tree, and prints the report. `ended` is what is known of its end beforehand.
fn files(
    arguments: &Arguments,
    (scanner, indicators): (&Scanner, Option<&Indicators>),
    (clock, ended): (&Clock, ScanEnd),
    report: ScanReport,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    arguments.processes.check(arguments.root.as_deref())?;
    let interrupts = interrupts::listen()?;
    let target = match &arguments.root {
        Some(root) => TargetBuilder::tree(root).map_err(Failure::new)?,
        None => TargetBuilder::live().map_err(|error| Failure::new(error).hint(choose_a_root()))?,
    };
    let target = target.started(clock.started()).with_network(arguments.network_mounts).build();
    let paths = arguments.paths.iter().map(|path| match &arguments.root {
        Some(_) => Ok(path.display().to_string()),
        // A name given here is a name, whatever characters are in it.
        None => {
            std::path::absolute(path).map(|path| quote(&path.display().to_string())).map_err(Failure::usage)
        }
    });
    let paths = paths.collect::<Result<Vec<_>, _>>()?;
    let plan = plan_to_look(&paths, arguments.processes.wanted(), target.os());
    let settings = Settings {
        threads: workers(arguments.threads, true),
        scanner: Some(scanner),
        indicators,
        level: 1,
        time_limit: arguments.time_limit,
        size_limit: None,
        max_file_size: arguments.max_file_size,
    };
    let progress = Progress::default();
    let run = RunContext {
        plan: &plan,
        target: &target,
        settings,
        clock,
        progress: &progress,
        stop: interrupts.stop(),
    };
    interrupts.begin();
    let end = |(report, console): (ScanReport, &mut Console<'_>), summary: RunSummary| {
        let bytes_read = progress.snapshot().bytes_read;
        let ended = ScanEnd { stopped: summary.stopped, bytes_read, absent: summary.absent, ..ended };
        let exit_on_hit = arguments.ending.exit_on_hit;
        let exit = report.finish((scanner, indicators), &ended, clock, exit_on_hit, console);
        if summary.left_behind {
            // A thread may be blocked in a read: it cannot be joined, and ends with the process.
            interrupts::leave(console.finish(exit));
        }
        exit
    };
    let listen = |(report, console): &mut (ScanReport, &mut Console<'_>), item: &Item| {
        report.item(item, None, console);
    };
    look_at(&run, (report, console), listen, end).map_err(Failure::new)
}

/// Hands what a bundle holds to the report.
struct Telling<'a, 'c> {
    report: &'a mut ScanReport,
    console: &'a mut Console<'c>,
}

impl Rescan for Telling<'_, '_> {
    fn item(&mut self, item: &Item, standing: Trust) {
        self.report.item(item, Some(standing), self.console);
    }

    fn stray(&mut self, name: &str, examined: &Examined, standing: Trust) {
        self.report.stray(name, examined, standing, self.console);
    }
}
