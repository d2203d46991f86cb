//! Which rules are held against what, with which engine: shared by every command that scans.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::changeable::refuse_if_changeable;
use super::identities::{ask_at_the_terminal, keep_out_of_swap};
use super::kit::{ChosenKit, unusable};
use super::quantity::{duration, whole};
use super::secret::first_line;
use super::{Console, Failure};
use crate::bundle::Identities;
use crate::evidence::Printable;
use crate::kit;
use crate::kit::description::KitFileUse;
use crate::scan;
use crate::scan::indicators::Indicators;
use crate::scan::{EngineKind, RuleSource, Scanner, TimeLimits};
use crate::text::phrases::Phrase;
use crate::text::{Language, Localized as _};

/// Rules besides those built in, and who can read packed ones.
#[derive(Debug, Args)]
pub(super) struct RuleSet {
    #[arg(long)]
    pub(super) rules: Vec<PathBuf>,
    #[arg(long)]
    pub(super) rules_identity: Vec<PathBuf>,
    #[arg(long)]
    pub(super) rules_passphrase_file: Option<PathBuf>,
    #[arg(long)]
    pub(super) no_archives: bool,
    #[arg(long, value_parser = duration)]
    pub(super) scan_time_limit: Option<Duration>,
    #[arg(long, value_parser = duration)]
    pub(super) rule_time_limit: Option<Duration>,
    #[arg(long, default_value = "boreal")]
    pub(super) engine: String,
}

/// Whether memory is scanned, and whose.
#[derive(Debug, Args)]
pub(super) struct Processes {
    #[arg(long)]
    pub(super) scan_processes: bool,
    #[arg(long, value_parser = whole::<u32>)]
    pub(super) pid: Vec<u32>,
}

impl Processes {
    /// Whose memory is scanned: of all where the list is empty, of nobody's where there is none.
    pub(super) fn wanted(&self) -> Option<&[u32]> {
        (self.scan_processes || !self.pid.is_empty()).then_some(self.pid.as_slice())
    }

    /// Refuses to look for processes in a system that does not run.
    pub(super) fn check(&self, root: Option<&Path>) -> Result<(), Failure> {
        if self.wanted().is_none() || root.is_none() {
            return Ok(());
        }
        Err(Failure::usage("a system below --root does not run: it has no processes to scan").hint(
            "laat --root weg, of --scan-processes en --pid",
            "leave out --root, or --scan-processes and --pid",
        ))
    }
}

/// Rules that are read and not compiled yet.
pub(super) struct Chosen {
    sources: Vec<RuleSource>,
    engine: EngineKind,
    limits: TimeLimits,
    no_archives: bool,
}

impl RuleSet {
    /// Finds the engine and takes the encryption off packed sets, also of a kit's rules.
    pub(super) fn choose(&self, kit: Option<&ChosenKit>) -> Result<Chosen, Failure> {
        let engine = self.engine.parse().map_err(Failure::usage)?;
        let mut sources = vec![RuleSource::Embedded];
        sources.extend(self.sources(&self.rules)?);
        if let Some(kit) = kit {
            sources.extend(self.of_kit(kit)?);
        }
        let usual = TimeLimits::default();
        let item = self.scan_time_limit.unwrap_or(usual.item);
        let limits = TimeLimits { item, rule: self.rule_time_limit.unwrap_or(usual.rule.min(item)) };
        Ok(Chosen { sources, engine, limits, no_archives: self.no_archives })
    }

    /// Where the rules named stand, packed ones opened in memory.
    pub(super) fn sources(&self, paths: &[PathBuf]) -> Result<Vec<RuleSource>, Failure> {
        let mut identities = None;
        let sources = paths.iter().map(|path| {
            if !kit::rules::is_packed(path) {
                return Ok(RuleSource::Path(path.clone()));
            }
            if identities.is_none() {
                identities = Some(self.identities()?);
            }
            kit::rules::open(path, identities.as_ref().unwrap_or(&Identities::new())).map_err(cannot_open)
        });
        sources.collect()
    }

    /// The rules of a kit, each file read once and checked.
    fn of_kit(&self, kit: &ChosenKit) -> Result<Vec<RuleSource>, Failure> {
        let files = kit.kit.read_all(KitFileUse::Rules).map_err(unusable)?;
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let identities = self.identities()?;
        let sources = files
            .into_iter()
            .map(|(path, bytes)| kit::rules::of_bytes(path, bytes, &identities).map_err(cannot_open));
        sources.collect()
    }

    fn identities(&self) -> Result<Identities, Failure> {
        let mut identities = Identities::new();
        for path in &self.rules_identity {
            identities.add_file(path, &ask_at_the_terminal()).map_err(Failure::usage)?;
        }
        if let Some(path) = &self.rules_passphrase_file {
            identities.add_passphrase(first_line(path)?);
        }
        keep_out_of_swap(&identities);
        Ok(identities)
    }
}

fn cannot_open(error: kit::rules::Error) -> Failure {
    Failure::usage(error).hint(
        "geef --rules-identity BESTAND of --rules-passphrase-file BESTAND",
        "give --rules-identity FILE or --rules-passphrase-file FILE",
    )
}

/// Rules or indicators that were named and cannot be read, with what to do.
pub(super) fn unlisted(error: scan::Error) -> Failure {
    let (rules, lists) =
        (matches!(error, scan::Error::List { .. }), matches!(error, scan::Error::ListIndicators { .. }));
    let failure = Failure::usage(error);
    if rules {
        failure.hint(
            "klopt het pad? noem een regelbestand, of een map of zip met bestanden die op .yar, .yara of .rule eindigen",
            "is the path right? name a rule file, or a directory or zip of files that end in .yar, .yara or .rule",
        )
    } else if lists {
        failure.hint(
            "klopt het pad? noem een lijst, een map met lijsten of een MISP-feed; dwing een vorm af met bijvoorbeeld csv=BESTAND",
            "is the path right? name a list, a directory of lists or a MISP feed; force a format as in csv=FILE",
        )
    } else {
        failure
    }
}

impl Chosen {
    /// Compiles them.
    pub(super) fn compile(&self) -> Result<Scanner, scan::Error> {
        let mut scanner = Scanner::compile(&self.sources, self.engine)?;
        scanner.set_limits(self.limits);
        if self.no_archives {
            scanner.leave_archives_closed();
        }
        Ok(scanner)
    }
}

/// Refuses rules that others can change where this run has all rights: what was named, and the files that were read of it.
pub(super) fn refuse_changeable(
    named: &[PathBuf],
    scanner: Option<&Scanner>,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    for path in named {
        refuse_if_changeable(path, console)?;
    }
    let files = scanner.map(Scanner::rule_files).unwrap_or_default();
    // Members of archives are no files, and what a kit lists has the digest that it lists.
    let below = |file: &str| named.iter().any(|path| path.is_dir() && Path::new(file).starts_with(path));
    for file in files.iter().filter(|file| !file.is_embedded() && below(&file.name)) {
        let path = Path::new(&file.name);
        if path.is_file() {
            refuse_if_changeable(path, console)?;
        }
    }
    Ok(())
}

/// Counts what was named for scanning and cannot be used, be it a file of a directory: rule files and indicator lists that
/// failed, and those of which nothing is in use. Warns of the latter, since the others are named where they are read. `named`
/// are the paths of rules.
pub(super) fn count_unusable(
    named: &[PathBuf],
    scanner: Option<&Scanner>,
    indicators: Option<&Indicators>,
    console: &mut Console<'_>,
) -> usize {
    let files = scanner.map(Scanner::rule_files).unwrap_or_default();
    let failed = files.iter().filter(|file| file.failed.is_some()).count();
    let without_rules = named.iter().map(|path| path.display().to_string()).filter(|path| {
        let mut of_it = files.iter().filter(|file| is_of(path, &file.name)).peekable();
        of_it.peek().is_some()
            && of_it.all(|file| file.rules == 0 && file.failed.is_none() && file.included_by.is_none())
    });
    let lists = indicators
        .into_iter()
        .flat_map(|indicators| indicators.lists().iter().chain(indicators.known_good_lists()));
    let (broken, read): (Vec<_>, Vec<_>) = lists.partition(|list| list.failed.is_some());
    let without_indicators =
        read.into_iter().filter(|list| list.indicators == 0).map(|list| list.name.clone());
    let empty: Vec<String> = without_rules.chain(without_indicators).collect();
    for name in &empty {
        let text = console.lang.pick("hiervan is niets bruikbaar", "nothing of it can be used");
        console.warn(format_args!("{}: {text}", Printable(name)));
    }
    failed.saturating_add(broken.len()).saturating_add(empty.len())
}

/// Whether a rule file is the one that was named, or is in it (a directory or zip file).
fn is_of(named: &str, file: &str) -> bool {
    let named = named.trim_end_matches(std::path::is_separator);
    file.strip_prefix(named).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '\\', ' ']))
}

/// Names the files that do not compile, without which the run goes on, and says how many files of directories are no rule files.
pub(super) fn name_failed(scanner: Option<&Scanner>, console: &mut Console<'_>) {
    for file in scanner.into_iter().flat_map(Scanner::failed) {
        let text = console.lang.pick("regelbestand overgeslagen", "rule file left out");
        let reason = file.failed.as_deref().unwrap_or_default();
        let reason = Phrase(reason).written(console.lang);
        console.warn(format_args!("{text}: {}: {reason}", Printable(&file.name)));
    }
    if let Some(skipped) = scanner.and_then(|scanner| skipped(scanner, console.lang)) {
        console.say(skipped);
    }
}

/// How many files of named directories and archives are no rule files, and the first of them.
pub(super) fn skipped(scanner: &Scanner, lang: Language) -> Option<String> {
    let skipped = scanner.skipped();
    let first = Phrase(skipped.names.first()?).written(lang);
    let text = lang
        .pick("bestanden die geen regelbestand zijn, overgeslagen", "files that are no rule file, skipped");
    Some(format!("{} {text}, {} '{first}'", skipped.count, lang.pick("zoals", "such as")))
}
