//! `veldkit list`: every item of a bundle with what became of it, as far as the bundle can be read.

use std::path::PathBuf;

use clap::Args;

use super::identities::Keys;
use super::reading_limits::ReadingLimits;
use super::verify::{exit, explain};
use super::{Console, Exit, Failure, hit_row};
use crate::analysis;
use crate::analysis::unpack::Only;
use crate::analysis::{Claims, Integrity, Listener, Trust};
use crate::evidence::{Item, Outcome};
use crate::text::layout::{data, empty, value};
use crate::text::list as text;
use crate::text::outcome::outcome;
use crate::text::phrases::Phrase;
use crate::text::unpack;
use crate::text::verify as trust;
use crate::text::{ByteSize, Sentence};

/// What `list` takes.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Arguments {
    bundle: PathBuf,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    limits: ReadingLimits,
    #[arg(long)]
    hits: bool,
    #[arg(long)]
    artifact: Vec<String>,
    #[arg(long)]
    only: Vec<String>,
    #[arg(long)]
    missing: bool,
    #[arg(long)]
    long: bool,
    #[arg(long)]
    json: bool,
}

/// Carries out `list`.
pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let identities = arguments.keys.read(console.lang)?;
    let only = (!arguments.only.is_empty()).then(|| Only::new(&arguments.only)).transpose();
    let only = only.map_err(Failure::usage)?;
    if !arguments.json {
        console.answer(&if arguments.long { text::long_header() } else { text::header() });
    }
    let mut lister = Lister { console, arguments, only, shown: 0, not_there: 0 };
    let verdict = analysis::verify(
        &arguments.bundle,
        &identities,
        &Claims::default(),
        &arguments.limits.read(),
        &mut lister,
    )
    .map_err(explain)?;
    let Lister { shown, not_there, only, .. } = lister;
    if !arguments.json {
        console.answer(&text::items_listed(shown));
        if not_there > 0 {
            console.answer(&text::not_there(not_there));
        }
    }
    let unmet = only.as_ref().map(Only::unmet).unwrap_or_default();
    for text in &unmet {
        console.always(&unpack::nothing_matches(text));
    }
    if verdict.integrity != Integrity::Whole {
        console.warn(&text::bundle_not_whole());
    }
    Ok(Exit::of([(true, exit(&verdict)), (!unmet.is_empty(), Exit::Partial)]))
}

struct Lister<'a, 'c> {
    console: &'a mut Console<'c>,
    arguments: &'a Arguments,
    only: Option<Only>,
    shown: u64,
    /// Items that the target does not have, which are counted unless they were asked for.
    not_there: u64,
}

impl Lister<'_, '_> {
    /// Whether an item was asked for. A program gets items that the target does not have without asking, since it can leave
    /// them out itself.
    fn wants(&mut self, item: &Item) -> bool {
        let Arguments { hits, artifact, missing, json, .. } = self.arguments;
        let of_artifact =
            artifact.is_empty() || artifact.iter().any(|name| name.eq_ignore_ascii_case(&item.artifact));
        let selected = self.only.as_mut().is_none_or(|only| only.selects(&item.origin));
        if !of_artifact || !selected || (*hits && item.hits.is_empty()) {
            return false;
        }
        let hidden = item.outcome == Outcome::Missing && !missing && !json;
        self.not_there = self.not_there.saturating_add(u64::from(hidden));
        !hidden
    }
}

impl Listener for Lister<'_, '_> {
    fn item(&mut self, item: &Item, standing: Trust) {
        if !self.wants(item) {
            return;
        }
        self.shown = self.shown.saturating_add(1);
        if self.arguments.json {
            let Ok(serde_json::Value::Object(mut record)) = serde_json::to_value(item) else { return };
            record.insert("standing".to_owned(), serde_json::json!(standing));
            return self.console.result(serde_json::Value::Object(record));
        }
        self.console.answer(&line(item, standing, self.arguments.long));
    }
}

/// An item as a person reads it.
fn line(item: &Item, standing: Trust, long: bool) -> Sentence {
    let size = item.content.as_ref().map_or_else(empty, |content| value(&ByteSize(content.size_stored)));
    let origin = item.origin.to_string();
    let mut line = if long {
        let modified = item.metadata.modified.map_or_else(empty, |time| value(&time));
        let digest =
            item.content.as_ref().and_then(|content| content.sha256_logical.or(Some(content.sha256_stored)));
        let digest = digest.map_or_else(empty, |digest| data(&digest.to_string()));
        text::long_item(&outcome(item.outcome), &size, &modified, &data(&item.artifact), &digest, &origin)
    } else {
        text::item(&outcome(item.outcome), &size, &origin)
    };
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
    use crate::evidence::{Hit, HitRow, Origin, Reason, ReasonCode};

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
            items.iter().zip(trusts).for_each(|(item, trust)| console.answer(&line(item, trust, false)));
            console.answer(&text::long_header());
            console.answer(&line(&items[0], Trust::Proved, true));
            console.answer(&text::items_listed(1));
            console.answer(&text::not_there(9_407));
            console.warn(&text::bundle_not_whole());
        });
    }
}
