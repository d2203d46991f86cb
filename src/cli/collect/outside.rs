//! Which files from outside of the program steer a run: each is named with its digest on the screen, in JSON, in the bundle's opening
//! and on the receipt.

use super::{Inquiry, Judges};
use crate::bundle::opening::{BroughtBy, OutsideFile, OutsideRole};
use crate::cli::Console;
use crate::evidence::Digest;
use crate::kit::description::KitFileUse;
use crate::playbook::{Source, SourceText};
use crate::scan::RuleFile;
use crate::scan::indicators::IndicatorList;

/// Files that are listed on the screen; the others are counted.
const LISTED: usize = 20;

/// All files from outside, in the order in which they were read. `named` are the playbook files of the operator.
pub(super) fn files(
    inquiry: &Inquiry<'_>,
    judges: Judges<'_>,
    named: &[SourceText],
    recipients: &[OutsideFile],
) -> Vec<OutsideFile> {
    let by_operator = |role, name: &str, sha256| OutsideFile {
        role,
        name: name.to_owned(),
        sha256,
        brought_by: BroughtBy::Operator,
    };
    let kit = inquiry.kit;
    let of_kit = |role, purpose| kit.map(|kit| kit.outside(role, purpose)).unwrap_or_default();
    let mut files: Vec<OutsideFile> = kit.iter().map(|kit| kit.itself()).collect();
    files.extend(of_kit(OutsideRole::Playbook, KitFileUse::Playbook));
    files.extend(named.iter().map(|text| by_operator(OutsideRole::Playbook, &text.name, text.sha256)));
    files.extend(tools(inquiry, named));
    let rules = judges.scanner.map(crate::scan::Scanner::rule_files).unwrap_or_default();
    let ours = of_kit(OutsideRole::Rules, KitFileUse::Rules);
    let theirs = rules.iter().filter(|file| !file.is_embedded() && !is_of(&ours, &file.name));
    files.extend(theirs.map(|RuleFile { name, sha256, .. }| by_operator(OutsideRole::Rules, name, *sha256)));
    if judges.scanner.is_some() {
        files.extend(ours);
    }
    if let Some(indicators) = judges.indicators {
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
    files.extend_from_slice(recipients);
    files
}

/// Prints one line per file.
pub(super) fn print(files: &[OutsideFile], console: &mut Console<'_>) {
    for file in files.iter().take(LISTED) {
        console.say(file.line(console.lang));
    }
    let more = files.len().saturating_sub(LISTED);
    if more > 0 {
        let text = console.lang.pick(
            "bestanden meer, genoemd op het ontvangstbewijs en in de bundel",
            "files more, listed in the bundle",
        );
        console.say(format_args!("+ {more} {text}"));
    }
}

/// Whether a name is that of one of these files, or of something in it (a zip of rules).
fn is_of(files: &[OutsideFile], name: &str) -> bool {
    files.iter().any(|file| {
        name.strip_prefix(&file.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ' ']))
    })
}

/// The programs that the plan has run, each with the digests of which it must have one. No definition of this program's own has
/// one run, so where the operator named no file it was the kit's that did.
fn tools(inquiry: &Inquiry<'_>, named: &[SourceText]) -> Vec<OutsideFile> {
    let kit = inquiry.kit;
    let ours = kit.map(|kit| kit.outside(OutsideRole::Tool, KitFileUse::Tool)).unwrap_or_default();
    let tool = |name: &str, sha256: Digest| OutsideFile {
        role: OutsideRole::Tool,
        name: name.to_owned(),
        sha256,
        brought_by: match kit {
            Some(kit) if named.is_empty() || ours.iter().any(|file| file.name == name) => kit.brought_by,
            _ => BroughtBy::Operator,
        },
    };
    let mut tools = Vec::new();
    for source in inquiry.plan.steps.iter().flat_map(|step| &step.sources) {
        match source {
            Source::Command(call) => {
                tools.extend(call.sha256.iter().map(|digest| tool(&call.program, *digest)));
            }
            Source::MemoryTool(wanted) => tools.push(tool(&wanted.program, wanted.sha256)),
            _ => {}
        }
    }
    tools
}
