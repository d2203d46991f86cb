//! Systems on which this version asks about no processes.

use std::io;

use super::{ProcessDetails, ProcessEntry, ProcessEnvironment, ProcessIdentity};

pub(super) fn process_ids() -> io::Result<Vec<u32>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn process_facts(_pid: u32) -> io::Result<ProcessIdentity> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn processes() -> io::Result<Vec<ProcessEntry>> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn process_details(_process: &ProcessEntry) -> io::Result<ProcessDetails> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn environment(_pid: u32) -> io::Result<ProcessEnvironment> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) fn loaded_modules(_pid: u32) -> io::Result<Vec<String>> {
    Err(io::ErrorKind::Unsupported.into())
}
