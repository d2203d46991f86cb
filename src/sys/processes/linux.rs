//! Linux: the numbers in `/proc`. Everything else about a process is in files there, which `live` reads like any other.

use std::io;
use std::os::unix::fs::MetadataExt as _;

use super::ProcessIdentity;
pub(super) use super::unsupported::{environment, loaded_modules, process_details, processes};

pub(super) fn process_ids() -> io::Result<Vec<u32>> {
    let entries = std::fs::read_dir("/proc")?;
    let mut ids: Vec<u32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    ids.sort_unstable();
    Ok(ids)
}

pub(super) fn process_facts(pid: u32) -> io::Result<ProcessIdentity> {
    let owner = std::fs::metadata(format!("/proc/{pid}"))?.uid();
    let name = std::fs::read(format!("/proc/{pid}/comm"))?;
    let program = std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    Ok(ProcessIdentity {
        name: String::from_utf8_lossy(&name).trim_end().to_owned(),
        program: program.map(|path| path.to_string_lossy().into_owned()),
        owner: Some(owner),
    })
}
