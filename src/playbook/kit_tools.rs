//! Programs that a kit carries, for the definitions and playbooks that ask for them by name.
//!
//! In: a plan and what the kit lists. Out: the plan with whole paths. A name that no kit lists stays as it is and is not run: nothing is
//! looked for next to this program or in the search path.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::plan::{Plan, Source};
use crate::evidence::Digest;

/// A program that a kit carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitTool {
    /// Its whole path.
    pub path: PathBuf,
    /// Its SHA-256 as the kit lists it.
    pub sha256: Digest,
}

/// Puts whole paths in place of names. A tool whose digest in the kit is not one that is asked for is run by neither.
pub(super) fn resolve(plan: &mut Plan, tools: &BTreeMap<String, KitTool>) {
    for source in plan.steps.iter_mut().flat_map(|step| &mut step.sources) {
        match source {
            Source::Command(call) => {
                if let Some(tool) = tools.get(&call.program) {
                    call.program = tool.path.display().to_string();
                    call.sha256.retain(|digest| *digest == tool.sha256);
                }
            }
            Source::MemoryTool(wanted) => {
                if let Some(tool) = tools.get(&wanted.program)
                    && tool.sha256 == wanted.sha256
                {
                    wanted.program = tool.path.display().to_string();
                }
            }
            _ => {}
        }
    }
}
