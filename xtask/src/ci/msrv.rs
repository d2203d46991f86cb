//! The oldest compiler that the code promises to build with, and the one that builds it here.
//!
//! In: the manifests, and what `rustc` prints of itself. Out: an error where the compiler is older than promised, or where
//! nothing would notice that the code needs a newer one. With a compiler of the promised version the build is the
//! proof; with a newer one it is clippy's lint `incompatible_msrv`, which knows when each item of the standard library
//! became stable.

use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::process::output;

/// Checks both.
///
/// # Errors
///
/// What is promised is not kept or not checked.
pub(super) fn run(root: &Path) -> Result {
    let read = |file: &str| std::fs::read_to_string(root.join(file));
    let compiler = output(Command::new("rustc").arg("--version").current_dir(root))?;
    let (product, tasks, clippy) = (read("Cargo.toml")?, read("xtask/Cargo.toml")?, read(".clippy.toml")?);
    println!("{}", check(&product, &tasks, &clippy, &compiler)?);
    Ok(())
}

fn check(product: &str, tasks: &str, clippy: &str, compiler: &str) -> std::result::Result<String, String> {
    let promised = value(product, "rust-version").ok_or("Cargo.toml has no rust-version")?;
    if value(tasks, "rust-version") != Some(promised) {
        return Err(format!("xtask/Cargo.toml does not have the rust-version of Cargo.toml, {promised}"));
    }
    if value(clippy, "msrv").is_some() {
        return Err(".clippy.toml has an msrv of its own: it follows from rust-version".to_owned());
    }
    let builds = compiler.split(' ').nth(1).unwrap_or_default();
    let (Some(least), Some(has)) = (version(promised), version(builds)) else {
        return Err(format!("'{promised}' or '{}' is no version", compiler.trim()));
    };
    if has < least {
        return Err(format!("rustc {builds} is older than the rust-version {promised}"));
    }
    if value(product, "incompatible_msrv") != Some("deny") {
        return Err("Cargo.toml does not deny clippy's incompatible_msrv".to_owned());
    }
    let proof = if has == least { "this build shows it" } else { "clippy's incompatible_msrv checks it" };
    Ok(format!("rust-version {promised}, built with {builds}: {proof}"))
}

/// The string of a key on a line of its own.
fn value<'a>(manifest: &'a str, key: &str) -> Option<&'a str> {
    manifest.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == key).then(|| value.trim().trim_matches('"'))
    })
}

/// Major and minor number; a patch changes no language.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(['.', '-']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::check;

    const PRODUCT: &str = "rust-version = \"1.95\"\n[workspace.lints.clippy]\nincompatible_msrv = \"deny\"\n";
    const TASKS: &str = "rust-version = \"1.95\"\n";

    #[test]
    fn a_compiler_of_the_promised_version_or_newer_passes() {
        for (compiler, proof) in [
            ("rustc 1.95.0 (5980 2026-04-14)", "this build"),
            ("rustc 1.97.1-nightly (1 2)", "incompatible_msrv"),
        ] {
            assert!(check(PRODUCT, TASKS, "", compiler).unwrap().contains(proof), "{compiler}");
        }
    }

    #[test]
    fn a_promise_that_is_broken_or_not_checked_is_an_error() {
        let compiler = "rustc 1.95.0 (5980 2026-04-14)";
        for (product, tasks, clippy, compiler, expected) in [
            (PRODUCT, TASKS, "", "rustc 1.94.1 (1 2)", "older than"),
            (PRODUCT, TASKS, "", "something else", "no version"),
            (PRODUCT, "", "", compiler, "xtask/Cargo.toml"),
            (PRODUCT, TASKS, "msrv = \"1.90\"", compiler, "msrv of its own"),
            (TASKS, TASKS, "", compiler, "incompatible_msrv"),
            ("", TASKS, "", compiler, "no rust-version"),
        ] {
            let error = check(product, tasks, clippy, compiler).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
