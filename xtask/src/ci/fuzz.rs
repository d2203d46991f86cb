//! Real fuzzing of every target in `tests/fuzz`, by libFuzzer, with a compiler of the stable channel.
//!
//! In: the seeds of the targets, and what earlier runs found, in `tests/fuzz/corpus`. Out: for each target how many inputs
//! were tried; what made one fail is in `tests/fuzz/artifacts`. The flags are those of cargo-fuzz for coverage, which
//! are stable. Its address sanitizer is left out: that needs a nightly compiler, and the readers have no `unsafe`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{cargo, run as run_program};
use crate::{Result, dist};

/// Counts each edge between blocks of code, and shows libFuzzer the operands of comparisons.
const COVERAGE: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Clink-dead-code",
    "--cfg=fuzzing",
];

/// An input that takes this many seconds is a hang.
const HANG: u64 = 20;

/// A target that holds this many MiB has believed a length it read; a bundle may claim any.
const MEMORY: u64 = 2_048;

/// Fuzzes each target for `seconds`.
///
/// # Errors
///
/// The targets cannot be built, or an input makes one fail; all targets are fuzzed before that is returned.
pub(super) fn run(root: &Path, seconds: u64) -> Result {
    let package = root.join("tests").join("fuzz");
    let programs = build(root, &package)?;
    run_program(Command::new(programs.join("seeds")).arg(package.join("corpus")))?;
    let artifacts = package.join("artifacts");
    let (mut failed, mut inputs) = (Vec::new(), 0_u64);
    for target in targets(&package.join("fuzz_targets"))? {
        let found = artifacts.join(&target);
        std::fs::create_dir_all(&found)?;
        let output = Command::new(programs.join(&target))
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-timeout={HANG}"))
            .arg(format!("-rss_limit_mb={MEMORY}"))
            .arg(format!("-artifact_prefix={}/", found.display()))
            .arg("-print_final_stats=1")
            .arg(package.join("corpus").join(&target))
            .output()?;
        let log = String::from_utf8_lossy(&output.stderr);
        let units = statistic(&log, "stat::number_of_executed_units").unwrap_or_default();
        inputs = inputs.saturating_add(units);
        println!("{target:24} {units:>12} inputs");
        if !output.status.success() {
            println!("{log}");
            failed.push(target);
        }
    }
    println!("libFuzzer tried {inputs} inputs");
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("an input makes these fail: {}", failed.join(", ")).into())
    }
}

/// Builds the targets and the program that writes their seeds. Returns their directory.
fn build(root: &Path, package: &Path) -> Result<PathBuf> {
    // The same versions as the product's; cargo adds those of libFuzzer.
    std::fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock"))?;
    let (host, target) = (dist::host(root)?, root.join("target").join("fuzz"));
    // With a target named, the flags leave alone what runs during the build.
    run_program(
        cargo(package)
            .args(["build", "--quiet", "--release", "--target", &host, "--target-dir"])
            .arg(&target)
            .env("RUSTFLAGS", COVERAGE.join(" "))
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only")
            // An overflow is a fault here, not a wrong number.
            .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")
            .env("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true"),
    )?;
    Ok(target.join(host).join("release"))
}

/// The targets, one for each file.
fn targets(directory: &Path) -> Result<Vec<String>> {
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        targets.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    targets.sort_unstable();
    Ok(targets)
}

/// A number that libFuzzer prints at its end.
fn statistic(log: &str, name: &str) -> Option<u64> {
    let line = log.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::statistic;

    #[test]
    fn the_number_of_inputs_is_read_from_the_log() {
        let log = "#2 INITED cov: 3\nDone 12 runs in 2 second(s)\nstat::number_of_executed_units: 4123\nstat::average_exec_per_sec:     7\n";
        assert_eq!(statistic(log, "stat::number_of_executed_units"), Some(4_123));
        assert_eq!(statistic(log, "stat::peak_rss_mb"), None);
    }
}
