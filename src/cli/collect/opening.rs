//! What stands in `veldkit.json`: who collects what from which host, with which tool, rules and limits.

use std::fs::File;
use std::io::Read as _;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::arguments::Collect;
use super::{Inquiry, Judges};
use crate::bundle::Opening;
use crate::bundle::opening::{OutsideFile, Tool, fresh_id};
use crate::cli::Failure;
use crate::evidence::Digest;
use crate::scan::indicators::Indicators;

/// Describes the run before it begins.
pub(super) fn describe(
    inquiry: &Inquiry<'_>,
    judges: Judges<'_>,
    outside: &[OutsideFile],
) -> Result<Opening, Failure> {
    let Inquiry { arguments, plan, target, clock, .. } = *inquiry;
    let case = &arguments.case;
    let host = target.host();
    Ok(Opening {
        bundle_id: fresh_id()?,
        started: Some(clock.started()),
        tool: Tool {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            sha256: own_digest(),
        },
        case: case.case.clone(),
        evidence_number: case.evidence_number.clone(),
        examiner: case.examiner.clone(),
        note: case.note.clone(),
        tlp: Some(case.tlp.label().to_owned()),
        host_name: host.name.clone(),
        target: kind_of_target(arguments).to_owned(),
        host: value(&host)?,
        clock: value(&target.clock())?,
        privileges: value(&crate::sources::privileges())?,
        playbooks: value(&plan.texts)?,
        rules: judges.scanner.map_or(Ok(Value::Null), |scanner| value(&scanner.rule_files()))?,
        rules_skipped: judges
            .scanner
            .map(crate::scan::Scanner::skipped)
            .filter(|skipped| skipped.count > 0)
            .map_or(Ok(Value::Null), value)?,
        indicators: judges.indicators.map(indicators).unwrap_or_default(),
        outside_files: outside.to_vec(),
        limits: limits(arguments),
        ..Opening::default()
    })
}

fn kind_of_target(arguments: &Collect) -> &'static str {
    match (&arguments.choice.root, &arguments.choice.image) {
        (Some(_), _) => "tree",
        (None, Some(_)) => "image",
        (None, None) => "live",
    }
}

fn value(facts: &impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(facts).map_err(Failure::new)
}

/// The lists in use, and what of them is not.
fn indicators(indicators: &Indicators) -> Value {
    let skipped = indicators.skipped();
    json!({ "lists": indicators.lists(), "known_good": indicators.known_good_lists(), "skipped": skipped })
}

/// The limits in force, those of the operator; the playbook's stand in the playbook.
fn limits(arguments: &Collect) -> Value {
    let limits = &arguments.limits;
    json!({
        "time_limit_seconds": limits.time_limit.map(|limit| limit.as_secs()),
        "size_limit_bytes": limits.size_limit,
        "max_file_size_bytes": limits.max_file_size,
        "excluded_personal_data": arguments.choice.exclude_personal_data.map(crate::evidence::PersonalData::from),
        "network_mounts": arguments.choice.network_mounts,
    })
}

/// The digest of the running program's own file, where it can be read.
fn own_digest() -> Option<Digest> {
    let mut file = File::open(std::env::current_exe().ok()?).ok()?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(Digest::from_bytes(hasher.finalize().into())),
            count => hasher.update(buffer.get(..count)?),
        }
    }
}
