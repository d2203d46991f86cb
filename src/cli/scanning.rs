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
use crate::kit;
use crate::kit::description::KitFileUse;
use crate::scan;
use crate::scan::indicators::Indicators;
use crate::scan::{EngineKind, RuleSource, Scanner, TimeLimits};
use crate::text::phrases::Phrase;
use crate::text::scanning as text;
use crate::text::{Language, Sentence};

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
        Err(Failure::refused(text::no_processes_below_root()).hint(text::root_or_processes()))
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
    pub(super) fn choose(&self, kit: Option<&ChosenKit>, lang: Language) -> Result<Chosen, Failure> {
        let engine = self.engine.parse().map_err(Failure::usage)?;
        let mut sources = vec![RuleSource::Embedded];
        sources.extend(self.sources(&self.rules, lang)?);
        if let Some(kit) = kit {
            sources.extend(self.of_kit(kit, lang)?);
        }
        let usual = TimeLimits::default();
        let item = self.scan_time_limit.unwrap_or(usual.item);
        let limits = TimeLimits { item, rule: self.rule_time_limit.unwrap_or(usual.rule.min(item)) };
        Ok(Chosen { sources, engine, limits, no_archives: self.no_archives })
    }

    /// Where the rules named stand, packed ones opened in memory.
    pub(super) fn sources(&self, paths: &[PathBuf], lang: Language) -> Result<Vec<RuleSource>, Failure> {
        let mut identities = None;
        let sources = paths.iter().map(|path| {
            if !kit::rules::is_packed(path) {
                return Ok(RuleSource::Path(path.clone()));
            }
            if identities.is_none() {
                identities = Some(self.identities(lang)?);
            }
            kit::rules::open(path, identities.as_ref().unwrap_or(&Identities::new())).map_err(cannot_open)
        });
        sources.collect()
    }

    /// The rules of a kit, each file read once and checked.
    fn of_kit(&self, kit: &ChosenKit, lang: Language) -> Result<Vec<RuleSource>, Failure> {
        let files = kit.kit.read_all(KitFileUse::Rules).map_err(unusable)?;
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let identities = self.identities(lang)?;
        let sources = files
            .into_iter()
            .map(|(path, bytes)| kit::rules::of_bytes(path, bytes, &identities).map_err(cannot_open));
        sources.collect()
    }

    fn identities(&self, lang: Language) -> Result<Identities, Failure> {
        let mut identities = Identities::new();
        for path in &self.rules_identity {
            identities.add_file(path, &ask_at_the_terminal(lang)).map_err(Failure::usage)?;
        }
        if let Some(path) = &self.rules_passphrase_file {
            identities.add_passphrase(first_line(path)?);
        }
        keep_out_of_swap(&identities);
        Ok(identities)
    }
}

fn cannot_open(error: kit::rules::Error) -> Failure {
    Failure::usage(error).hint(text::give_the_rules_key())
}

/// Rules or indicators that were named and cannot be read, with what to do.
pub(super) fn unlisted(error: scan::Error) -> Failure {
    let (rules, lists) =
        (matches!(error, scan::Error::List { .. }), matches!(error, scan::Error::ListIndicators { .. }));
    let failure = Failure::usage(error);
    if rules {
        failure.hint(text::what_rules_are())
    } else if lists {
        failure.hint(text::what_lists_are())
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
        console.warn(&text::nothing_usable(name));
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
        let reason = file.failed.as_deref().unwrap_or_default();
        console.warn(&text::rule_file_left_out(&file.name, Phrase(reason)));
    }
    if let Some(skipped) = scanner.and_then(skipped) {
        console.say(&skipped);
    }
}

/// How many files of named directories and archives are no rule files, and the first of them.
pub(super) fn skipped(scanner: &Scanner) -> Option<Sentence> {
    let skipped = scanner.skipped();
    let first = skipped.names.first()?;
    Some(text::no_rule_files(skipped.count, first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::console::assert_printed;
    use crate::text::{indicators, rules};

    #[test]
    fn what_is_said_of_rules_and_indicators_in_use_is_the_golden_text() {
        assert_printed("rules_and_indicators", |console| {
            console.warn(&text::nothing_usable("rules/empty.yar"));
            console.warn(&text::rule_file_left_out("rules/broken.yar", Phrase("line 3: syntax error")));
            for count in [1, 9_407] {
                console.say(&text::no_rule_files(count, "README.md"));
                console.say(&indicators::no_lists(count, "README.md"));
                console.say(&indicators::in_use(count, 3));
            }
            console.warn(&indicators::list_not_to_its_end("list.json", Phrase("end of file")));
            for (files, failed) in [(1, 0), (3, 1), (3, 2)] {
                let found = rules::in_files(files, &rules::rules(files));
                console.answer(&rules::nothing_usable(&found));
                console.answer(&rules::all_usable(&found));
                console.answer(&rules::some_usable(failed, &found));
                console.say(&rules::packed(files, Path::new("rules.age")));
            }
            console.answer(&rules::never_matches("a.yar", "alpha", Phrase("its condition is false")));
        });
    }
}
