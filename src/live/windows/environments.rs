//! `LiveEnvironments`, of Windows alone: the environment variables of processes. They hold passwords and keys, so no playbook takes
//! them that is not for secrets; of Linux `LinuxProcessEnvironment` has them, as a file of each process.
//!
//! In: the block of each process that lets it be read. Out: a row each of [`Row`], in the order of the list. A process that ends
//! meanwhile has none; one whose asking hangs costs its own limit of time.

use std::time::Duration;

use serde::Serialize;

use crate::evidence::{Exact, ReasonCode, Utc};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys::guard::OneByOne;
use crate::sys::{self, ProcessEntry, ProcessEnvironment, is_nothing};

/// How long all of it may take.
const TABLE_LIMIT: Duration = Duration::from_mins(1);

/// How long one process may take.
const PROCESS_LIMIT: Duration = Duration::from_secs(2);

/// A row of `LiveEnvironments`, schema `urn:veldkit:live:environments:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Row {
    /// What a process was given.
    Environment(Environment),
    /// A process of which nothing was told.
    Unreadable {
        /// The process.
        pid: u32,
        /// The name of its program's file.
        name: String,
        /// Why: a code as in the records.
        why: ReasonCode,
    },
}

/// The environment of a process, as it stands in its memory now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Environment {
    /// The process.
    pub pid: u32,
    /// The name of its program's file.
    pub name: String,
    /// When it started; with its number this names it in all rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Utc>,
    /// Each variable as `NAME=value`. Those whose names begin with `=` are Windows' own: the folder of each drive.
    pub variables: Vec<Exact>,
    /// Whether there is more, which could not be read or is above the limit.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// How the rows are made.
pub(crate) fn rows() -> Rows {
    Rows::new("urn:veldkit:live:environments:1", "toolhelp", make).within(TABLE_LIMIT)
}

fn make(lines: &mut Lines<'_>) -> Result<(), Halt> {
    let all = sys::processes().map_err(|error| Halt::of_error("listing processes", &error))?;
    let mut one_by_one = OneByOne::new(PROCESS_LIMIT, sys::environment);
    for ProcessEntry { pid, name, .. } in all {
        match one_by_one.ask(pid).and_then(|told| told) {
            Ok(ProcessEnvironment { started, variables, whole }) => {
                let variables = variables.into_iter().map(Exact).collect();
                let row = Environment { pid, name, started, variables, truncated: !whole };
                lines.row(&Row::Environment(row))?;
            }
            Err(error) if is_nothing(&error) => {}
            Err(error) => {
                let why = code_of(&error);
                lines.short(why, format!("reading the environment of process {pid}: {error}"));
                lines.row(&Row::Unreadable { pid, name, why })?;
            }
        }
    }
    Ok(())
}
