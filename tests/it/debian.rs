//! A Debian tree from `debootstrap`, collected with playbook `linux-server`: the bundle opens with public tools alone,
//! and dissect reads it. `cargo xtask ci` makes the tree and installs the tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::made::{Made, text};

fn target_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target")
}

fn tool(name: &str) -> PathBuf {
    target_folder().join("venv/bin").join(name)
}

/// Runs a program and expects it to succeed; gives its standard output.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
#[ignore = "needs debootstrap, age, unzip, 7z, python3 and dissect"]
fn a_debian_tree_is_collected_and_public_tools_agree_on_every_byte_of_the_bundle() {
    let made = Made::new();
    let recipient = made.recipient();
    let tree = target_folder().join("fixtures/debian");
    let output = made.veldkit([
        "collect",
        "--root",
        tree.to_str().unwrap(),
        "--playbook",
        "linux-server",
        "--out",
        "out/",
        "-r",
        &recipient,
        "--json",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));

    let zip = made.path().join("bundle.zip");
    let key = made.identity();
    run(Command::new("age").arg("-d").arg("-i").arg(&key).arg("-o").arg(&zip).arg(made.bundle()));
    run(Command::new("unzip").arg("-tqq").arg(&zip));
    run(Command::new("7z").arg("t").arg(&zip));
    let check =
        "import sys, zipfile; bad = zipfile.ZipFile(sys.argv[1]).testzip(); sys.exit(bad is not None)";
    run(Command::new("python3").arg("-c").arg(check).arg(&zip));
    let folder = made.path().join("unzipped");
    run(Command::new("unzip").arg("-qq").arg(&zip).arg("-d").arg(&folder));
    let sums = fs::read_dir(folder.join("records"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "sha256"));
    let sums: Vec<_> = sums.collect();
    assert!(!sums.is_empty());
    run(Command::new("sha256sum").arg("-c").arg("--quiet").args(&sums).current_dir(&folder));

    let users = run(Command::new(tool("target-query")).arg(&zip).args(["-q", "-f", "users", "-s"]));
    assert!(users.contains("root") && users.contains("www-data"), "{users}");
}

#[test]
#[ignore = "needs the artifacts package"]
fn the_official_validator_accepts_our_definitions() {
    let definitions = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks/artifacts");
    run(Command::new(tool("validator")).arg(definitions));
}

#[test]
#[ignore = "needs the artifacts package"]
fn all_definitions_of_the_official_package_load_unchanged() {
    let find = "import artifacts, os; print(os.path.join(os.path.dirname(artifacts.__file__), 'data'))";
    let folder = run(Command::new(tool("python3")).arg("-c").arg(find));
    let mut catalogue = veldkit::playbook::Catalogue::embedded().unwrap();
    let before = catalogue.artifacts().count();
    catalogue.add(Path::new(folder.trim())).unwrap();
    assert!(catalogue.artifacts().count() > before + 500, "from {}", folder.trim());
}
