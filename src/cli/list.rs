//! `veldkit list`: every item of a bundle with what became of it, as far as the bundle can be read.

use std::path::PathBuf;

use clap::Args;

use super::identities::Keys;
use super::reading_limits::ReadingLimits;
use super::verify::{exit, explain};
use super::{Console, Exit, Failure, hit_row};
use crate::analysis;
use crate::analysis::{Claims, Integrity, Listener, Trust};
use crate::evidence::Item;
use crate::text::layout::empty;
use crate::text::list as text;
use crate::text::outcome::outcome;
use crate::text::phrases::Phrase;
use crate::text::verify as trust;
use crate::text::{ByteSize, Sentence};

/// What `list` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    bundle: PathBuf,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    limits: ReadingLimits,
    #[arg(long)]
    json: bool,
}

/// Carries out `list`.
pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let identities = arguments.keys.read(console.lang)?;
    let mut lister = Lister { console, json: arguments.json };
    let verdict = analysis::verify(
        &arguments.bundle,
        &identities,
        &Claims::default(),
        &arguments.limits.read(),
        &mut lister,
    )
    .map_err(explain)?;
    if verdict.integrity != Integrity::Whole {
        console.warn(&text::bundle_not_whole());
    }
    Ok(exit(&verdict))
}

struct Lister<'a, 'c> {
    console: &'a mut Console<'c>,
    json: bool,
}

impl Listener for Lister<'_, '_> {
    fn item(&mut self, item: &Item, standing: Trust) {
        if self.json {
            let Ok(serde_json::Value::Object(mut record)) = serde_json::to_value(item) else { return };
            record.insert("standing".to_owned(), serde_json::json!(standing));
            return self.console.result(serde_json::Value::Object(record));
        }
        self.console.answer(&line(item, standing));
    }
}

/// An item as a person reads it.
fn line(item: &Item, standing: Trust) -> Sentence {
    let size = item.content.as_ref().map_or_else(empty, |content| text::size(ByteSize(content.size_stored)));
    let mut line = text::item(&outcome(item.outcome), &size, &item.origin.to_string());
    if let Some(reason) = &item.reason {
        line = text::with_reason(&line, Phrase(&reason.detail));
    }
    for hit in &item.hits {
        line = match &hit.row {
            Some(row) => text::with_hit_in_row(&line, &hit.rule, &hit_row::words(row)),
            None => text::with_hit(&line, &hit.rule),
        };
    }
    if matches!(standing, Trust::Proved) { line } else { text::with_trust(&line, &word(standing)) }
}

/// The word for how well an item is proved.
fn word(standing: Trust) -> Sentence {
    match standing {
        Trust::Proved => trust::trust_proved(),
        Trust::Relative => trust::trust_relative(),
        Trust::Unproved => trust::trust_unproved(),
        Trust::Partial => trust::trust_partial(),
        Trust::Lost => trust::trust_lost(),
        Trust::Refuted => trust::trust_refuted(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::console::assert_printed;
    use crate::evidence::rows::RowCitation;
    use crate::evidence::{Hit, HitRow, Origin, Outcome, Reason, ReasonCode};

    #[test]
    fn the_items_of_a_bundle_are_the_golden_text() {
        let item = |outcome| -> Item {
            let origin = Origin::Live { name: "processes\u{1b}.jsonl".to_owned() };
            let item = serde_json::json!({
                "number": 1, "artifact": "LiveProcesses", "origin": origin, "kind": "rows", "outcome": outcome,
                "personal_data": "low", "acquired": "2026-12-01T00:00:00Z",
            });
            serde_json::from_value(item).unwrap()
        };
        let trusts =
            [Trust::Proved, Trust::Relative, Trust::Unproved, Trust::Partial, Trust::Lost, Trust::Refuted];
        let mut items: Vec<_> = Outcome::ALL.map(item).into();
        items[2].reason = Some(Reason::new(ReasonCode::NotFound, "it is not there"));
        let key = RowCitation { pid: Some(7), ..RowCitation::default() };
        let row = Some(HitRow { number: 3, key });
        items[0].hits = vec![
            Hit { rule: "strong".to_owned(), ..Hit::default() },
            Hit { rule: "address:198.51.100.7".to_owned(), row, ..Hit::default() },
        ];
        assert_printed("list", |console| {
            items.iter().zip(trusts).for_each(|(item, trust)| console.answer(&line(item, trust)));
            console.warn(&text::bundle_not_whole());
        });
    }
}
