//! Windows: the list of processes ([`list`]), what each lets be asked of it ([`details`]), what it has loaded ([`modules`]), and which
//! are not read ([`guarded`]).

mod details;
mod guarded;
mod list;
mod modules;

pub(super) use details::{environment, process_details};
pub(in crate::sys) use list::{SYSTEM, open_with_debugging};
pub(super) use list::{process_facts, process_ids, processes};
pub(super) use modules::loaded_modules;
