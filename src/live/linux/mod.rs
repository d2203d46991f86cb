//! Collectors of the state of a Linux, running or as files of a tree or an image.
//!
//! In: a `LinuxHost`, on the volume that holds the system. Out: rows, and the files that are suspicious. Each artifact
//! of [`Live`] has its module.

pub mod accounts;
mod auth_logons;
pub mod autostarts;
pub mod executables;
mod firewall;
mod hidden;
mod kernel;
mod last_logons;
pub(crate) mod linux_host;
pub mod logons;
pub mod modules;
pub mod network;
pub mod packages;
pub mod physical_memory;
pub mod processes;
pub mod sockets;
pub mod started_files;
pub mod storage;

use super::{Collected, bodyfile};
use crate::playbook::Live;
use crate::sources::target::Target;

pub(crate) use linux_host::LinuxHost;

/// The encrypted volumes of the running system that are open now, and are locked as soon as it is shut down.
pub(crate) fn open_volumes(target: &Target) -> Vec<String> {
    let host = LinuxHost::of(target).filter(|_| target.is_live());
    host.map(|host| storage::unlocked(&host)).unwrap_or_default()
}

/// Collects the rows and the suspects of an artifact.
pub(crate) fn collect(target: &Target, artifact: Live, reach: LinuxHost) -> Collected {
    let gaps = reach.gaps().clone();
    let Collected { rows, suspects } = collected(target, artifact, reach);
    Collected { rows: rows.map(|rows| rows.lacking(gaps)), suspects }
}

fn collected(target: &Target, artifact: Live, reach: LinuxHost) -> Collected {
    Collected::only(match artifact {
        Live::Executables => {
            let suspects = Box::new(executables::suspects(reach.clone()));
            return Collected { rows: executables::rows(reach), suspects };
        }
        Live::Autostarts => return autostarts::collect(autostarts::survey::start(reach)),
        Live::Processes => processes::rows(reach),
        Live::Sockets => sockets::rows(reach),
        Live::Network => Ok(network::rows(reach)),
        Live::Sessions => Ok(logons::sessions(reach)),
        Live::Logons => Ok(logons::logons(reach)),
        Live::Accounts => Ok(accounts::rows(reach)),
        Live::Storage => Ok(storage::rows(reach)),
        Live::Objects => Err("only Windows has such named objects"),
        Live::Environments => Err("each process has this as a file: LinuxProcessEnvironment"),
        Live::Software => {
            Err("what is installed here is in the packages' own lists, as `inventory` prints it")
        }
        Live::Bodyfile => Ok(bodyfile::rows(target)),
        Live::Memory => physical_memory::rows(reach),
    })
}
