//! Everything that a step of the plan asks for, whatever it is: files, rows, memory, the output of programs.
//!
//! In: a target and a step. Out: findings, in the order of the step's sources, streamed: memory does not grow with their number.

use std::ops::ControlFlow;

use super::{memory_tool, registry};
use crate::playbook::{Source, Step};
use crate::sources::expand::FileSearch;
use crate::sources::{Finding, Target, commands, expand, memory};

/// Looks for everything of one step and hands it out as it is found, until `emit` breaks. A file that an earlier step
/// was given is not given again.
pub fn find(target: &Target, step: &Step, emit: &mut dyn FnMut(Finding) -> ControlFlow<()>) {
    find_while(target, step, &|| true, emit);
}

/// The same as long as `goes_on` says so, which is asked between findings as well: a search may go on for long without one.
pub fn find_while(
    target: &Target,
    step: &Step,
    goes_on: &dyn Fn() -> bool,
    emit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
) {
    // What a step asks of the registry is one item, whatever the number of its sources.
    let mut registry = Some(());
    let mut commands = 0_usize;
    for source in &step.sources {
        let flow = match source {
            Source::Files(patterns) => {
                expand::search(target, &FileSearch { step, patterns, shadow: None, goes_on }, emit)
            }
            Source::Memory(ids) => memory::find(ids).into_iter().try_for_each(&mut *emit),
            Source::RegistryKeys(_) | Source::RegistryValues(_) => match registry.take() {
                Some(()) => registry::find(target, step, emit),
                None => ControlFlow::Continue(()),
            },
            Source::Live(artifact) => super::find(target, *artifact, emit),
            Source::MemoryTool(tool) => memory_tool::find(target, tool, emit),
            Source::Command(call) => {
                commands = commands.saturating_add(1);
                commands::find(target, &step.artifact, commands, call, emit)
            }
        };
        if flow.is_break() {
            return;
        }
    }
}

/// The same as [`find_while`] of the files in a shadow copy, one of [`Target::shadow_copies`].
pub fn find_in_shadow(
    target: &Target,
    step: &Step,
    shadow: usize,
    goes_on: &dyn Fn() -> bool,
    emit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
) {
    for source in &step.sources {
        if let Source::Files(patterns) = source
            && expand::search(target, &FileSearch { step, patterns, shadow: Some(shadow), goes_on }, emit)
                .is_break()
        {
            return;
        }
    }
}
