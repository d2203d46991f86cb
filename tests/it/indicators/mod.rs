//! Indicators: what is read of every format of the field, what is not and why, and what an observation meets.
//!
//! The samples are made here after the published formats; addresses and names are those set apart for documentation.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use veldkit::evidence::{Content, Digest, Hit, Utc};
use veldkit::scan::indicators::{Case, Format, IndicatorList, IndicatorSource, Indicators, read_bytes};

mod applied;
mod command;
mod hostile;
mod openioc;
mod structured;
mod text;

/// A digest that stands in many samples: that of `abc`.
const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const SHA1: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";
const MD5: &str = "900150983cd24fb0d6963f7d28e17f72";

/// The moment at which these tests take place.
fn now() -> Utc {
    Utc::from_unix(1_795_489_445, 0).unwrap()
}

/// Reads a list from memory, its format told by its content.
fn read(text: &str) -> Indicators {
    read_bytes(text.as_bytes(), None, now())
}

/// The account of the only list.
fn account(indicators: &Indicators) -> &IndicatorList {
    let [list] = indicators.lists() else { panic!("one list was read") };
    list
}

/// What of the only list is not in use: reason and number.
fn unused(indicators: &Indicators) -> Vec<(&str, u64)> {
    account(indicators).unused.iter().map(|unused| (unused.what.as_str(), unused.count)).collect()
}

/// What fired, by the names it is recorded under.
fn fired(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.rule.as_str()).collect()
}

fn source(path: &Path) -> IndicatorSource {
    IndicatorSource { path: path.to_owned(), format: None }
}

/// Writes lists into a folder of their own and reads it.
fn load(files: &[(&str, &str)]) -> (TempDir, Indicators) {
    let dir = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let indicators = Indicators::load(&[source(dir.path())], &[], now()).unwrap();
    (dir, indicators)
}
