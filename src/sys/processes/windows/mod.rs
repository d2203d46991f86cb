//! Windows: the list of processes ([`list`]), and what each lets be asked of it ([`details`]).

mod details;
mod list;

pub(super) use details::{environment, loaded_modules, process_details};
pub(in crate::sys) use list::{SYSTEM, open_process};
pub(super) use list::{process_facts, process_ids, processes};
