//! The whole run as a child process, beside `tar | gzip -1 | age` on the same corpus, in turn; the median counts.

use std::path::{Path, PathBuf};

use super::measure::{Binary, Cost, cost};
use crate::Result;

/// Levels of which one should be no larger than `gzip -1`, the fastest first.
const SMALLER: [&str; 2] = ["2", "3"];

/// What the whole is measured as.
pub(super) struct Whole {
    /// Without rules, at the default level.
    pub(super) plain: Cost,
    /// Without rules, at other levels.
    pub(super) levels: Vec<(&'static str, Cost)>,
    /// With the rules built in and those given.
    pub(super) scanning: Cost,
    /// `tar | gzip -1 | age`.
    pub(super) classic: Cost,
}

/// Measures all in turn, `rounds` times, and each time calls `beside`.
///
/// # Errors
///
/// A command does not end with 0, or `beside` fails.
pub(super) fn measure(
    binary: &Binary,
    corpus: &Path,
    rules: &[PathBuf],
    rounds: usize,
    beside: &mut dyn FnMut() -> Result,
) -> Result<Whole> {
    let rules: Vec<String> =
        rules.iter().flat_map(|path| ["--rules".to_owned(), path.to_string_lossy().into_owned()]).collect();
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    let (mut plain, mut scanning, mut classic) = (Vec::new(), Vec::new(), Vec::new());
    let mut levels = SMALLER.map(|_| Vec::new());
    for _ in 0..rounds {
        plain.push(binary.collect(corpus, &["--no-scan"])?);
        classic.push(pipe(binary, corpus)?);
        for (level, costs) in SMALLER.iter().zip(&mut levels) {
            costs.push(binary.collect(corpus, &["--no-scan", "--level", level])?);
        }
        scanning.push(binary.collect(corpus, &rules)?);
        beside()?;
    }
    let levels = SMALLER.into_iter().zip(levels).filter_map(|(level, costs)| Some((level, median(costs)?)));
    let levels = levels.collect();
    let none = "nothing was measured";
    let (plain, scanning) = (median(plain).ok_or(none)?, median(scanning).ok_or(none)?);
    Ok(Whole { plain, levels, scanning, classic: median(classic).ok_or(none)? })
}

/// The pipe of every administrator: no digests, no records, no rules.
fn pipe(binary: &Binary, corpus: &Path) -> Result<Cost> {
    let out = binary.fresh("classic.tar.gz.age")?;
    let script = "tar -C \"$1\" -cf - . | gzip -1 | age -r \"$2\" > \"$3\"";
    let (corpus, file) = (corpus.to_string_lossy(), out.to_string_lossy());
    cost(&["sh", "-c", script, "sh", &corpus, &binary.recipient, &file], &out)
}

/// The run of which as many were faster as were slower.
pub(super) fn median(mut costs: Vec<Cost>) -> Option<Cost> {
    costs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    costs.get(costs.len() / 2).copied()
}
