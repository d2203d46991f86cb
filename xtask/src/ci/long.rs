//! What takes too long for every change: `cargo xtask ci --long`, for a night or before a release.
//!
//! In: how long each fuzz target runs, and how often a bundle is cut, changed and killed. Out: the first failure, and the
//! minutes of each part. The tests are those of the suite, which do little by themselves and more where these variables
//! say so: `VELDKIT_TRIALS` and `VELDKIT_KILLS`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::fuzz;
use super::times::Times;
use crate::process::{cargo, find, run as run_program};
use crate::{Result, gaps, setup};

const USAGE: &str = "\
usage: cargo xtask ci --long [--seconds N] [--trials N] [--kills N]

  --seconds N   how long each target is fuzzed [default: 60]
  --trials N    how often a bundle is cut, and how often a bit of one is flipped [default: 10000]
  --kills N     how often a run is killed, and how often its medium is full [default: 1000]";

/// Tests of the suite that a trial is one round of.
const TRIALS: [&str; 2] = [
    "reading::salvage::a_bundle_cut_anywhere_gives_back_every_item_of_every_complete_checkpoint",
    "reading::salvage::no_flipped_bit_leaves_a_bundle_whole",
];

/// Tests of the suite that a kill is one round of.
const KILLS: [&str; 2] = [
    "kill::killed_at_any_moment_every_flushed_item_comes_back_proved",
    "kill::with_unsynced_writes_dropped_every_item_that_was_said_to_be_flushed_comes_back_proved",
];

/// How much of each is done.
#[derive(Debug, PartialEq, Eq)]
struct Amount {
    seconds: u64,
    trials: u64,
    kills: u64,
}

/// Runs all of it.
///
/// # Errors
///
/// A wrong word, or the first part that fails.
pub(super) fn run(root: &Path, arguments: &[&str]) -> Result {
    let amount = Amount::read(arguments)?;
    let mut times = Times::default();
    let result = parts(root, &amount, &mut times);
    println!("{times}");
    result
}

fn parts(root: &Path, amount: &Amount, times: &mut Times) -> Result {
    let (trials, kills) = (amount.trials.to_string(), amount.kills.to_string());
    let mut part = |name: &'static str, shows: &str, run: &dyn Fn() -> Result| -> Result {
        println!("== ci --long {name}: {shows}");
        let begin = Instant::now();
        let result = run();
        times.add(name, begin.elapsed());
        result.map_err(|error| format!("ci --long {name}: {error}").into())
    };
    part("setup", "what fuzzing needs is installed", &setup::fuzzing)?;
    part("fuzz", &format!("{} s for each target", amount.seconds), &|| fuzz::run(root, amount.seconds))?;
    part("trials", &format!("{trials} cuts and {trials} flipped bits"), &|| {
        tests(root, &TRIALS, ("VELDKIT_TRIALS", &trials))
    })?;
    part("kills", &format!("{kills} kills and {kills} full media"), &|| {
        tests(root, &KILLS, ("VELDKIT_KILLS", &kills))
    })?;
    part("gaps", "a test notices each gap that is lost", &|| gaps::run(root, &[]))?;
    part("advisories", "no package has a known weakness", &|| advisories(root))
}

impl Amount {
    fn read(arguments: &[&str]) -> Result<Self> {
        let mut amount = Self { seconds: 60, trials: 10_000, kills: 1_000 };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let number = match *word {
                "--seconds" => &mut amount.seconds,
                "--trials" => &mut amount.trials,
                "--kills" => &mut amount.kills,
                _ => return Err(USAGE.into()),
            };
            *number = words.next().ok_or(USAGE)?.parse()?;
        }
        Ok(amount)
    }
}

/// Runs tests of the suite by their whole names, with one variable set and the product optimised.
fn tests(root: &Path, names: &[&str], (variable, value): (&str, &str)) -> Result {
    for name in names {
        run_program(
            cargo(root)
                .args(["test", "--quiet", "--package", "veldkit", "--test", "it", "--", "--exact", name])
                .env("CARGO_PROFILE_DEV_OPT_LEVEL", "2")
                .env(variable, value),
        )?;
    }
    Ok(())
}

/// Asks `cargo-deny` or `cargo-audit` where one is installed and has its database here already.
fn advisories(root: &Path) -> Result {
    let Some(home) = cargo_home() else { return Err("neither CARGO_HOME nor HOME is set".into()) };
    if find("cargo-deny").is_some() && home.join("advisory-dbs").is_dir() {
        let check = ["deny", "--config", ".deny.toml", "--offline", "check", "advisories"];
        return run_program(cargo(root).args(check));
    }
    if find("cargo-audit").is_some() && home.join("advisory-db").is_dir() {
        return run_program(cargo(root).args(["audit", "--no-fetch"]));
    }
    println!("not checked: neither cargo-deny nor cargo-audit is installed with its database of advisories");
    Ok(())
}

fn cargo_home() -> Option<PathBuf> {
    let home = || Some(Path::new(&std::env::var_os("HOME")?).join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
}

#[cfg(test)]
mod tests {
    use super::{Amount, KILLS, TRIALS};

    #[test]
    fn the_amounts_can_be_given() {
        let amount = |words: &[&str]| Amount::read(words).ok();
        assert_eq!(amount(&[]), Some(Amount { seconds: 60, trials: 10_000, kills: 1_000 }));
        let given = ["--seconds", "2", "--kills", "3", "--trials", "4"];
        assert_eq!(amount(&given), Some(Amount { seconds: 2, trials: 4, kills: 3 }));
        for wrong in [&["--seconds"][..], &["--seconds", "x"], &["--other", "1"]] {
            assert_eq!(amount(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_tests_that_are_named_exist() {
        let files =
            [include_str!("../../../tests/it/reading/salvage.rs"), include_str!("../../../tests/it/kill.rs")];
        for (names, file) in [(TRIALS, files[0]), (KILLS, files[1])] {
            for name in names {
                let function = name.rsplit_once("::").unwrap().1;
                assert!(file.contains(&format!("#[test]\nfn {function}()")), "{name}");
            }
        }
    }
}
