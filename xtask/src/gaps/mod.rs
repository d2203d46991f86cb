//! Whether a test notices each gap that is lost: `cargo xtask gaps`.
//!
//! In: the places of [`places`]. Out: for each place the test that fails when the gap recorded there is lost; the places
//! that no test reaches, and those that are lost without a test noticing, which are failures. The product is built with
//! its feature `drop-gaps` in a folder of its own. Every test is run once by itself, so that it is known which places it
//! reaches; then those of a place are run, the quickest first, until one fails.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::process::{bytes, cargo};

mod places;

const USAGE: &str = "\
usage: cargo xtask gaps [--list] [TEXT]…

  --list  print the places that record a gap, and do nothing else
  TEXT    only places, or tests with `test:TEXT`, whose name has this text";

/// How long a test may take by itself. Those that take longer are about crashes and large bundles.
const LONGEST: Duration = Duration::from_secs(45);

/// How often a running test is checked.
const PAUSE: Duration = Duration::from_millis(10);

/// A test: the program that holds it, and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Test {
    program: PathBuf,
    name: String,
}

/// What one run of a test without a fault showed.
#[derive(Debug)]
struct Observed {
    test: Test,
    /// Nothing where it did not end in time.
    passed: Option<bool>,
    took: Duration,
    reached: Vec<String>,
}

/// Does the task.
///
/// # Errors
///
/// A wrong word, a failed build, or a gap that may be lost without a test noticing.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result {
    let all = places::all(root)?;
    if arguments == ["--list"] {
        for place in &all {
            println!("{place}");
        }
        println!("{} places", all.len());
        return Ok(());
    }
    if arguments.iter().any(|word| word.starts_with("--")) {
        return Err(USAGE.into());
    }
    let (tests, wanted): (Vec<&str>, Vec<&str>) =
        arguments.iter().partition(|word| word.starts_with("test:"));
    let tests: Vec<&str> = tests.iter().filter_map(|word| word.strip_prefix("test:")).collect();
    let is_wanted =
        |name: &str, words: &[&str]| words.is_empty() || words.iter().any(|word| name.contains(word));
    let all: BTreeSet<String> = all.into_iter().filter(|place| is_wanted(place, &wanted)).collect();

    let mut known = Vec::new();
    for program in build(root)? {
        known.extend(list(root, &program)?.into_iter().filter(|test| is_wanted(&test.name, &tests)));
    }
    println!("{} places, {} tests", all.len(), known.len());
    let observed = each(&known, |number, test| observe(root, number, test));
    for one in &observed {
        match one.passed {
            Some(true) => {}
            Some(false) => println!("left out: without a fault, {} fails", one.test.name),
            None => println!("left out: {} takes longer than {} s", one.test.name, LONGEST.as_secs()),
        }
    }
    report(&all, &noticed(root, &all, &observed))
}

/// Builds the tests with the feature; the programs that hold them.
fn build(root: &Path) -> Result<Vec<PathBuf>> {
    let mut command = cargo(root);
    command.args([
        "test",
        "--package",
        "veldkit",
        "--features",
        "drop-gaps",
        "--no-run",
        "--lib",
        "--test",
        "it",
    ]);
    command.args(["--target-dir", "target/gaps", "--message-format", "json-render-diagnostics"]);
    command.stderr(Stdio::inherit());
    let said = String::from_utf8(bytes(&mut command)?)?;
    let executable =
        |line: &str| Some(PathBuf::from(line.split_once(r#""executable":""#)?.1.split('"').next()?));
    // The program itself is built too, for the tests that start it; it is no test.
    let is_test = |path: &PathBuf| path.parent().is_some_and(|folder| folder.ends_with("deps"));
    let programs: Vec<PathBuf> = said.lines().filter_map(executable).filter(is_test).collect();
    if programs.len() == 2 {
        Ok(programs)
    } else {
        Err(format!("2 programs of tests were expected: {programs:?}").into())
    }
}

/// The tests of a program; those under Wine hold another program.
fn list(root: &Path, program: &Path) -> Result<Vec<Test>> {
    let mut command = Command::new(program);
    command.current_dir(root).args(["--list", "--format", "terse", "--include-ignored", "--skip", "wine::"]);
    let said = String::from_utf8(bytes(&mut command)?)?;
    let names = said.lines().filter_map(|line| line.strip_suffix(": test"));
    Ok(names.map(|name| Test { program: program.to_owned(), name: name.to_owned() }).collect())
}

/// Runs a test by itself; whether it passed, or nothing where it does not end in time.
fn passes(root: &Path, test: &Test, variable: (&str, &Path), limit: Duration) -> Option<bool> {
    let mut command = Command::new(&test.program);
    command.current_dir(root).args(["--exact", &test.name, "--include-ignored"]).env(variable.0, variable.1);
    if let Ok(data) = root.join("../shared/data").canonicalize() {
        command.env("VELDKIT_DATA", data);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let Ok(mut child) = command.spawn() else { return Some(false) };
    let begin = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if begin.elapsed() < limit => thread::sleep(PAUSE),
            _ => break,
        }
    }
    // What the test started is in its group.
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
    let _ = child.wait();
    None
}

fn observe(root: &Path, number: usize, test: &Test) -> Observed {
    let log = root.join(format!("target/gaps/reached-{number}"));
    let _ = std::fs::remove_file(&log);
    let begin = Instant::now();
    let passed = passes(root, test, ("VELDKIT_GAP_LOG", &log), LONGEST);
    if number % 100 == 99 {
        println!("{} tests were run", number.saturating_add(1));
    }
    let reached = std::fs::read_to_string(&log).unwrap_or_default();
    let _ = std::fs::remove_file(&log);
    let reached = reached.lines().map(str::to_owned).collect();
    Observed { test: test.clone(), passed, took: begin.elapsed(), reached }
}

/// The place's fate: the test that noticed, or how many were asked and did not.
type Fate = std::result::Result<String, usize>;

fn noticed(root: &Path, all: &BTreeSet<String>, observed: &[Observed]) -> BTreeMap<String, Fate> {
    let mut by_place: BTreeMap<&str, Vec<&Observed>> = BTreeMap::new();
    for one in observed.iter().filter(|one| one.passed == Some(true)) {
        for place in &one.reached {
            by_place.entry(place).or_default().push(one);
        }
    }
    for tests in by_place.values_mut() {
        tests.sort_by_key(|one| one.took);
    }
    let places: Vec<&String> = all.iter().collect();
    let fates = each(&places, |_, place| {
        let tests = by_place.get(place.as_str()).map(Vec::as_slice).unwrap_or_default();
        // A test that hangs because of the fault has noticed it.
        let notices = |one: &&&Observed| {
            let limit = one.took.saturating_mul(4).saturating_add(Duration::from_mins(1));
            passes(root, &one.test, ("VELDKIT_DROP_GAP", Path::new(place)), limit) != Some(true)
        };
        let noticing = tests.iter().find(notices);
        noticing.map(|one| one.test.name.clone()).ok_or(tests.len())
    });
    places.into_iter().cloned().zip(fates).collect()
}

/// Does the same with each of them, on all cores; the results in their order.
fn each<T: Sync, R: Send>(all: &[T], work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = all.get(number) else { break };
                    let result = work(number, one);
                    done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(number, result);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into_values().collect()
}

fn report(all: &BTreeSet<String>, fates: &BTreeMap<String, Fate>) -> Result {
    let (mut unreached, mut unnoticed) = (0_usize, 0_usize);
    for (place, fate) in fates {
        match fate {
            Ok(test) => println!("noticed     {place}  {test}"),
            Err(0) => {
                unreached = unreached.saturating_add(1);
                println!("NOT REACHED {place}");
            }
            Err(asked) => {
                unnoticed = unnoticed.saturating_add(1);
                println!("UNNOTICED   {place}  ({asked} tests reach it)");
            }
        }
    }
    let good = all.len().saturating_sub(unreached).saturating_sub(unnoticed);
    println!("{} places: {good} noticed, {unnoticed} unnoticed, {unreached} that no test reaches", all.len());
    if good == all.len() { Ok(()) } else { Err("a gap can be lost without a test noticing".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_on_all_cores_comes_back_in_its_order() {
        let numbers: Vec<usize> = (0..500).collect();
        let squares = each(&numbers, |index, number| {
            assert_eq!(index, *number);
            number * number
        });
        assert_eq!(squares, numbers.iter().map(|number| number * number).collect::<Vec<_>>());
    }

    #[test]
    fn a_place_that_is_not_noticed_or_not_reached_is_a_failure() {
        let all: BTreeSet<String> = ["a:1", "b:2"].map(str::to_owned).into();
        let fates = |second: Fate| {
            BTreeMap::from([("a:1".to_owned(), Ok("t".to_owned())), ("b:2".to_owned(), second)])
        };
        assert!(report(&all, &fates(Ok("u".to_owned()))).is_ok());
        assert!(report(&all, &fates(Err(0))).is_err());
        assert!(report(&all, &fates(Err(3))).is_err());
    }
}
