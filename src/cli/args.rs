//! The command line as clap reads it, and the kinds of values that stand in it.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::indicators::IndicatorSet;
use super::scanning::{Processes, RuleSet};
use crate::evidence::PersonalData;
use crate::text::Language;

/// The colours of help and of refusals. They are left out where the output is no terminal or `NO_COLOR` is set.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Collects what a responder needs from an affected host into one sealed, encrypted bundle, and reads it back.
#[derive(Debug, Parser)]
#[command(name = "veldkit", version, max_term_width = 100, propagate_version = true, styles = STYLES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,

    /// Language of what people read: nl or en; else that of the locale
    #[arg(long, global = true, value_name = "nl|en")]
    pub(super) lang: Option<Language>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Acquire evidence from this host or from a tree into one encrypted bundle
    Collect(Box<Collect>),
    /// Hold rules against files, or against what is in a bundle, and take nothing
    Scan(Box<super::scan::Arguments>),
    /// Say whether a bundle is whole, and from whom it is
    Verify(super::verify::Arguments),
    /// List the items of a bundle
    List(super::list::Arguments),
    /// Unpack a bundle, verified on the way
    Unpack(super::unpack::Arguments),
    /// Name the volumes of a disk image or of this host
    ListVolumes(super::list_volumes::Arguments),
    /// Take stock of a host: its system, software with versions, hardware and addresses
    Inventory(super::inventory::Arguments),
    /// Try out on this machine what only a real one can show, before a release or an examination
    Selftest(super::selftest::Arguments),
    /// Make an age identity, and a key to sign with
    Keygen(super::keygen::Arguments),
    /// Check indicator lists
    Indicators(super::indicators::Arguments),
    /// Check rule files, name rules, pack them for a kit
    Rules(super::rules::Arguments),
    /// Name playbooks and artifacts, show what they take, check one's own
    Playbook(super::playbook::Arguments),
}

/// What `collect` takes.
#[derive(Debug, Args)]
pub(super) struct Collect {
    #[command(flatten)]
    pub(super) choice: Choice,
    #[command(flatten)]
    pub(super) destination: Destination,
    #[command(flatten)]
    pub(super) keys: Keys,
    #[command(flatten)]
    pub(super) case: Case,
    #[command(flatten)]
    pub(super) scanning: Scanning,
    #[command(flatten)]
    pub(super) limits: Limits,

    /// Say what would be taken, and take nothing
    #[arg(long)]
    pub(super) dry_run: bool,
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
    #[arg(long, value_name = "PATH|GLOB")]
    pub(super) path: Vec<String>,
    /// A path or glob on the target that is scanned without taking it; what a rule fires on is taken; may be given again
    #[arg(long, value_name = "PATH|GLOB", conflicts_with = "no_scan")]
    pub(super) sweep: Vec<String>,
    /// Leave out what a playbook sweeps; --sweep PATH instead of this sweeps that alone
    #[arg(long, conflicts_with = "sweep")]
    pub(super) no_sweep: bool,
    /// Take it from the system mounted here instead of from this host
    #[arg(long, value_name = "DIR")]
    pub(super) root: Option<PathBuf>,
    /// Take it from this disk image instead of from this host: raw (also split as .001 …), QCOW2, VHD, VHDX, VMDK
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
pub(super) struct Keys {
    #[command(flatten)]
    pub(super) to: ToWhom,
    /// Sign receipt and manifest with this minisign secret key
    #[arg(long, value_name = "KEY")]
    pub(super) sign: Option<PathBuf>,
}

/// To whom something is encrypted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Keys")]
pub(super) struct ToWhom {
    /// age recipient (age1…) or SSH public key; may be given again
    #[arg(long, short, value_name = "RECIPIENT")]
    pub(super) recipient: Vec<String>,
    /// File of recipients, one a line; may be given again
    #[arg(long, short = 'R', value_name = "FILE")]
    pub(super) recipients_file: Vec<PathBuf>,
    /// Ask for a passphrase at the terminal
    #[arg(long, conflicts_with = "passphrase_file")]
    pub(super) passphrase: bool,
    /// Read the passphrase from the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(super) passphrase_file: Option<PathBuf>,
    /// Make a new age identity, write it to this file, and encrypt to it (for a first try)
    #[arg(long, value_name = "FILE")]
    pub(super) new_identity: Option<PathBuf>,
}

/// What is written into the bundle about the case.
#[derive(Debug, Args)]
#[command(next_help_heading = "Case")]
pub(super) struct Case {
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
pub(super) struct Limits {
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

/// Reads a size: a number with an optional K, M, G or T, in powers of 1,024.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is not a size such as 4000M or 2G");
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).ok_or_else(wrong)?;
    let shift = match unit.to_ascii_uppercase().trim_end_matches('B').trim_end_matches('I') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let size = number.checked_mul(1 << shift).ok_or_else(wrong)?;
    if size == 0 { Err("a size of 0 leaves nothing".to_owned()) } else { Ok(size) }
}

/// Reads a duration: numbers with h, m or s, such as 90s or 1h30m.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("'{text}' is not a duration such as 90s, 10m or 1h30m");
    let mut seconds: u64 = 0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.len().saturating_sub(rest.trim_start_matches(|c: char| c.is_ascii_digit()).len());
        let (number, tail) = rest.split_at_checked(digits).ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let mut units = tail.chars();
        let factor = match units.next() {
            Some('h') => 3600,
            Some('m') => 60,
            Some('s') => 1,
            _ => return Err(wrong()),
        };
        seconds = number.checked_mul(factor).and_then(|n| n.checked_add(seconds)).ok_or_else(wrong)?;
        rest = units.as_str();
    }
    if seconds == 0 { Err(wrong()) } else { Ok(Duration::from_secs(seconds)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024_and_nonsense_is_refused() {
        assert_eq!(size("2G"), Ok(2 << 30));
        assert_eq!(size("512k"), Ok(512 << 10));
        assert_eq!(size("10MiB"), Ok(10 << 20));
        for wrong in ["", "G", "2X", "-1", "0", "99999999999T", "2 G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_add_up_and_nonsense_is_refused() {
        assert_eq!(duration("1h30m"), Ok(Duration::from_mins(90)));
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        for wrong in ["", "90", "m", "1d", "0s", "1h30", "é"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn help_has_colours_only_for_a_terminal() {
        use clap::CommandFactory as _;
        let help = Cli::command().render_help();
        assert!(help.ansi().to_string().contains("\u{1b}[1m\u{1b}[32mUsage:"), "{}", help.ansi());
        assert!(!help.to_string().contains('\u{1b}'));
    }
}
