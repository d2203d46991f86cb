//! This tree beside an earlier commit: `cargo xtask bench --against COMMIT`.
//!
//! In: a commit, a corpus, rules. Out: the processor time of both programs, user and system together, over the same
//! commands. Both are built alike. They run in pairs, each time the other first, so that what else the machine does
//! and what the caches hold slows both alike.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::figures::Figures;
use super::made;
use super::measure::{Binary, measured};
use crate::Result;
use crate::dist;
use crate::process::{output, run as run_program};

/// Threads of a scan.
const THREADS: &str = "2";

/// Exit codes of a run that did its work: all, or all but rule files that neither program can use.
const DONE: [i32; 2] = [0, 3];

/// Where there is nothing to compare.
const NONE: &str = "nothing was measured";

/// What both programs do.
pub(super) struct Work<'a> {
    pub(super) corpus: &'a Path,
    pub(super) rules: &'a [PathBuf],
    pub(super) rounds: usize,
}

/// Processor seconds of both programs, pair by pair.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    old: Vec<f64>,
    new: Vec<f64>,
}

/// What the runs of one program took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) least: f64,
    pub(super) median: f64,
}

/// Both programs side by side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Comparison {
    pub(super) old: Spread,
    pub(super) new: Spread,
    /// New over old.
    pub(super) ratio: Spread,
}

impl Pairs {
    /// Compares; none where nothing was measured or the old program took no time.
    pub(super) fn compare(&self) -> Option<Comparison> {
        let (old, new) = (Spread::of(&self.old)?, Spread::of(&self.new)?);
        let ratio = Spread { least: over(new.least, old.least)?, median: over(new.median, old.median)? };
        Some(Comparison { old, new, ratio })
    }
}

impl Spread {
    fn of(seconds: &[f64]) -> Option<Self> {
        let mut sorted = seconds.to_vec();
        sorted.sort_by(f64::total_cmp);
        let half = sorted.len() / 2;
        let upper = *sorted.get(half)?;
        // Of an even number the middle is between two.
        let lower = if sorted.len().is_multiple_of(2) { *sorted.get(half.checked_sub(1)?)? } else { upper };
        Some(Self { least: *sorted.first()?, median: f64::midpoint(lower, upper) })
    }
}

fn over(new: f64, old: f64) -> Option<f64> {
    (old > 0.0).then(|| new / old)
}

/// Measures both, `rounds` pairs of each command.
///
/// # Errors
///
/// The commit is none, one of the two cannot be built, or a run fails.
pub(super) fn measure(
    root: &Path,
    place: &Path,
    commit: &str,
    work: &Work<'_>,
    figures: &mut Figures,
) -> Result {
    let name = format!("{commit}^{{commit}}");
    let git = ["rev-parse", "--short", "--verify"];
    let short = output(Command::new("git").args(git).arg(&name).current_dir(root))?;
    let earlier = checkout(root, short.trim())?;
    let old = Binary::new(build(&earlier)?, place)?;
    let new = Binary::new(build(root)?, place)?;
    let title = format!("this tree beside {}, {} pairs", short.trim(), work.rounds);
    let collect =
        |binary: &Binary| binary.collect(work.corpus, &["--no-scan"]).map(|cost| (0, cost.processor_seconds));
    let pairs = pairs(work.rounds, &old, &new, &collect)?;
    figures.against(
        &format!("collect without rules, {title}"),
        &pairs.compare().ok_or(NONE)?,
        "at most 0.90",
    );
    if !work.rules.is_empty() {
        let scan = |binary: &Binary| scan(binary, work);
        let pairs = self::pairs(work.rounds, &old, &new, &scan)?;
        figures.against(&format!("scan, {title}"), &pairs.compare().ok_or(NONE)?, "at most 1.00");
    }
    Ok(())
}

/// Runs both programs in turn. A run returns its exit code and its processor seconds.
fn pairs(
    rounds: usize,
    old: &Binary,
    new: &Binary,
    run: &dyn Fn(&Binary) -> Result<(i32, f64)>,
) -> Result<Pairs> {
    let mut pairs = Pairs::default();
    for round in 0..rounds {
        let (first, second) = if round.is_multiple_of(2) { (old, new) } else { (new, old) };
        let (one, other) = (run(first)?, run(second)?);
        let (old, new) = if round.is_multiple_of(2) { (one, other) } else { (other, one) };
        if old.0 != new.0 {
            return Err(format!("the old program ended with {}, the new one with {}", old.0, new.0).into());
        }
        pairs.old.push(old.1);
        pairs.new.push(new.1);
    }
    Ok(pairs)
}

fn scan(binary: &Binary, work: &Work<'_>) -> Result<(i32, f64)> {
    let (program, corpus) = (binary.program().to_string_lossy(), work.corpus.to_string_lossy());
    let rules: Vec<_> = work.rules.iter().map(|path| path.to_string_lossy()).collect();
    let mut command = vec![&*program, "scan", &*corpus, "--threads", THREADS, "--quiet"];
    command.extend(rules.iter().flat_map(|path| ["--rules", path]));
    let (code, cost) = measured(&command)?;
    if DONE.contains(&code) {
        return Ok((code, cost.processor_seconds));
    }
    Err(format!("'{}' ended with {code}", command.join(" ")).into())
}

/// The files of a commit below `target`, unpacked once: git gets no further worktree to look after.
fn checkout(root: &Path, commit: &str) -> Result<PathBuf> {
    made(&root.join("target").join("against").join(commit), |tree| {
        std::fs::create_dir_all(tree)?;
        let archive = tree.with_extension("tar");
        let git = ["archive", "--format=tar", "--output"];
        run_program(Command::new("git").args(git).arg(&archive).arg(commit).current_dir(root))?;
        run_program(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(tree))?;
        Ok(std::fs::remove_file(&archive)?)
    })
}

/// Builds the program of a tree as `dist` does. Returns where it is.
fn build(tree: &Path) -> Result<PathBuf> {
    let host = dist::host(tree)?;
    println!("building {}", tree.display());
    let target = tree.join("target");
    let words = ["build", "--quiet", "--release", "--locked", "--package", "veldkit", "--bin", "veldkit"];
    run_program(dist::static_cargo(tree, &host).args(words).arg("--target-dir").arg(&target))?;
    Ok(target.join(host).join("release").join("veldkit"))
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Pairs, Spread};

    #[test]
    fn the_median_is_the_middle_or_between_the_two_in_the_middle() {
        for (seconds, least, median) in
            [(&[3.0, 1.0, 2.0][..], 1.0, 2.0), (&[4.0, 1.0, 2.0, 3.0], 1.0, 2.5), (&[5.0], 5.0, 5.0)]
        {
            assert_eq!(Spread::of(seconds), Some(Spread { least, median }), "{seconds:?}");
        }
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn a_ratio_is_new_over_old() {
        let pairs = Pairs { old: vec![4.0, 8.0, 5.0], new: vec![2.0, 4.0, 3.0] };
        let expected = Comparison {
            old: Spread { least: 4.0, median: 5.0 },
            new: Spread { least: 2.0, median: 3.0 },
            ratio: Spread { least: 0.5, median: 0.6 },
        };
        assert_eq!(pairs.compare(), Some(expected));
    }

    #[test]
    fn nothing_measured_has_no_ratio() {
        assert_eq!(Pairs::default().compare(), None);
        assert_eq!(Pairs { old: vec![0.0], new: vec![1.0] }.compare(), None);
    }
}
