//! `veldkit rules pack`: rule files in one file that anti-virus cannot read, and only the recipients can.

use super::Pack;
use crate::acquisition::Clock;
use crate::cli::recipients::recipients;
use crate::cli::scanning::{RuleSet, name_failed, unlisted};
use crate::cli::{Console, Exit, Failure};
use crate::kit;
use crate::scan;
use crate::text::rules as text;

/// Carries out `rules pack`. What does not compile is packed all the same and named: another version may read it.
pub(super) fn run(arguments: &Pack, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let rule_set = RuleSet {
        rules: arguments.paths.clone(),
        rules_identity: Vec::new(),
        rules_passphrase_file: None,
        no_archives: false,
        scan_time_limit: None,
        rule_time_limit: None,
        engine: "boreal".to_owned(),
    };
    let texts = scan::rule_texts(&rule_set.sources(&arguments.paths, console.lang)?).map_err(unlisted)?;
    name_failed(Some(&rule_set.choose(None, console.lang)?.compile().map_err(unlisted)?), console);
    let to = recipients(&arguments.keys, &[], console)?;
    to.recipients.check().map_err(Failure::usage)?;
    to.keep_new_identity(Clock::start().now(), console)?;
    kit::rules::pack(&texts, &to.recipients, &arguments.out)
        .map_err(|error| Failure::new(error).hint(text::new_file()))?;
    console.say(&text::packed(texts.len(), &arguments.out));
    Ok(Exit::Done)
}
