//! What `veldkit --version` prints: version, commit, target, how old the built-in rules are, and whose kits it trusts: whoever
//! built it can check that the key is in it, and whoever got it, whose it is.

use crate::bundle::Fingerprint;
use crate::embedded;
use crate::kit::trust::compiled_in;
use crate::text::help::PROGRAM_NAME;
use crate::text::{Language, Localized as _, Sentence, version};

/// Version and further facts, one per line. The commit is recorded by `cargo xtask dist` alone, so that a build elsewhere
/// is the same from the same source.
pub(super) fn text(language: Language) -> String {
    let unknown = version::unknown().written(language);
    let commit = option_env!("VELDKIT_COMMIT").filter(|commit| !commit.is_empty()).unwrap_or(&unknown);
    let rules = embedded::newest_rule_date().unwrap_or_else(|| unknown.clone());
    let mut facts =
        vec![version::commit(commit), version::target(env!("VELDKIT_TARGET")), version::rules(&rules)];
    facts.extend(trust(compiled_in()));
    let mut lines = vec![format!("{PROGRAM_NAME} {}", env!("CARGO_PKG_VERSION"))];
    lines.extend(facts.iter().map(|fact| fact.in_language(language).to_owned()));
    lines.join("\n") + "\n"
}

/// Whose kits are used without a question, by the keys that were compiled in.
fn trust(keys: &str) -> Vec<Sentence> {
    let keys = keys.split_whitespace();
    let trusted: Vec<_> = keys.map(|key| version::trusts(key, &Fingerprint::of(key).to_string())).collect();
    if trusted.is_empty() { vec![version::trusts_none()] } else { trusted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_kits_are_trusted_is_said_of_each_key_that_was_compiled_in() {
        let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
        assert_eq!(trust(" "), [version::trusts_none()]);
        let lines = trust(&format!("{key} {key}"));
        assert_eq!(lines.len(), 2);
        let words = Fingerprint::of(key).to_string();
        for (language, expected) in [
            (Language::Nl, format!("vertrouwt kits die zijn ondertekend met {key} ({words})")),
            (Language::En, format!("trusts kits signed by {key} ({words})")),
        ] {
            assert_eq!(lines[0].in_language(language), expected);
        }
    }
}
