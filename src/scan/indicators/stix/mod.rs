//! STIX 2 bundles (<https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html>): the patterns of their indicators.
//!
//! In: a bundle, of 2.0 or 2.1, or what a TAXII server answers (`objects`). Out: the observables of each `indicator` whose
//! pattern is a STIX pattern, that is not revoked and whose `valid_until` has not passed. What a bundle says to have been
//! observed is no indicator. The patterns themselves are read in
//! [`pattern`], what their comparisons look for stands in [`comparison`].

mod comparison;
mod pattern;

use std::io::Read;

use serde_json::Value;

use super::intake::ListIntake;
use super::json;
use super::json::{KeyAction, Visitor, text, truth};
use super::labels::Said;
use super::logic::alternatives;
use crate::evidence::Utc;

/// Objects that hold what was seen, not what is to be looked for.
const OBSERVED: [&str; 12] = [
    "observed-data",
    "artifact",
    "domain-name",
    "file",
    "ipv4-addr",
    "ipv6-addr",
    "mutex",
    "network-traffic",
    "process",
    "url",
    "windows-registry-key",
    "email-addr",
];

/// Reads a bundle.
pub(super) fn read(reader: impl Read, intake: &mut ListIntake<'_>) -> Result<(), String> {
    let mut bundle = Bundle { intake, seen: false };
    json::walk(reader, &mut bundle)?;
    if bundle.seen { Ok(()) } else { Err("no 'objects' in it".to_owned()) }
}

struct Bundle<'a, 'i> {
    intake: &'a mut ListIntake<'i>,
    seen: bool,
}

impl Visitor for Bundle<'_, '_> {
    fn step(&mut self, key: &str, depth: u32) -> KeyAction {
        let objects = key == "objects" && depth == 0;
        self.seen |= objects;
        if objects { KeyAction::Elements } else { KeyAction::Skip }
    }

    fn value(&mut self, _: &str, object: Value) {
        let kind = text(&object, "type");
        if kind == "indicator" {
            self.indicator(&object);
        } else if OBSERVED.contains(&&*kind) {
            self.intake.refuse("object that was observed, and is no indicator", &kind);
        }
    }
}

impl Bundle<'_, '_> {
    fn indicator(&mut self, indicator: &Value) {
        let (pattern, id) = (text(indicator, "pattern"), text(indicator, "id"));
        if truth(indicator, "revoked") {
            return self.intake.refuse("indicator that was revoked", &id);
        }
        match text(indicator, "pattern_type") {
            // Version 2.0 has no other kind, and no word for it.
            kind if kind.is_empty() || kind == "stix" => {}
            kind => return self.intake.refuse(&format!("pattern of type {kind}"), &pattern),
        }
        let until = Utc::try_from(text(indicator, "valid_until").into_owned());
        if until.is_ok_and(|until| until <= self.intake.now) {
            return self.intake.refuse("indicator that is no longer valid (valid_until)", &id);
        }
        let name = match text(indicator, "name") {
            name if name.is_empty() => text(indicator, "description"),
            name => name,
        };
        let references = indicator.get("external_references").and_then(Value::as_array);
        let reference = references
            .into_iter()
            .flatten()
            .map(|reference| text(reference, "url"))
            .find(|url| !url.is_empty())
            .unwrap_or_else(|| id.clone());
        let score = super::line_list::read_score(&text(indicator, "confidence"));
        let said = Said { score, description: &name, reference: &reference };
        match pattern::parse(&pattern, self.intake.now) {
            Err(why) => self.intake.refuse(&why, &pattern),
            Ok(expression) => {
                for alternative in alternatives(expression) {
                    match alternative {
                        Ok((observables, beside)) => self.intake.all(observables, beside.as_deref(), &said),
                        Err(why) => self.intake.refuse(&why, &pattern),
                    }
                }
            }
        }
    }
}
