//! Everything a change must pass, cheap first: `cargo xtask ci`, `cargo xtask ci STEP…` for a part of it, and
//! `cargo xtask ci --long` for what takes longer.
//!
//! In: the tree. Out: the steps' own output, the first failure, and a table of the minutes that each step took. After
//! the steps the tree must be as it was before them. A whole run does the steps for Windows beside those that compile
//! for this machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::process::{cargo, run as run_program};
use crate::{Result, bench as measurements, deny, dist, fixtures, setup, tidy};

mod beside;
mod clean;
mod fuzz;
mod long;
mod mounts;
mod msrv;
mod times;

use beside::Beside;
use clean::Status;
use times::Times;

/// A step: its name, what it shows, how it is done.
type Step = (&'static str, &'static str, fn(&Path) -> Result);

const STEPS: [Step; 16] = [
    ("fmt", "the formatting is rustfmt's", fmt),
    ("tidy", "the rules of the tree hold", tidy::run),
    ("deny", "licences, bans and sources of the dependency tree are those of .deny.toml", deny::run),
    ("msrv", "the code builds with the compiler that Cargo.toml promises", msrv::run),
    ("setup", "what the tests need is installed", setup::run),
    ("clippy", "no lint is broken, in either package", clippy),
    ("doc", "the documentation builds", doc),
    ("fixtures", "a Debian and a Windows tree are made under target/", trees),
    ("dist", "the static binary is what a kit may carry", linux),
    ("compile", "the tests compile", compile),
    ("windows", "the collector for Windows is what a kit may carry", windows),
    ("windows-lint", "no lint is broken in what only Windows compiles", windows_lint),
    ("wine", "the collector for Windows runs under Wine", wine),
    ("test", "all tests, those included that need root or other programs", test),
    ("libyara", "the reference engine agrees", libyara),
    ("bench", "the measurements run, on little; their figures are for a quiet machine", bench),
];

/// What a whole run does beside the other steps, from the first of them that compiles until the first that needs them.
const BESIDE: [&str; 2] = ["windows", "windows-lint"];

/// The first step that compiles the product.
const FIRST_BESIDE: &str = "clippy";

/// Where tests that need public data sets find them, from the root of the tree; they are in modules named
/// `with_data`.
const DATA: &str = "../shared/data";

/// Runs the steps named, or all of them.
///
/// # Errors
///
/// The first step that fails, a name that is no step, or a tree that the steps have changed.
pub(crate) fn run(root: &Path, names: &[&str]) -> Result {
    if names == ["--list"] {
        for (name, shows, _) in STEPS {
            println!("{name:12} {shows}");
        }
        return Ok(());
    }
    if let ["--long", rest @ ..] = names {
        return long::run(root, rest);
    }
    for name in names {
        if !STEPS.iter().any(|(step, ..)| step == name) {
            return Err(format!("'{name}' is no step of ci; `cargo xtask ci --list` names them").into());
        }
    }
    let before = Status::now(root)?;
    let mut times = Times::default();
    let result = run_steps(root, names, &mut times);
    println!("{times}");
    result?;
    Status::now(root)?.compare(&before)?;
    println!("== ci: passed");
    Ok(())
}

fn run_steps(root: &Path, names: &[&str], times: &mut Times) -> Result {
    let whole = names.is_empty();
    let mut beside = None;
    for (name, shows, step) in STEPS {
        if !whole && !names.contains(&name) {
            continue;
        }
        if whole && name == FIRST_BESIDE {
            beside = Some(Beside::start(root, &BESIDE)?);
        }
        let begin = Instant::now();
        let result = if whole && BESIDE.contains(&name) {
            // The first of them is waited for with all the others.
            let Some(steps) = beside.take() else { continue };
            println!("== ci {}: begun with {FIRST_BESIDE}, and waited for here", BESIDE.join(" "));
            steps.join()
        } else {
            println!("== ci {name}: {shows}");
            step(root)
        };
        times.add(name, begin.elapsed());
        result.map_err(|error| format!("ci {name}: {error}"))?;
    }
    Ok(())
}

fn fmt(root: &Path) -> Result {
    run_program(cargo(root).args(["fmt", "--all", "--check"]))
}

/// With the features of xtask, so that the measurements are compiled here and not only in the last step.
fn clippy(root: &Path) -> Result {
    run_program(cargo(root).args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--features",
        "xtask/bench,xtask/hives,xtask/pages",
        "--",
        "--deny",
        "warnings",
    ]))
}

/// After `windows`, of which it uses all but the collector itself. No step that it runs beside may install packages.
fn windows_lint(root: &Path) -> Result {
    setup::windows()?;
    dist::windows::lint(root)
}

/// Before `wine`, which runs what it leaves.
fn windows(root: &Path) -> Result {
    setup::windows()?;
    dist::run(root, &["--target", dist::windows::TARGET])
}

fn linux(root: &Path) -> Result {
    dist::run(root, &["--target", &dist::host(root)?])
}

fn doc(root: &Path) -> Result {
    run_program(
        cargo(root)
            .args(["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"])
            .env("RUSTDOCFLAGS", "--deny warnings"),
    )
}

fn trees(root: &Path) -> Result {
    fixtures::windows::make(&root.join("target/fixtures/windows"))?;
    fixtures::debian::make(&root.join("target/fixtures/debian"))
}

/// The tests of the engines only; libyara is C, and the rest was tested without it.
fn libyara(root: &Path) -> Result {
    run_program(cargo(root).args(["test", "--package", "veldkit", "--features", "libyara", "--", "engine"]))
}

fn bench(root: &Path) -> Result {
    let rules = root.join("target/fixtures/rules");
    let rules = rules.to_string_lossy();
    fixtures::run(&["rules", &rules, "--count", "2000"])?;
    measurements::run(root, &["--mib", "16", "--files", "100,1000", "--rounds", "1", "--rules", &rules])
}

/// Before the steps for Windows are waited for, so that neither core is idle until then.
fn compile(root: &Path) -> Result {
    run_program(cargo(root).args(["test", "--quiet", "--workspace", "--features", "xtask/pages", "--no-run"]))
}

/// The program for Windows is what `windows` left; the tests that start it are those that `test` builds.
fn wine(root: &Path) -> Result {
    setup::windows()?;
    let tests = ["test", "--workspace", "--test", "it", "--", "--include-ignored", "wine::"];
    run_program(cargo(root).args(tests))
}

/// Those under Wine have a step of their own.
fn test(root: &Path) -> Result {
    let mut tests = cargo(root);
    tests.args([
        "test",
        "--workspace",
        "--features",
        "xtask/pages",
        "--",
        "--include-ignored",
        "--skip",
        "wine::",
    ]);
    mounts::unless_allowed(root, with_data(root, &mut tests)).and_then(run_program)
}

/// Gives tests their data sets. Where there are none, the tests that need them are left out.
fn with_data<'a>(root: &Path, tests: &'a mut Command) -> &'a mut Command {
    if let Some(data) = data(root) {
        return tests.env("VELDKIT_DATA", data);
    }
    println!("{DATA} does not exist: the tests in modules named with_data are left out");
    tests.args(["--skip", "with_data::"])
}

fn data(root: &Path) -> Option<PathBuf> {
    root.join(DATA).canonicalize().ok().filter(|data| data.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_get_the_data_that_is_beside_the_tree_or_are_left_out() {
        let place = std::env::temp_dir().join(format!("veldkit-xtask-data-{}", std::process::id()));
        let tree = place.join("tree");
        std::fs::create_dir_all(&tree).unwrap();
        let mut command = Command::new("true");
        with_data(&tree, &mut command);
        assert_eq!(command.get_args().collect::<Vec<_>>(), ["--skip", "with_data::"]);
        std::fs::create_dir_all(place.join("shared/data")).unwrap();
        let mut command = Command::new("true");
        with_data(&tree, &mut command);
        let wanted = place.join("shared/data").canonicalize().unwrap();
        assert_eq!(command.get_args().count(), 0);
        assert!(
            command
                .get_envs()
                .any(|(name, value)| name == "VELDKIT_DATA" && value == Some(wanted.as_os_str()))
        );
        std::fs::remove_dir_all(&place).unwrap();
    }
}
