//! `veldkit rules list`: which rules there are, and what they say of themselves.

use serde_json::json;

use super::List;
use crate::cli::scanning::{count_unusable, name_failed, unlisted};
use crate::cli::{Console, Exit, Failure};
use crate::text::layout::data;
use crate::text::rules as text;

/// Carries out `rules list`: 0 where all files can be used, 3 where some, 1 where none.
pub(super) fn run(arguments: &List, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let scanner = arguments
        .opening
        .rule_set(&arguments.paths)
        .choose(None, console.lang)?
        .compile()
        .map_err(unlisted)?;
    name_failed(Some(&scanner), console);
    let unusable = count_unusable(&arguments.paths, Some(&scanner), None, console);
    let embedded = arguments.paths.is_empty();
    let mut listed = false;
    for rule in scanner.rules() {
        let is_embedded =
            scanner.rule_files().iter().any(|file| file.name == rule.source && file.is_embedded());
        if is_embedded != embedded {
            continue;
        }
        if !listed && !arguments.json {
            console.answer(&text::columns(&text::rule(), &text::score(), &text::description()));
        }
        listed = true;
        let meta =
            |name: &str| rule.meta.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
        if arguments.json {
            let meta: serde_json::Map<_, _> =
                rule.meta.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            console.result(json!({
                "rule": rule.rule, "source": rule.source, "tags": rule.tags, "meta": meta,
            }));
        } else {
            let [score, description] =
                [meta("score").unwrap_or("-"), meta("description").unwrap_or(&rule.source)];
            console.answer(&text::columns(&data(&rule.rule), &data(score), &data(description)));
        }
    }
    Ok(Exit::of([(!listed, Exit::Failure), (unusable > 0, Exit::Partial)]))
}
