//! `veldkit rules check`: which rule files can be used, of the others the line and the reason, and which rules can never match.

use serde_json::json;

use super::Check;
use crate::cli::scanning::{count_unusable, skipped, unlisted};
use crate::cli::{Console, Exit, Failure};
use crate::evidence::Printable;
use crate::scan::{NeverMatches, RuleFile, Scanner, SkippedFiles};
use crate::text::phrases::Phrase;
use crate::text::{Language, Localized as _};

/// Carries out `rules check`: 0 where all files can be used, 3 where some, 1 where none. A file without a rule is of no use.
pub(super) fn run(arguments: &Check, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let chosen = arguments.opening.rule_set(&arguments.paths).choose(None)?;
    let scanner = chosen.compile().map_err(unlisted)?;
    let files: Vec<&RuleFile> = named(&scanner).collect();
    let failed: Vec<&RuleFile> = files.iter().copied().filter(|file| file.failed.is_some()).collect();
    let mut never = scanner.never_matching();
    never.retain(|never| files.iter().any(|file| file.name == never.source));
    if arguments.json {
        console.result(object(&files, &failed, &never, scanner.skipped()));
    } else {
        for never in &never {
            let (source, rule) = (Printable(&never.source), Printable(&never.rule));
            let text = console.lang.pick("kan nooit treffen", "can never match");
            let reason = Phrase(&never.reason).written(console.lang);
            console.result(format_args!("{source}: {rule} {text}: {reason}"));
        }
        for file in &failed {
            let reason = file.failed.as_deref().unwrap_or_default();
            let reason = Phrase(reason).written(console.lang);
            console.result(format_args!("{}: {reason}", Printable(&file.name)));
        }
        if let Some(line) = skipped(&scanner, console.lang) {
            console.result(line);
        }
        console.result(sum(&files, &failed, console.lang));
    }
    let empty = count_unusable(&arguments.paths, Some(&scanner), None, console).saturating_sub(failed.len());
    Ok(Exit::of([(rules(&files) == 0, Exit::Failure), (!failed.is_empty() || empty > 0, Exit::Partial)]))
}

/// The files asked about: those built in come along, since the self-test needs them.
fn named(scanner: &Scanner) -> impl Iterator<Item = &RuleFile> {
    scanner.rule_files().iter().filter(|file| !file.is_embedded())
}

fn rules(files: &[&RuleFile]) -> usize {
    files.iter().fold(0_usize, |sum, file| sum.saturating_add(file.rules))
}

fn object(
    files: &[&RuleFile],
    failed: &[&RuleFile],
    never: &[NeverMatches],
    skipped: &SkippedFiles,
) -> serde_json::Value {
    let failures: Vec<_> = failed
        .iter()
        .map(|file| json!({ "file": file.name, "line": file.failed_line(), "reason": file.failed }))
        .collect();
    json!({
        "compiled": { "files": files.len().saturating_sub(failed.len()), "rules": rules(files) },
        "failed": failures,
        "never_match": never,
        "skipped": skipped,
    })
}

fn sum(files: &[&RuleFile], failed: &[&RuleFile], lang: Language) -> String {
    let (usable, rules) = (files.len().saturating_sub(failed.len()), rules(files));
    let wrong = failed.len();
    match (lang, wrong) {
        (Language::Nl, 0) if rules == 0 => format!("0 regels in {usable} bestanden: niets bruikbaar"),
        (Language::En, 0) if rules == 0 => format!("0 rules in {usable} files: nothing can be used"),
        (Language::Nl, 0) => format!("{rules} regels in {usable} bestanden: alle bruikbaar"),
        (Language::En, 0) => format!("{rules} rules in {usable} files: all can be used"),
        (Language::Nl, _) => format!(
            "{rules} regels in {usable} bestanden zijn bruikbaar, {wrong} bestanden niet; een run slaat die over, de rest doet mee"
        ),
        (Language::En, _) => format!(
            "{rules} rules in {usable} files can be used, {wrong} files cannot; a run leaves those out and uses the rest"
        ),
    }
}
