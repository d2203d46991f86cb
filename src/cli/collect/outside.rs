//! Which files from outside of the program steer a run: each is named with its digest on the screen, in JSON, in the bundle's opening
//! and on the receipt.

use super::{Inquiry, Judges};
use crate::bundle::opening::{BroughtBy, OutsideFile, OutsideRole};
use crate::cli::Console;
use crate::cli::outside;
use crate::cli::outside::by_operator;
use crate::evidence::Digest;
use crate::kit::description::KitFileUse;
use crate::playbook::{Source, SourceText};
use crate::text::outside::more_in_bundle;

/// All files from outside, in the order in which they were read. `named` are the playbook files of the operator.
pub(super) fn files(
    inquiry: &Inquiry<'_>,
    judges: Judges<'_>,
    named: &[SourceText],
    recipients: &[OutsideFile],
) -> Vec<OutsideFile> {
    let kit = inquiry.kit;
    let mut files: Vec<OutsideFile> = kit.iter().map(|kit| kit.itself()).collect();
    files.extend(kit.map(|kit| kit.outside(OutsideRole::Playbook, KitFileUse::Playbook)).unwrap_or_default());
    files.extend(named.iter().map(|text| by_operator(OutsideRole::Playbook, &text.name, text.sha256)));
    files.extend(tools(inquiry, named));
    files.extend(outside::judging(kit, judges.scanner, judges.indicators));
    files.extend_from_slice(recipients);
    files
}

/// Prints one line per file.
pub(super) fn print(files: &[OutsideFile], console: &mut Console<'_>) {
    outside::print(files, more_in_bundle, console);
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
