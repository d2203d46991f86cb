//! `LiveEnvironments`, of Windows alone: the environment variables of processes. They hold passwords and keys, so no playbook takes
//! them that is not for secrets; of Linux `LinuxProcessEnvironment` has them, as a file of each process.
//!
//! In: the block of each process that lets it be read. Out: one [`EnvironmentRow`] per process, in the order of the list. A process that ends
//! meanwhile has none; one whose asking hangs costs its own limit of time.

use std::time::Duration;

use crate::evidence::Exact;
use crate::evidence::rows::RowType as _;
use crate::evidence::rows::environments::{Environment, EnvironmentRow};
use crate::sources::rows::{Halt, Lines, Rows, code_of};
use crate::sys;
use crate::sys::time_limit::OneByOne;
use crate::sys::{ProcessEntry, ProcessEnvironment, is_nothing};

/// How long all of it may take.
const TABLE_LIMIT: Duration = Duration::from_mins(1);

/// How long one process may take.
const PROCESS_LIMIT: Duration = Duration::from_secs(2);

/// How the rows are made.
pub(crate) fn rows() -> Rows {
    Rows::new(EnvironmentRow::SCHEMA, "toolhelp", make).within(TABLE_LIMIT)
}

fn make(lines: &mut Lines<'_>) -> Result<(), Halt> {
    let all = sys::processes().map_err(|error| Halt::of_error("listing processes", &error))?;
    let mut one_by_one = OneByOne::new(PROCESS_LIMIT, sys::environment);
    for ProcessEntry { pid, name, .. } in all {
        match one_by_one.ask(pid).and_then(|told| told) {
            Ok(ProcessEnvironment { started, variables, whole }) => {
                let variables = variables.into_iter().map(Exact).collect();
                let row = Environment { pid, name, started, variables, truncated: !whole };
                lines.row(&EnvironmentRow::Environment(row))?;
            }
            Err(error) if is_nothing(&error) => {}
            Err(error) => {
                let why = code_of(&error);
                lines.short(why, format!("reading the environment of process {pid}: {error}"));
                lines.row(&EnvironmentRow::Unreadable { pid, name, why })?;
            }
        }
    }
    Ok(())
}
