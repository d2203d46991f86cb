//! Compares what a person reads with a file of `tests/golden/`, one per language.
//!
//! Where it differs, what was seen is left in `target/golden/`; `cargo xtask fixtures golden` takes it over.

use std::fs;
use std::path::Path;

use super::{Language, Sentence};

/// Compares lines with `tests/golden/<name>.nl.txt` and `<name>.en.txt`.
pub(crate) fn assert_golden(name: &str, lines: &[Sentence]) {
    assert_golden_screen(name, |language| {
        lines.iter().flat_map(|line| [line.in_language(language), "\n"]).collect()
    });
}

/// Compares a screen, as it is in each language.
#[allow(clippy::disallowed_methods, reason = "a test leaves what it saw below target/")]
pub(crate) fn assert_golden_screen(name: &str, screen: impl Fn(Language) -> String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut differs = Vec::new();
    for (language, suffix) in [(Language::Nl, "nl"), (Language::En, "en")] {
        let seen = screen(language);
        let file = format!("{name}.{suffix}.txt");
        if fs::read_to_string(root.join("tests/golden").join(&file)).ok().as_deref() != Some(&seen) {
            let directory = root.join("target/golden");
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join(&file), &seen).unwrap();
            differs.push(format!("{file}:\n{seen}"));
        }
    }
    assert!(differs.is_empty(), "{}\nwhere that is meant: cargo xtask fixtures golden", differs.join("\n"));
}
