//! What `veldkit --version` prints: version, commit, target, and how old the built-in rules are.

use crate::embedded;
use crate::text::help::PROGRAM_NAME;
use crate::text::{Language, Localized as _, version};

/// Version and further facts, one per line. The commit is recorded by `cargo xtask dist` alone, so that a build elsewhere
/// is the same from the same source.
pub(super) fn text(language: Language) -> String {
    let unknown = version::unknown().written(language);
    let commit = option_env!("VELDKIT_COMMIT").filter(|commit| !commit.is_empty()).unwrap_or(&unknown);
    let rules = embedded::newest_rule_date().unwrap_or_else(|| unknown.clone());
    let facts = [version::commit(commit), version::target(env!("VELDKIT_TARGET")), version::rules(&rules)];
    let mut text = format!("{} {}\n", PROGRAM_NAME, env!("CARGO_PKG_VERSION"));
    for fact in facts {
        text.push_str(fact.in_language(language));
        text.push('\n');
    }
    text
}
