//! STATE: what a system reports about itself, as rows: the artifacts of [`crate::playbook::Live`].
//!
//! In: an artifact and a target. Out: an item of rows, `live/<artifact>.jsonl` of the running system and
//! `derived/<artifact>.jsonl` of a tree, as far as its files report it. A collector returns its rows and the files that
//! it found suspicious, which `sources` opens. The collectors of each system are in [`linux`] and [`windows`]; bytes are
//! read by pure functions in `formats`, which are fuzzed.
//!
//! Rows are JSON objects, one per line. The first is `{"row":"schema","schema":"urn:veldkit:live:…:1"}`; the others are
//! values of the types in [`crate::evidence::rows`]. Fields that could not be learnt are left out.

use std::ops::ControlFlow;

use crate::evidence::{Exact, Kind, Origin, Outcome, ReasonCode};
use crate::playbook::{Live, TargetOs};
use crate::sources::found::{Finding, Found, Unread};
use crate::sources::rows::Rows;
use crate::sources::suspects;
use crate::sources::suspects::Suspect;
use crate::sources::target::Target;

mod bodyfile;
pub mod inventory;
pub mod linux;
pub(crate) mod memory_tool;
pub(crate) mod registry;
mod step;
pub mod windows;

pub use step::{find as find_step, find_in_shadow, find_while as find_step_while};

/// What a collector returns.
pub(crate) struct Collected {
    /// The rows, or why there are none.
    rows: Result<Rows, &'static str>,
    /// Files that it found suspicious, looked for as they are asked for.
    suspects: Box<dyn Iterator<Item = Suspect>>,
}

impl Collected {
    /// Rows without suspects.
    fn only(rows: Result<Rows, &'static str>) -> Self {
        Self { rows, suspects: Box::new(std::iter::empty()) }
    }
}

/// Hands out the item of an artifact, and then what [`suspects`] makes of the suspects.
pub(crate) fn find(
    target: &Target,
    artifact: Live,
    emit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let collected = match windows::WindowsHost::of(target).filter(|_| artifact != Live::Bodyfile) {
        Some(host) => Collected::only(windows::rows(host, artifact)),
        None => match linux::LinuxHost::of(target) {
            Some(host) => linux::collect(target, artifact, host),
            None => Collected::only(Err("it holds no system that could be read")),
        },
    };
    hand_out(target, artifact, collected, emit)
}

fn hand_out(
    target: &Target,
    artifact: Live,
    collected: Collected,
    emit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let origin = |extension: &str| {
        let name = format!("{}.{extension}", artifact.name());
        if target.is_live() { Origin::Live { name } } else { Origin::Derived { name } }
    };
    emit(item(origin, collected.rows))?;
    suspects::find(target, collected.suspects, emit)
}

/// Rows as an item, or why there are none.
fn item(origin: impl Fn(&str) -> Origin, made: Result<Rows, &'static str>) -> Finding {
    match made {
        Ok(rows) => Finding::Found(Found::rows(origin(rows.extension()), rows)),
        Err(why) => {
            let gap = Unread::new(origin("jsonl"), Outcome::Missing, ReasonCode::NotApplicable, why);
            Finding::Gap(Unread { kind: Kind::Rows, ..gap })
        }
    }
}

/// The encrypted volumes of the running system that are open now, and are locked as soon as it is shut down.
#[must_use]
pub fn unlocked_volumes(target: &Target) -> Vec<String> {
    if target.is_live() && target.os() == TargetOs::Windows {
        return windows::open_volumes();
    }
    linux::open_volumes(target)
}
