//! Everything a change must pass, cheap first: `cargo xtask ci`, and `cargo xtask ci STEP…` for a part of it.
//!
//! In: the tree. Out: the steps' own output, the first failure, and a table of the minutes that each step took. After
//! the steps the tree must be as it was before them.

use std::path::Path;
use std::time::Instant;

use crate::process::{cargo, run as run_program};
use crate::{Result, bench as measurements, deny, dist, fixtures, setup, tidy};

mod clean;
mod msrv;
mod times;

use clean::Status;
use times::Times;

/// A step: its name, what it shows, how it is done.
type Step = (&'static str, &'static str, fn(&Path) -> Result);

const STEPS: [Step; 15] = [
    ("fmt", "the formatting is rustfmt's", fmt),
    ("tidy", "the rules of the tree hold", tidy::run),
    ("deny", "licences, bans and sources of the dependency tree are those of .deny.toml", deny::run),
    ("msrv", "the code builds with the compiler that Cargo.toml promises", msrv::run),
    ("setup", "what the tests need is installed", setup::run),
    ("clippy", "no lint is broken, in either package", clippy),
    ("doc", "the documentation builds", doc),
    ("fixtures", "a Debian and a Windows tree are made under target/", trees),
    ("windows", "the collector for Windows is what a kit may carry", windows),
    ("windows-lint", "no lint is broken in what only Windows compiles", windows_lint),
    ("wine", "the collector for Windows runs under Wine", wine),
    ("test", "all tests, those included that need root or other programs", test),
    ("libyara", "the reference engine agrees", libyara),
    ("dist", "the static binary is what a kit may carry", linux),
    ("bench", "the measurements run, on little; their figures are for a quiet machine", bench),
];

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
    for (name, shows, step) in STEPS {
        if names.is_empty() || names.contains(&name) {
            println!("== ci {name}: {shows}");
            let begin = Instant::now();
            let result = step(root);
            times.add(name, begin.elapsed());
            result.map_err(|error| format!("ci {name}: {error}"))?;
        }
    }
    Ok(())
}

fn fmt(root: &Path) -> Result {
    run_program(cargo(root).args(["fmt", "--all", "--check"]))
}

fn clippy(root: &Path) -> Result {
    run_program(cargo(root).args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))
}

/// After `windows`, of which it uses all but the collector itself.
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

/// The program for Windows is what `windows` left; the tests that start it are those that `test` builds.
fn wine(root: &Path) -> Result {
    setup::windows()?;
    let tests = ["test", "--workspace", "--test", "it", "--", "--include-ignored", "wine::"];
    run_program(cargo(root).args(tests))
}

/// Those under Wine have a step of their own.
fn test(root: &Path) -> Result {
    run_program(cargo(root).args(["test", "--workspace", "--", "--include-ignored", "--skip", "wine::"]))
}
