//! The programs of a kit, for definitions and playbooks that refer to them by name.
//!
//! In: a plan and the kit's list. Out: the plan with absolute paths. A name that is not in the kit stays as it is and
//! is not run: neither the directory of this program nor the search path is searched.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::plan::{Companion, Plan, Source};
use crate::evidence::Digest;

/// A program of a kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitTool {
    /// Absolute path.
    pub path: PathBuf,
    /// SHA-256 from the kit's list.
    pub sha256: Digest,
    /// The other files of the kit in its directory.
    pub companions: Vec<Companion>,
}

/// Replaces names by absolute paths. A tool with another digest than requested is not run.
pub(super) fn resolve(plan: &mut Plan, tools: &BTreeMap<String, KitTool>) {
    for source in plan.steps.iter_mut().flat_map(|step| &mut step.sources) {
        match source {
            Source::Command(call) => {
                if let Some(tool) = tools.get(&call.program) {
                    call.program = tool.path.display().to_string();
                    call.sha256.retain(|digest| *digest == tool.sha256);
                    call.companions = Some(tool.companions.clone());
                }
            }
            Source::MemoryTool(wanted) => {
                if let Some(tool) = tools.get(&wanted.program)
                    && tool.sha256 == wanted.sha256
                {
                    wanted.program = tool.path.display().to_string();
                    wanted.companions = Some(tool.companions.clone());
                }
            }
            _ => {}
        }
    }
}
