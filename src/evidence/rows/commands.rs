//! The row of a program that a playbook ran on the running system. Its output is in text items next to this one.

use serde::{Deserialize, Serialize};

use super::{Observable, RowCitation, RowType};
use crate::evidence::Digest;

/// A row of schema `urn:veldkit:command:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum CommandRow {
    /// A program that was run.
    Run(CommandRun),
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// A run of a program.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CommandRun {
    /// Path of the program.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// SHA-256 of the program, read before it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// Exit code; absent where a signal or the time limit ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Duration in milliseconds.
    pub milliseconds: u64,
}

impl RowType for CommandRow {
    const SCHEMA: &'static str = "urn:veldkit:command:1";

    fn observables<'row>(&'row self, _: &mut dyn FnMut(Observable<'row>)) {
        match self {
            // The playbook chose the program and its arguments, not the target.
            Self::Run(CommandRun { program: _, arguments: _, sha256: _, exit_code: _, milliseconds: _ })
            | Self::Unknown => {}
        }
    }

    fn citation(&self) -> RowCitation {
        match self {
            Self::Run(run) => RowCitation { path: Some(run.program.clone()), ..RowCitation::default() },
            Self::Unknown => RowCitation::default(),
        }
    }
}
