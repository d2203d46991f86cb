//! What a system tells of itself, as rows: the artifacts of [`crate::playbook::Live`].
//!
//! In: an artifact and a target. Out: an item of rows, `live/<artifact>.jsonl` of the running system and
//! `derived/<artifact>.jsonl` of a tree, whose files tell what they can. Collectors stand here and are the same
//! for every system but Windows, which has its own in [`windows`]; what the kernel wrote is read by pure functions (`formats`), which are fuzzed.
//!
//! Rows are JSON objects, one a line. The first is `{"row":"schema","schema":"urn:veldkit:live:…:1"}`, and every other
//! one says in `row` which kind it is; the kinds and their fields are the public types of each module here. Fields
//! that could not be learnt are left out. Times are UTC in RFC 3339, text of the target's own is [`Exact`], a reader
//! must ignore fields and kinds of rows that it does not know. A schema's number grows when a field changes its
//! meaning, not when one is added.

use std::ops::ControlFlow;

use crate::evidence::{Exact, Kind, Origin, Outcome, ReasonCode};
use crate::playbook::{Live, TargetOs};
use crate::sources::item::{Finding, Found, Gap};
use crate::sources::rows::Rows;
use crate::sources::target::Target;

pub mod accounts;
pub mod autostarts;
mod bodyfile;
pub mod executables;
pub mod files;
mod firewall;
mod hidden;
pub mod inventory;
mod kernel;
pub mod logons;
pub(crate) mod memory_tool;
pub mod modules;
pub mod network;
pub mod packages;
pub mod physical;
mod places;
pub mod processes;
pub(crate) mod reach;
pub(crate) mod registry;
mod search;
pub mod sockets;
pub mod storage;
pub mod windows;

use reach::Reach;
pub use search::{find as find_step, find_in_shadow};

/// Hands out the item of an artifact.
pub(crate) fn find(
    target: &Target,
    artifact: Live,
    emit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let origin = |extension: &str| {
        let name = format!("{}.{extension}", artifact.name());
        if target.is_live() { Origin::Live { name } } else { Origin::Derived { name } }
    };
    if let Some(machine) = windows::Machine::of(target).filter(|_| artifact != Live::Bodyfile) {
        return emit(item(origin, windows::rows(machine, artifact)));
    }
    let reach = Reach::of(target);
    let surveyed = autostarts::Surveyed::default();
    let made = match reach.clone() {
        Some(reach) => rows(target, artifact, reach, &surveyed),
        None => Err("it holds no system that could be read"),
    };
    emit(item(origin, made))?;
    match (artifact, reach) {
        (Live::Executables, Some(reach)) => executables::copies(&reach, emit),
        (Live::Autostarts, Some(reach)) => autostarts::suspects(target, &reach, &surveyed, emit),
        _ => ControlFlow::Continue(()),
    }
}

/// Rows as an item, or why there are none.
fn item(origin: impl Fn(&str) -> Origin, made: Result<Rows, &'static str>) -> Finding {
    match made {
        Ok(rows) => Finding::Found(Found::rows(origin(rows.extension()), rows)),
        Err(why) => {
            let gap = Gap::new(origin("jsonl"), Outcome::Missing, ReasonCode::NotApplicable, why);
            Finding::Gap(Gap { kind: Kind::Rows, ..gap })
        }
    }
}

/// The encrypted volumes of the running system that are open now, and are locked as soon as it is shut down.
#[must_use]
pub fn unlocked_volumes(target: &Target) -> Vec<String> {
    if target.is_live() && target.os() == TargetOs::Windows {
        return windows::open_volumes();
    }
    let reach = Reach::of(target).filter(|_| target.is_live());
    reach.map(|reach| storage::unlocked(&reach)).unwrap_or_default()
}

/// How an artifact's rows are made of a target, or why there are none.
fn rows(
    target: &Target,
    artifact: Live,
    reach: Reach,
    surveyed: &autostarts::Surveyed,
) -> Result<Rows, &'static str> {
    match artifact {
        Live::Processes => processes::rows(reach),
        Live::Sockets => sockets::rows(reach),
        Live::Network => Ok(network::rows(reach)),
        Live::Executables => executables::rows(reach),
        Live::Sessions => Ok(logons::sessions(reach)),
        Live::Logons => Ok(logons::logons(reach)),
        Live::Accounts => Ok(accounts::rows(reach)),
        Live::Autostarts => Ok(autostarts::rows(reach, surveyed)),
        Live::Storage => Ok(storage::rows(reach)),
        Live::Objects => Err("only Windows names such objects"),
        Live::Environments => Err("each process has this as a file: LinuxProcessEnvironment"),
        Live::Software => {
            Err("what is installed here stands in the packages' own lists, as `inventory` tells it")
        }
        Live::Bodyfile => Ok(bodyfile::rows(target)),
        Live::Memory => physical::rows(reach),
    }
}
