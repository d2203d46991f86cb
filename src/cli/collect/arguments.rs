//! The options of `collect` as clap reads them, grouped as its help shows them.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use crate::cli::indicators::IndicatorSet;
use crate::cli::kit::KitArguments;
use crate::cli::quantity::{between, duration, size, whole};
use crate::cli::recipients::ToWhom;
use crate::cli::scanning::{Processes, RuleSet};
use crate::evidence::PersonalData;

/// What `collect` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct Collect {
    #[command(flatten)]
    pub(super) choice: Choice,
    #[command(flatten)]
    pub(super) kit: KitArguments,
    #[command(flatten)]
    pub(super) destination: Destination,
    #[command(flatten)]
    pub(super) keys: KeyArguments,
    #[command(flatten)]
    pub(super) case: CaseArguments,
    #[command(flatten)]
    pub(super) scanning: Scanning,
    #[command(flatten)]
    pub(super) limits: LimitArguments,

    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    #[arg(long)]
    pub(super) json: bool,
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// What to take, and from where.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Choice {
    #[arg(long, short)]
    pub(super) playbook: Vec<String>,
    #[arg(long, short)]
    pub(super) artifact: Vec<String>,
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub(super) path: Vec<String>,
    #[arg(long, conflicts_with = "no_scan", value_parser = NonEmptyStringValueParser::new())]
    pub(super) sweep: Vec<String>,
    #[arg(long, conflicts_with = "sweep")]
    pub(super) no_sweep: bool,
    #[arg(long)]
    pub(super) root: Option<PathBuf>,
    #[arg(long, conflicts_with = "root")]
    pub(super) image: Option<PathBuf>,
    #[arg(long, requires = "image", value_parser = whole::<u32>)]
    pub(super) partition: Option<u32>,
    #[arg(long, conflicts_with = "root")]
    pub(super) vss: bool,
    #[arg(long, conflicts_with_all = ["root", "image"])]
    pub(super) memory: bool,
    #[arg(long)]
    pub(super) exclude_personal_data: Option<PersonalDataClass>,
    #[arg(long)]
    pub(super) network_mounts: bool,
}

/// Where the bundle goes.
#[derive(Debug, Args)]
pub(super) struct Destination {
    #[arg(long, short)]
    pub(super) out: Option<PathBuf>,
    #[arg(long)]
    pub(super) sidecar: Option<PathBuf>,
    #[arg(long)]
    pub(super) allow_shared_destination: bool,
    #[arg(long, value_parser = size)]
    pub(super) split: Option<u64>,
    #[arg(long, default_value_t = 1, value_parser = between::<u32, 1, 9>)]
    pub(super) level: u32,
}

/// To whom the bundle is encrypted, and who signs it.
#[derive(Debug, Args)]
pub(super) struct KeyArguments {
    #[command(flatten)]
    pub(super) to: ToWhom,
    #[arg(long)]
    pub(super) sign: Option<PathBuf>,
}

/// What is written into the bundle about the case.
#[derive(Debug, Args)]
pub(super) struct CaseArguments {
    #[arg(long)]
    pub(super) case: Option<String>,
    #[arg(long)]
    pub(super) evidence_number: Option<String>,
    #[arg(long)]
    pub(super) examiner: Option<String>,
    #[arg(long)]
    pub(super) note: Option<String>,
    #[arg(long, default_value = "amber+strict")]
    pub(super) tlp: Tlp,
}

/// Rules, engine and indicators.
#[derive(Debug, Args)]
pub(super) struct Scanning {
    #[command(flatten)]
    pub(super) rule_set: RuleSet,
    #[command(flatten)]
    pub(super) processes: Processes,
    #[command(flatten)]
    pub(super) indicator_set: IndicatorSet,
    #[arg(long, conflicts_with_all = ["rules", "scan_processes", "pid"])]
    pub(super) no_scan: bool,
    #[arg(long, conflicts_with = "no_scan")]
    pub(super) exit_on_hit: bool,
}

/// Limits of the run.
#[derive(Debug, Args)]
pub(super) struct LimitArguments {
    #[arg(long, value_parser = duration)]
    pub(super) time_limit: Option<Duration>,
    #[arg(long, value_parser = size)]
    pub(super) size_limit: Option<u64>,
    #[arg(long, value_parser = size)]
    pub(super) max_file_size: Option<u64>,
    #[arg(long, value_parser = between::<u16, 1, 256>)]
    pub(super) threads: Option<u16>,
}

/// Classes that `--exclude-personal-data` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PersonalDataClass {
    High,
    Low,
}

impl From<PersonalDataClass> for PersonalData {
    fn from(class: PersonalDataClass) -> Self {
        match class {
            PersonalDataClass::High => Self::High,
            PersonalDataClass::Low => Self::Low,
        }
    }
}

/// Labels of the Traffic Light Protocol 2.0 (FIRST).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Tlp {
    Clear,
    Green,
    Amber,
    #[value(name = "amber+strict")]
    AmberStrict,
    Red,
}

impl Tlp {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Clear => "TLP:CLEAR",
            Self::Green => "TLP:GREEN",
            Self::Amber => "TLP:AMBER",
            Self::AmberStrict => "TLP:AMBER+STRICT",
            Self::Red => "TLP:RED",
        }
    }
}
