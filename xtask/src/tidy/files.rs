//! Rules about files as such: their size, their names, where they stand, that none is forgotten or unfinished.

use super::code::code;
use super::{Fault, Tree, is_rust};

/// From this many lines on, a file holds a second noun: a warning.
pub(super) const LONG: usize = 400;

/// From this many on it is a fault.
pub(super) const TOO_LONG: usize = 500;

/// What stands at the top, by decision of the project's owner; besides these only files whose name begins with a dot.
pub(super) const TOP: [&str; 9] =
    ["Cargo.toml", "Cargo.lock", "LICENSE", "README.md", "src", "rules", "playbooks", "tests", "xtask"];

/// Names that say nothing.
const VAGUE: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"];

/// Rust files of more than `lines` lines.
pub(super) fn long(tree: &Tree, lines: usize) -> Vec<Fault> {
    rust(tree)
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, count)| *count > lines)
        .map(|(path, count)| {
            Fault::new(path, 0, format!("{count} lines, more than {lines}: find the second noun"))
        })
        .collect()
}

/// What may not stand at the top.
pub(super) fn top_level(tree: &Tree) -> Vec<Fault> {
    tree.keys()
        .filter(|path| {
            let top = path.split('/').next().unwrap_or(path);
            !top.starts_with('.') && !TOP.contains(&top)
        })
        .map(|path| Fault::new(path, 0, "does not belong at the top level"))
        .collect()
}

/// Rust files that do not begin by saying why they exist.
pub(super) fn undocumented(tree: &Tree) -> Vec<Fault> {
    rust(tree)
        .filter(|(_, text)| !text.starts_with("//! ") && !text.starts_with("#![no_main]\n//! "))
        .map(|(path, _)| Fault::new(path, 1, "begins without a module doc that says why it exists"))
        .collect()
}

/// Modules whose name says nothing.
pub(super) fn vague_names(tree: &Tree) -> Vec<Fault> {
    rust(tree)
        .filter(|(path, _)| path.split(['/', '.']).any(|part| VAGUE.contains(&part)))
        .map(|(path, _)| Fault::new(path, 0, "named after nothing in the field"))
        .collect()
}

/// Integration tests that `tests/it/main.rs` does not know, which would never run.
pub(super) fn forgotten_tests(tree: &Tree) -> Vec<Fault> {
    let main = tree.get("tests/it/main.rs").map(|text| code(text)).unwrap_or_default();
    rust(tree)
        .filter_map(|(path, _)| Some((path, path.strip_prefix("tests/it/")?.strip_suffix(".rs")?)))
        .filter(|(_, name)| *name != "main" && !name.contains('/') && !main.contains(&format!("mod {name};")))
        .map(|(path, name)| Fault::new(path, 0, format!("never runs: tests/it/main.rs lacks 'mod {name};'")))
        .collect()
}

/// Golden files and fixtures that no test names, by their own name or by their folder's.
pub(super) fn forgotten_fixtures(tree: &Tree) -> Vec<Fault> {
    let tests: Vec<&str> = rust(tree).map(|(_, text)| text).collect();
    let named = |name: &str| tests.iter().any(|text| text.contains(name));
    tree.keys()
        .filter(|path| path.starts_with("tests/golden/") || path.starts_with("tests/fixtures/"))
        .filter(|path| !path.split('/').skip(2).any(|part| named(part) || stem(part).is_some_and(named)))
        .map(|path| Fault::new(path, 0, "used by no test"))
        .collect()
}

/// A name without its ending and its language, where that is long enough not to be found by chance.
fn stem(name: &str) -> Option<&str> {
    let (stem, _) = name.rsplit_once('.')?;
    let stem = stem.strip_suffix(".nl").or_else(|| stem.strip_suffix(".en")).unwrap_or(stem);
    (stem.len() > 3).then_some(stem)
}

/// Marks of unfinished work.
pub(super) fn unfinished(tree: &Tree) -> Vec<Fault> {
    // Put together here, so that this file does not break its own rule.
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["unimpl", "emented!"].concat()];
    let mut faults = Vec::new();
    for (path, text) in rust(tree) {
        for (number, line) in text.lines().enumerate() {
            if let Some(mark) = marks.iter().find(|mark| line.contains(*mark)) {
                faults.push(Fault::new(path, number.saturating_add(1), format!("unfinished: {mark}")));
            }
        }
    }
    faults
}

/// Files that name the folder in which this checkout happens to stand.
pub(super) fn names_its_checkout(tree: &Tree, root: &str) -> Vec<Fault> {
    tree.iter()
        .filter(|(_, text)| text.contains(root))
        .map(|(path, _)| Fault::new(path, 0, "names the folder of this checkout"))
        .collect()
}

fn rust(tree: &Tree) -> impl Iterator<Item = (&String, &str)> {
    tree.iter().filter(|(path, _)| is_rust(path)).map(|(path, text)| (path, text.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    #[test]
    fn a_file_of_501_lines_is_too_long_and_one_of_500_is_not() {
        let (fits, spills) = ("x\n".repeat(500), "x\n".repeat(501));
        let faults =
            long(&tree(&[("src/a.rs", &fits), ("src/b.rs", &spills), ("LICENSE", &spills)]), TOO_LONG);
        assert_eq!(faults, [Fault::new("src/b.rs", 0, "501 lines, more than 500: find the second noun")]);
    }

    #[test]
    fn the_top_level_is_fixed_but_for_dot_files() {
        let faults =
            top_level(&tree(&[("docs/a.md", ""), ("build.rs", ""), (".ci/run", ""), ("src/lib.rs", "")]));
        assert_eq!(faults.iter().map(|f| f.file.as_str()).collect::<Vec<_>>(), ["build.rs", "docs/a.md"]);
    }

    #[test]
    fn a_file_says_first_why_it_exists() {
        assert_eq!(undocumented(&tree(&[("src/a.rs", "//! Why.\n"), ("src/b.rs", "use x;\n")])).len(), 1);
    }

    #[test]
    fn a_module_is_named_after_something() {
        let faults = vague_names(&tree(&[
            ("src/utils.rs", ""),
            ("src/scan/helpers/mod.rs", ""),
            ("src/sources/commands.rs", ""),
        ]));
        assert_eq!(faults.len(), 2);
    }

    #[test]
    fn a_test_file_that_main_does_not_name_is_found() {
        let main = ("tests/it/main.rs", "mod a;\n// mod b;\n");
        assert!(forgotten_tests(&tree(&[main, ("tests/it/a.rs", "")])).is_empty());
        assert_eq!(forgotten_tests(&tree(&[main, ("tests/it/b.rs", "")])).len(), 1);
    }

    #[test]
    fn a_fixture_that_no_test_names_is_found() {
        let test = ("tests/it/a.rs", "read(\"verify_whole.txt\"); folder(\"zips\");");
        assert!(forgotten_fixtures(&tree(&[test, ("tests/golden/verify_whole.txt", "")])).is_empty());
        assert!(forgotten_fixtures(&tree(&[test, ("tests/fixtures/zips/x.zip", "")])).is_empty());
        assert_eq!(forgotten_fixtures(&tree(&[test, ("tests/golden/unpack_nl.txt", "")])).len(), 1);
    }

    #[test]
    fn unfinished_work_is_found() {
        let text = format!("//! a\nfn f() {{}} // {}\n", ["TO", "DO"].concat());
        assert_eq!(unfinished(&tree(&[("src/a.rs", &text)]))[0].line, 2);
    }

    #[test]
    fn the_folder_of_the_checkout_is_named_nowhere() {
        let tree = tree(&[("README.md", "cd /srv/checkout/veldkit"), ("src/a.rs", "")]);
        assert_eq!(names_its_checkout(&tree, "/srv/checkout/veldkit").len(), 1);
        assert!(names_its_checkout(&tree, "/elsewhere").is_empty());
    }
}
