//! `veldkit rules check`: which rule files can be used, of the others the line and the reason, and which rules can never match.

use serde_json::json;

use super::Check;
use crate::cli::scanning::{count_unusable, skipped, unlisted};
use crate::cli::{Console, Exit, Failure};
use crate::scan::{NeverMatches, RuleFile, Scanner, SkippedFiles};
use crate::text::Sentence;
use crate::text::phrases::Phrase;
use crate::text::rules as text;

/// Carries out `rules check`: 0 where all files can be used, 3 where some, 1 where none. A file without a rule is of no use.
pub(super) fn run(arguments: &Check, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let chosen = arguments.opening.rule_set(&arguments.paths).choose(None, console.lang)?;
    let scanner = chosen.compile().map_err(unlisted)?;
    let files: Vec<&RuleFile> = named(&scanner).collect();
    let failed: Vec<&RuleFile> = files.iter().copied().filter(|file| file.failed.is_some()).collect();
    let mut never = scanner.never_matching();
    never.retain(|never| files.iter().any(|file| file.name == never.source));
    if arguments.json {
        console.result(object(&files, &failed, &never, scanner.skipped()));
    } else {
        for never in &never {
            console.answer(&text::never_matches(&never.source, &never.rule, Phrase(&never.reason)));
        }
        for file in &failed {
            console.answer(&text::failed(&file.name, Phrase(file.failed.as_deref().unwrap_or_default())));
        }
        if let Some(line) = skipped(&scanner) {
            console.answer(&line);
        }
        console.answer(&sum(&files, &failed));
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

fn sum(files: &[&RuleFile], failed: &[&RuleFile]) -> Sentence {
    let (usable, rules) = (files.len().saturating_sub(failed.len()), rules(files));
    let found = text::in_files(usable, &text::rules(rules));
    match failed.len() {
        0 if rules == 0 => text::nothing_usable(&found),
        0 => text::all_usable(&found),
        wrong => text::some_usable(wrong, &found),
    }
}
