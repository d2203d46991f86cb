//! What a system tells of itself, as rows: the artifacts of [`crate::playbook::Live`].
//!
//! In: an artifact and a target. Out: an item of rows, `live/<artifact>.jsonl` of the running system and
//! `derived/<artifact>.jsonl` of a tree, whose files tell what they can. Collectors stand here and are the same
//! for every system; what the kernel wrote is read by pure functions ([`procfs`]), which are fuzzed.
//!
//! Rows are JSON objects, one a line. The first is `{"row":"schema","schema":"urn:veldkit:live:…:1"}`, and every other
//! one says in `row` which kind it is; the kinds and their fields are the public types of each module here. Fields
//! that could not be learnt are left out. Times are UTC in RFC 3339, text of the target's own is [`Exact`], a reader
//! must ignore fields and kinds of rows that it does not know. A schema's number grows when a field changes its
//! meaning, not when one is added.

use std::ops::ControlFlow;

use super::exact::Exact;
use super::item::{Finding, Found, Gap};
use super::rows::Rows;
use super::target::Target;
use crate::evidence::{Kind, Origin, Outcome, ReasonCode};
use crate::playbook::Live;

pub mod executables;
pub mod maps;
pub mod network;
pub mod processes;
pub mod procfs;
pub mod procnet;
mod reach;
pub mod sockets;

use reach::Reach;

/// Hands out the item of an artifact.
pub(super) fn find(
    target: &Target,
    artifact: Live,
    emit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let name = format!("{}.jsonl", artifact.name());
    let origin = if target.is_live() { Origin::Live { name } } else { Origin::Derived { name } };
    let reach = Reach::of(target);
    let made = match reach.clone() {
        Some(reach) => rows(artifact, reach),
        None => Err("nothing runs in a disk image"),
    };
    emit(match made {
        Ok(rows) => Finding::Found(Found::rows(origin, rows)),
        Err(why) => {
            let gap = Gap::new(origin, Outcome::Missing, ReasonCode::NotApplicable, why);
            Finding::Gap(Gap { kind: Kind::Rows, ..gap })
        }
    })?;
    match (artifact, reach) {
        (Live::Executables, Some(reach)) => executables::copies(&reach, emit),
        _ => ControlFlow::Continue(()),
    }
}

/// How an artifact's rows are made of a target, or why there are none.
fn rows(artifact: Live, reach: Reach) -> Result<Rows, &'static str> {
    match artifact {
        Live::Processes => processes::rows(reach),
        Live::Sockets => sockets::rows(reach),
        Live::Network => Ok(network::rows(reach)),
        Live::Executables => executables::rows(reach),
    }
}
