//! The registry of a Windows that is not running, or not asked: keys and values out of its hives, as rows.
//!
//! In: the patterns of a definition (`HKEY_LOCAL_MACHINE\…`, `HKEY_USERS\%%users.sid%%\…`), and the hives of a tree or an
//! image with their transaction logs. Out: rows of the schema of [`RegistryRow`]:
//!
//! - `{"row":"hive","hive":…,"recovery":"clean"|"applied"|"dirty","entries":N}` before the first row of a hive;
//! - `{"row":"broken","hive":…,"detail":…}` for a hive that cannot be read, or the first list of keys in it that a pattern
//!   leads to and that cannot be;
//! - `{"row":"key","key":…,"last_written":…}` for a key that a pattern names;
//! - `{"row":"value","key":…,"name":…,"type":"REG_SZ",…}` for each value of it, or that a pattern names. Its data stands
//!   in `text`, `list` or `number` by its type, else as base64 in `data`; `size` says how many bytes it has where not all
//!   are reported. Of keys and values that are damaged one row `broken` counts how many a pattern left out.
//!
//! Key names are written from the root of the registry, spelled as in the hive. A reader must ignore fields and kinds of
//! rows that it does not know; the number in the schema grows when a field changes its meaning.

mod hives;
mod row;
mod search;

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::evidence::rows::RowType as _;
use crate::evidence::rows::registry::RegistryRow;
use crate::evidence::{Kind, Origin, Outcome, ReasonCode};
use crate::playbook::{Source, Step, TargetOs};
use crate::sources::found::{Finding, Found, Unread};
use crate::sources::rows::Rows;
use crate::sources::target::Target;
use hives::SystemHives;
use search::{WantedKeys, search};

/// Hands out the one item of all that a step asks of the registry.
pub(crate) fn find(
    target: &Target,
    step: &Step,
    emit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let origin = Origin::Derived { name: format!("{}.jsonl", step.artifact) };
    let missing = |code, detail: &str| {
        let gap = Unread::new(origin.clone(), Outcome::Missing, code, detail);
        Finding::Gap(Unread { kind: Kind::Rows, ..gap })
    };
    let Some((_, place)) = target.system_place().filter(|_| target.os() == TargetOs::Windows) else {
        return emit(missing(ReasonCode::NotApplicable, "only a Windows has a registry"));
    };
    let mapping = SystemHives::of(Arc::clone(place));
    if mapping.hives.is_empty() {
        return emit(missing(ReasonCode::NotFound, "no hive of the registry is there"));
    }
    let wanted = wanted(step);
    let lacking = mapping.gaps.noted();
    let rows = Rows::new(RegistryRow::SCHEMA, "hive", move |lines| {
        lines.lack(lacking.clone());
        let mut halt = Ok(());
        // Breaks only where a row could not be handed on, and then `halt` says why.
        let _ = search(&mapping, &wanted, &mut |row| {
            if let RegistryRow::Broken { hive, detail } = row {
                lines.short(ReasonCode::ReadError, format!("{hive}: {detail}"));
            }
            halt = lines.row(row);
            if halt.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        halt
    });
    emit(Finding::Found(Found::rows(origin, rows)))
}

/// All keys and values that the sources of a step name.
fn wanted(step: &Step) -> Vec<WantedKeys> {
    let of = |source: &Source| -> Vec<WantedKeys> {
        match source {
            Source::RegistryKeys(keys) => keys.iter().cloned().map(WantedKeys::Key).collect(),
            Source::RegistryValues(pairs) => {
                pairs.iter().cloned().map(|(key, value)| WantedKeys::Value(key, value)).collect()
            }
            _ => Vec::new(),
        }
    };
    step.sources.iter().flat_map(of).collect()
}
