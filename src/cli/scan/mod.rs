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
use super::quantity::{duration, size};
use super::reading_limits::ReadingLimits;
use super::scanning::{Processes, RuleSet, count_unusable, name_failed, unlisted};
use super::verify::explain;
use super::{Console, Exit, Failure};
use crate::acquisition::{Clock, Progress, RunContext, Settings, look_at};
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
    /// Files and folders of this machine; with --root paths and globs below it
    #[arg(required_unless_present_any = ["bundle", "scan_processes", "pid"], value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Hold the rules against what is in this bundle; of a split one, any part
    #[arg(long, value_name = "BUNDLE", conflicts_with_all = ["paths", "scan_processes", "pid"], requires = "key")]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    reading: ReadingLimits,
    /// The paths stand in the system mounted here
    #[arg(long, value_name = "DIR", conflicts_with = "bundle")]
    root: Option<PathBuf>,
    /// Read network file systems too
    #[arg(long)]
    network_mounts: bool,
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
    /// Begin no new item after this long: 90s, 10m, 1h30m
    #[arg(long, value_name = "DUR", value_parser = duration)]
    time_limit: Option<Duration>,
    /// Skip items larger than this
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_file_size: Option<u64>,
    /// Number of workers [default: three for two processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

/// What is printed, and how the process ends.
#[derive(Debug, Args)]
struct Ending {
    /// End with exit code 5 where something fired and nothing worse happened
    #[arg(long)]
    exit_on_hit: bool,
    /// One JSON object a hit on standard output, and the summary last
    #[arg(long)]
    json: bool,
    /// Print hits and nothing else
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
    name_failed(Some(&scanner), console);
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
    let mut ended = match (&arguments.bundle, identities) {
        (Some(bundle), Some(identities)) => {
            let limits = arguments.reading.read();
            let mut telling = Telling { report: &mut report, console };
            let verdict = rescan(bundle, &identities, &limits, (&scanner, indicators), &mut telling)
                .map_err(explain)?;
            if verdict.integrity != Integrity::Whole {
                console.warn(&text::bundle_not_whole());
            }
            ScanEnd { bundle: Some(super::verify::exit(&verdict)), ..ScanEnd::default() }
        }
        _ => files(arguments, (&scanner, indicators), &clock, &mut report, console)?,
    };
    ended.unusable = unusable;
    ended.outside = outside_files;
    Ok(report.finish((&scanner, indicators), &ended, &clock, arguments.ending.exit_on_hit, console))
}

/// Looks at files of this machine, or of a tree.
fn files(
    arguments: &Arguments,
    (scanner, indicators): (&Scanner, Option<&Indicators>),
    clock: &Clock,
    report: &mut ScanReport,
    console: &mut Console<'_>,
) -> Result<ScanEnd, Failure> {
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
    let summary = look_at(&run, &mut |item| report.item(item, None, console)).map_err(Failure::new)?;
    Ok(ScanEnd {
        stopped: summary.stopped,
        bytes_read: progress.snapshot().bytes_read,
        absent: summary.absent,
        ..ScanEnd::default()
    })
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
