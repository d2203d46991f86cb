//! What a Windows reports about itself, as rows: the artifacts of [`crate::playbook::Live`] where the target is one.
//!
//! In: an artifact and a target. Out: an item of rows with the schemas and, for the same thing, the fields that rows of
//! other systems have. What only the running system knows is asked of `sys`; what the registry or a file says
//! is collected from a tree or an image as well. What is read there is hostile, and read by pure functions.

use crate::playbook::Live;
use crate::sources::rows::Rows;
use crate::sys;

pub mod accounts;
pub mod autostarts;
mod class_starts;
pub mod environments;
pub mod executables;
mod file_starts;
pub mod firewall;
mod found_starts;
pub(crate) mod hive_interfaces;
#[cfg(test)]
mod made_hive;
pub mod network;
pub mod objects;
pub mod processes;
mod registry_comparison;
mod registry_starts;
pub mod sessions;
mod signature;
pub mod sockets;
pub mod software;
mod started_files;
pub mod storage;
mod subscriptions;
mod task_starts;
mod windows_host;

pub(crate) use storage::open_volumes;
pub(crate) use windows_host::WindowsHost;

/// How an artifact's rows are made of a Windows, or why there are none.
pub(crate) fn rows(machine: WindowsHost, artifact: Live) -> Result<Rows, &'static str> {
    let gaps = machine.gaps().clone();
    made(machine, artifact).map(|rows| rows.lacking(gaps))
}

fn made(machine: WindowsHost, artifact: Live) -> Result<Rows, &'static str> {
    let running = machine.is_live() && sys::IS_WINDOWS;
    match artifact {
        Live::Processes
        | Live::Sockets
        | Live::Executables
        | Live::Sessions
        | Live::Objects
        | Live::Environments
            if !running =>
        {
            Err("only a running system reports this")
        }
        Live::Processes => Ok(processes::rows()),
        Live::Sockets => Ok(sockets::rows()),
        Live::Executables => Ok(executables::rows(machine)),
        Live::Sessions => Ok(sessions::rows()),
        Live::Objects => Ok(objects::rows()),
        Live::Environments => Ok(environments::rows()),
        Live::Network => Ok(network::rows(machine)),
        Live::Accounts => Ok(accounts::rows(machine)),
        Live::Autostarts => Ok(autostarts::rows(machine)),
        Live::Software => Ok(software::rows(machine)),
        Live::Storage => Ok(storage::rows(machine)),
        Live::Memory => Err(
            "only a signed driver can read the memory of Windows: list a tool that has one in a playbook (memory_tool)",
        ),
        Live::Logons | Live::Bodyfile => Err("the event logs have this, and are collected as files"),
    }
}
