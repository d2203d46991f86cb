//! Which files from outside of the program are matched against what is read, and how such files are shown: shared by every command
//! that scans.

use super::kit::ChosenKit;
use crate::bundle::opening::{BroughtBy, OutsideFile, OutsideRole};
use crate::cli::Console;
use crate::evidence::Digest;
use crate::kit::description::KitFileUse;
use crate::scan::indicators::{IndicatorList, Indicators};
use crate::scan::{RuleFile, Scanner};
use crate::text::Sentence;

/// Files that are listed on the screen; the others are counted.
const LISTED: usize = 20;

/// A file that the operator named.
pub(super) fn by_operator(role: OutsideRole, name: &str, sha256: Digest) -> OutsideFile {
    OutsideFile { role, name: name.to_owned(), sha256, brought_by: BroughtBy::Operator }
}

/// The rule files and lists in use, those of a kit among them, in the order in which they were read.
pub(super) fn judging(
    kit: Option<&ChosenKit>,
    scanner: Option<&Scanner>,
    indicators: Option<&Indicators>,
) -> Vec<OutsideFile> {
    let of_kit = |role, purpose| kit.map(|kit| kit.outside(role, purpose)).unwrap_or_default();
    let mut files = Vec::new();
    let rules = scanner.map(Scanner::rule_files).unwrap_or_default();
    let ours = of_kit(OutsideRole::Rules, KitFileUse::Rules);
    let theirs = rules.iter().filter(|file| !file.is_embedded() && !is_of(&ours, &file.name));
    files.extend(theirs.map(|RuleFile { name, sha256, .. }| by_operator(OutsideRole::Rules, name, *sha256)));
    if scanner.is_some() {
        files.extend(ours);
    }
    if let Some(indicators) = indicators {
        for (role, purpose, lists) in [
            (OutsideRole::Indicators, KitFileUse::Indicators, indicators.lists()),
            (OutsideRole::KnownGood, KitFileUse::KnownGood, indicators.known_good_lists()),
        ] {
            let ours = of_kit(role, purpose);
            let theirs = lists.iter().filter(|list| !is_of(&ours, &list.name));
            files.extend(theirs.map(|IndicatorList { name, sha256, .. }| by_operator(role, name, *sha256)));
            files.extend(ours);
        }
    }
    files
}

/// Prints one line per file; `rest` counts those past the first ones and says where they are.
pub(super) fn print(files: &[OutsideFile], rest: fn(usize) -> Sentence, console: &mut Console<'_>) {
    for file in files.iter().take(LISTED) {
        console.say(&file.line());
    }
    let more = files.len().saturating_sub(LISTED);
    if more > 0 {
        console.say(&rest(more));
    }
}

/// Whether a name is that of one of these files, or of something in it (a zip of rules).
fn is_of(files: &[OutsideFile], name: &str) -> bool {
    files.iter().any(|file| {
        name.strip_prefix(&file.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ' ']))
    })
}
