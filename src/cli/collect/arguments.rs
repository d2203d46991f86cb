//! The options of `collect` as clap reads them, grouped as its help shows them.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use crate::cli::indicators::IndicatorSet;
use crate::cli::kit::KitArguments;
use crate::cli::quantity::{duration, size};
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

    /// Say what would be taken, and take nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// End with one JSON object on standard output (standard error with --out -)
    #[arg(long)]
    pub(super) json: bool,
    /// Print nothing but errors and what --json asks for
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// What to take, and from where.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[command(next_help_heading = "What to take")]
pub(super) struct Choice {
    /// Playbook by name, or a YAML file; may be given again [default: quick]
    #[arg(long, short, value_name = "NAME|FILE")]
    pub(super) playbook: Vec<String>,
    /// One artifact by name; may be given again
    #[arg(long, short, value_name = "NAME")]
    pub(super) artifact: Vec<String>,
    /// A path or glob on the target; a folder means all beneath it; may be given again
    #[arg(long, value_name = "PATH|GLOB", value_parser = NonEmptyStringValueParser::new())]
    pub(super) path: Vec<String>,
    /// A path or glob on the target that is scanned without taking it; what a rule fires on is taken; may be given again
    #[arg(long, value_name = "PATH|GLOB", conflicts_with = "no_scan", value_parser = NonEmptyStringValueParser::new())]
    pub(super) sweep: Vec<String>,
    /// Leave out what a playbook sweeps; --sweep PATH instead of this sweeps that alone
    #[arg(long, conflicts_with = "sweep")]
    pub(super) no_sweep: bool,
    /// Take it from the system mounted here instead of from this host
    #[arg(long, value_name = "DIR")]
    pub(super) root: Option<PathBuf>,
    /// Take it from this disk image instead of from this host: raw (also split as .000 or .001 …), QCOW2, VHD, VHDX, VMDK
    #[arg(long, value_name = "FILE", conflicts_with = "root")]
    pub(super) image: Option<PathBuf>,
    /// Of the image only this partition, as 'list-volumes' numbers it [default: all that can be read]
    #[arg(long, value_name = "N", requires = "image")]
    pub(super) partition: Option<u32>,
    /// Take hives, event logs and the like from the volumes' shadow copies too, what is the same but once
    #[arg(long, conflicts_with = "root")]
    pub(super) vss: bool,
    /// Take all memory of this host too: on Windows by the tool of your own that a playbook names
    #[arg(long, conflicts_with_all = ["root", "image"])]
    pub(super) memory: bool,
    /// Leave out artifacts of this class of personal data (low leaves out low and high)
    #[arg(long, value_name = "high|low")]
    pub(super) exclude_personal_data: Option<PersonalDataClass>,
    /// Read network file systems too
    #[arg(long)]
    pub(super) network_mounts: bool,
}

/// Where the bundle goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where the bundle goes")]
pub(super) struct Destination {
    /// A folder, a file name, or - for standard output [default: this folder]
    #[arg(long, short, value_name = "DIR|FILE|-")]
    pub(super) out: Option<PathBuf>,
    /// Folder for receipt and signature where they cannot stand beside the bundle
    #[arg(long, value_name = "DIR")]
    pub(super) sidecar: Option<PathBuf>,
    /// As root: also write to a directory in which others can replace files
    #[arg(long)]
    pub(super) allow_shared_destination: bool,
    /// Split the bundle into files of this size: 4000M, 2G
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) split: Option<u64>,
    /// Deflate level, 1 (fast) to 9 (small); 3 gives about the size of gzip -1
    #[arg(long, value_name = "1-9", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=9))]
    pub(super) level: u32,
}

/// To whom the bundle is encrypted, and who signs it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Keys")]
pub(super) struct KeyArguments {
    #[command(flatten)]
    pub(super) to: ToWhom,
    /// Sign receipt and manifest with this minisign secret key
    #[arg(long, value_name = "KEY")]
    pub(super) sign: Option<PathBuf>,
}

/// What is written into the bundle about the case.
#[derive(Debug, Args)]
#[command(next_help_heading = "Case")]
pub(super) struct CaseArguments {
    /// Case number
    #[arg(long, value_name = "ID")]
    pub(super) case: Option<String>,
    /// Evidence number
    #[arg(long, value_name = "N")]
    pub(super) evidence_number: Option<String>,
    /// Who collects
    #[arg(long, value_name = "NAME")]
    pub(super) examiner: Option<String>,
    /// A remark for the record
    #[arg(long, value_name = "TEXT")]
    pub(super) note: Option<String>,
    /// Traffic Light Protocol 2.0 label
    #[arg(long, value_name = "LABEL", default_value = "amber+strict")]
    pub(super) tlp: Tlp,
}

/// Rules, engine and indicators.
#[derive(Debug, Args)]
#[command(next_help_heading = "Scanning")]
pub(super) struct Scanning {
    #[command(flatten)]
    pub(super) rule_set: RuleSet,
    #[command(flatten)]
    pub(super) processes: Processes,
    #[command(flatten)]
    pub(super) indicator_set: IndicatorSet,
    /// Do not hold rules against what is taken; indicators still are
    #[arg(long, conflicts_with_all = ["rules", "scan_processes", "pid"])]
    pub(super) no_scan: bool,
    /// End with exit code 5 where something fired and nothing worse happened
    #[arg(long, conflicts_with = "no_scan")]
    pub(super) exit_on_hit: bool,
}

/// Limits of the run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArguments {
    /// Stop taking new items after this long, and seal: 90s, 10m, 1h30m
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub(super) time_limit: Option<Duration>,
    /// Keep the bundle below this size: 500M, 2G
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) size_limit: Option<u64>,
    /// Skip items larger than this
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) max_file_size: Option<u64>,
    /// Number of workers [default: one a processor; with rules three for two]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
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
