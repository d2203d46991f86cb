//! `veldkit rules list`: which rules there are, and what they say of themselves.

use serde_json::json;

use super::List;
use crate::cli::scanning::{count_unusable, name_failed, unlisted};
use crate::cli::{Console, Exit, Failure};
use crate::evidence::Printable;

/// Carries out `rules list`: 0 where all files can be used, 3 where some, 1 where none.
pub(super) fn run(arguments: &List, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let scanner = arguments.opening.rule_set(&arguments.paths).choose(None)?.compile().map_err(unlisted)?;
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
            console.result(format_args!(
                "{:<40} {:>4}  {}",
                Printable(&rule.rule).to_string(),
                Printable(meta("score").unwrap_or("-")).to_string(),
                Printable(meta("description").unwrap_or(&rule.source)),
            ));
        }
    }
    Ok(Exit::of([(!listed, Exit::Failure), (unusable > 0, Exit::Partial)]))
}
