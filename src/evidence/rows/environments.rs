//! Rows of `LiveEnvironments`, for Windows only: the environment variables of each process. They contain secrets; a
//! playbook collects them only where it lists the artifact.

use serde::{Deserialize, Serialize};

use super::{Observable, RowCitation, RowType};
use crate::evidence::{Exact, ReasonCode, Utc};

/// A row of schema `urn:veldkit:live:environments:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum EnvironmentRow {
    /// The environment of a process.
    Environment(Environment),
    /// A process whose environment could not be read.
    Unreadable {
        /// The process.
        pid: u32,
        /// Name of its program file.
        name: String,
        /// Reason, as a code of the records.
        why: ReasonCode,
    },
    /// A kind of row that this version does not know.
    #[serde(other)]
    #[cfg_attr(test, schemars(skip))]
    Unknown,
}

/// The environment of a process, as it is in its memory now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Environment {
    /// The process.
    pub pid: u32,
    /// Name of its program file.
    pub name: String,
    /// Start time; together with the process id, it identifies the process in all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Utc>,
    /// Each variable as `NAME=value`. Names that begin with `=` are internal to Windows: the current directory of
    /// each drive.
    pub variables: Vec<Exact>,
    /// Whether there are more, which could not be read or exceed the limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl RowType for EnvironmentRow {
    const SCHEMA: &'static str = "urn:veldkit:live:environments:1";

    fn observables<'row>(&'row self, _: &mut dyn FnMut(Observable<'row>)) {
        match self {
            // Variables are secrets and directory lists: a hit would copy them into the record.
            Self::Environment(Environment { pid: _, name: _, started: _, variables: _, truncated: _ })
            | Self::Unreadable { pid: _, name: _, why: _ }
            | Self::Unknown => {}
        }
    }

    fn citation(&self) -> RowCitation {
        let (pid, name) = match self {
            Self::Environment(Environment { pid, name, .. }) | Self::Unreadable { pid, name, .. } => {
                (Some(*pid), Some(name.clone()))
            }
            Self::Unknown => (None, None),
        };
        RowCitation { pid, port: None, path: name }
    }
}
