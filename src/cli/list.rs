//! `veldkit list`: every item of a bundle with what became of it, as far as the bundle can be read.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use indicatif::HumanBytes;

use super::identities::Keys;
use super::reading_limits::ReadingLimits;
use super::verify::{exit, explain};
use super::{Console, Exit, Failure, hit_row};
use crate::analysis;
use crate::analysis::{Claims, Integrity, Listener, Trust};
use crate::evidence::{Item, Printable};
use crate::text::Localized as _;
use crate::text::phrases::Phrase;

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
    let identities = arguments.keys.read()?;
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
        let (nl, en) = (
            "de bundel is niet heel; de lijst is wat er nog te lezen was",
            "the bundle is not whole; the list is what could still be read",
        );
        console.warn(console.lang.pick(nl, en));
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
        let size = item
            .content
            .as_ref()
            .map_or(String::new(), |content| HumanBytes(content.size_stored).to_string());
        let mut line = format!("{:<10} {:>11}  {}", item.outcome.word(), size, item.origin);
        if let Some(reason) = &item.reason {
            let _ = write!(line, "  ({})", Phrase(&reason.detail).written(self.console.lang));
        }
        for hit in &item.hits {
            let row = hit.row.as_ref().map(|row| format!(" ({})", hit_row::words(row, self.console.lang)));
            let _ = write!(line, "  [{}{}]", Printable(&hit.rule), row.unwrap_or_default());
        }
        if !matches!(standing, Trust::Proved) {
            let _ = write!(line, "  <{}>", word(standing));
        }
        self.console.result(line);
    }
}

/// The word for how well an item is proved.
const fn word(standing: Trust) -> &'static str {
    match standing {
        Trust::Proved => "proved",
        Trust::Relative => "relative",
        Trust::Unproved => "unproved",
        Trust::Partial => "partial",
        Trust::Lost => "lost",
        Trust::Refuted => "refuted",
    }
}
