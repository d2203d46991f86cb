//! The rules of `.deny.toml` over the dependency tree: licences, bans, sources. The step `deny` of `cargo xtask ci`.
//!
//! In: `.deny.toml`, what `cargo tree` prints of every package for every platform and feature, and `Cargo.lock`. Out: a
//! line per package that breaks a rule. `cargo-deny` 0.20 reads the same file and agrees with this check, but to
//! install it takes more than four minutes of processor time on a bare machine; this check takes a second. A key of
//! `.deny.toml` that is not checked here is a fault, so that the file promises nothing that nobody keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::Result;
use crate::process::{cargo, output};

mod licence;
mod policy;

use policy::Policy;

/// A package of the tree, as `cargo tree` prints it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    /// An SPDX expression; empty where the package has none.
    licence: String,
}

/// Checks the tree.
///
/// # Errors
///
/// A package breaks a rule; each is printed before.
pub(crate) fn run(root: &Path) -> Result {
    let policy = Policy::parse(&std::fs::read_to_string(root.join(".deny.toml"))?)?;
    let packages = packages(&output(cargo(root).args([
        "tree",
        "--locked",
        "--workspace",
        "--all-features",
        "--target",
        "all",
        "--edges",
        "normal,build,dev",
        "--prefix",
        "none",
        "--no-dedupe",
        "--format",
        "{p}|{l}",
    ]))?);
    let mut faults = licences(&policy, &packages);
    faults.extend(banned(&policy, &packages));
    faults.extend(sources(&policy, &std::fs::read_to_string(root.join("Cargo.lock"))?));
    for manifest in ["Cargo.toml", "xtask/Cargo.toml"] {
        faults.extend(wildcards(&policy, manifest, &std::fs::read_to_string(root.join(manifest))?));
    }
    if policy.warn_of_versions {
        for (name, versions) in several_versions(&packages) {
            println!("warning: {name} is in the tree as {}", versions.join(" and "));
        }
    }
    for fault in &faults {
        eprintln!("{fault}");
    }
    println!("packages checked: {}", packages.len());
    if faults.is_empty() { Ok(()) } else { Err(format!("{} breaches of .deny.toml", faults.len()).into()) }
}

/// The packages of lines such as `name v1.2.3 (proc-macro)|MIT`.
fn packages(tree: &str) -> BTreeSet<Package> {
    let package = |line: &str| {
        let (package, licence) = line.split_once('|')?;
        let mut words = package.split(' ');
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        Some(Package { name: name.to_owned(), version: version.to_owned(), licence: licence.to_owned() })
    };
    tree.lines().filter_map(package).collect()
}

/// Packages with no licence, or with one that is not allowed.
fn licences(policy: &Policy, packages: &BTreeSet<Package>) -> Vec<String> {
    let mut faults = Vec::new();
    for Package { name, version, licence } in packages {
        let own = policy.exceptions.get(name);
        let allowed = |word: &str| {
            policy.licences.contains(word) || own.is_some_and(|licences| licences.contains(word))
        };
        match licence::allowed(licence, &allowed) {
            Some(true) => {}
            Some(false) => faults.push(format!("{name} {version}: the licence '{licence}' is not allowed")),
            None => faults.push(format!("{name} {version}: '{licence}' is no licence expression")),
        }
    }
    faults
}

/// Packages that are banned.
fn banned(policy: &Policy, packages: &BTreeSet<Package>) -> Vec<String> {
    let mut faults = Vec::new();
    for Package { name, version, .. } in packages {
        if let Some(reason) = policy.banned.get(name) {
            faults.push(format!("{name} {version}: banned, since {reason}"));
        }
    }
    faults
}

/// Packages in more than one version.
fn several_versions(packages: &BTreeSet<Package>) -> BTreeMap<&str, Vec<&str>> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    versions
}

/// Packages of a `Cargo.lock` from elsewhere than the registries that are allowed. One of the workspace has no source.
fn sources(policy: &Policy, lock: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut name = "";
    for line in lock.lines() {
        if let Some(value) = line.strip_prefix("name = ") {
            name = value.trim_matches('"');
        }
        let Some(source) = line.strip_prefix("source = ") else { continue };
        let source = source.trim_matches('"');
        let registry = source.strip_prefix("registry+").or_else(|| source.strip_prefix("sparse+"));
        if !registry.is_some_and(|registry| policy.registries.contains(registry)) {
            faults.push(format!("{name}: from '{source}', which is not allowed"));
        }
    }
    faults
}

/// Dependencies of a manifest that take any version.
fn wildcards(policy: &Policy, file: &str, manifest: &str) -> Vec<String> {
    let any = |line: &str| {
        let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
        line.contains("=\"*\"")
    };
    let faults = manifest.lines().filter(|line| policy.deny_wildcards && any(line));
    faults.map(|line| format!("{file}: takes any version: {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "[licenses]\nallow = [\"MIT\"]\nexceptions = [{ crate = \"own\", allow = [\"EUPL-1.2\"] }]\n\
                          [bans]\nwildcards = \"deny\"\nmultiple-versions = \"warn\"\n\
                          deny = [{ crate = \"ring\", reason = \"it is C\" }]\n\
                          [sources]\nunknown-git = \"deny\"\nunknown-registry = \"deny\"\n\
                          allow-registry = [\"https://example.org/index\"]\n";

    fn policy() -> Policy {
        Policy::parse(POLICY).unwrap()
    }

    #[test]
    fn a_licence_that_is_not_allowed_is_a_fault() {
        for (tree, faults) in [
            ("a v1.0.0|MIT\na v1.0.0|MIT\nb v2.0.0 (proc-macro)|MIT OR GPL-3.0-only", 0),
            ("own v0.1.0 (/somewhere)|EUPL-1.2", 0),
            ("other v0.1.0|EUPL-1.2", 1),
            ("a v1.0.0|GPL-3.0-only", 1),
            ("a v1.0.0|MIT AND GPL-3.0-only", 1),
            ("a v1.0.0|", 1),
        ] {
            assert_eq!(licences(&policy(), &packages(tree)).len(), faults, "{tree}");
        }
    }

    #[test]
    fn a_banned_package_is_a_fault_with_its_reason() {
        let tree = packages("ring v0.17.0|MIT\nrings v1.0.0|MIT");
        assert_eq!(banned(&policy(), &tree), ["ring 0.17.0: banned, since it is C"]);
    }

    #[test]
    fn versions_side_by_side_are_listed() {
        let tree = packages("a v1.0.0|MIT\na v2.0.0|MIT\nb v1.0.0|MIT");
        assert_eq!(several_versions(&tree), BTreeMap::from([("a", vec!["1.0.0", "2.0.0"])]));
    }

    #[test]
    fn a_package_from_elsewhere_is_a_fault() {
        for (source, faults) in [
            ("source = \"registry+https://example.org/index\"", 0),
            ("", 0),
            ("source = \"registry+https://elsewhere.example/index\"", 1),
            ("source = \"git+https://example.org/index?rev=1#1\"", 1),
        ] {
            let lock = format!("[[package]]\nname = \"a\"\n{source}\n");
            assert_eq!(sources(&policy(), &lock).len(), faults, "{source}");
        }
    }

    #[test]
    fn a_dependency_on_any_version_is_a_fault() {
        for (line, faults) in [
            ("a = \"*\"", 1),
            ("a = { version=\"*\", features = [\"std\"] }", 1),
            ("a = \"1\"", 0),
            ("[profile.dev.package.\"*\"]", 0),
        ] {
            assert_eq!(wildcards(&policy(), "Cargo.toml", line).len(), faults, "{line}");
        }
    }
}
